import { once } from "node:events";
import { get } from "node:https";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { expect, it, onTestFinished } from "vitest";
import {
  Health,
  HealthCheckResponse_ServingStatus as Status,
} from "../gen/grpc/health/v1/health_pb.js";
import { ConfigError } from "../src/composition/config-error.ts";
import { type RunningGateway, type StartOptions, startGateway } from "../src/serve.ts";
import { folderWith } from "./cli/spawn-parlance.ts";
import { selfSigned } from "./upstream/self-signed.ts";

const sim = "providers: { sim: { kind: sim } }\n";

async function start(options: StartOptions = {}): Promise<RunningGateway> {
  const gateway = await startGateway({ config: sim, port: 0, ...options });
  onTestFinished(gateway.close);
  return gateway;
}

it("a gateway tells at / what it is and where to go from there", async () => {
  const { url } = await start();
  expect(await (await fetch(url)).json()).toMatchObject({
    name: "parlance",
    version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    endpoints: {
      rest: expect.arrayContaining(["POST /v1/chat/completions"]),
      rpc: expect.arrayContaining(["/parlance.chat.v1.ChatService/"]),
    },
  });
});

it("a gateway reports its health over gRPC, and that it stops", async () => {
  const gateway = await start();
  const health = createClient(Health, createGrpcTransport({ baseUrl: gateway.url }));
  expect((await health.check({ service: "parlance.chat.v1.ChatService" })).status).toBe(
    Status.SERVING,
  );
  const seen: Status[] = [];
  let stopped: Promise<void> | undefined;
  try {
    for await (const { status } of health.watch({ service: "" })) {
      seen.push(status);
      stopped ??= gateway.drain({ delayMs: 0 });
    }
  } catch (error) {
    expect(String(error)).toContain("unavailable");
  }
  await stopped;
  expect(seen).toEqual([Status.SERVING, Status.NOT_SERVING]);
});

it("a gateway without providers lives but is not ready", async () => {
  const { url } = await start({ config: "{}" });
  const statuses = await Promise.all(
    ["/healthz", "/readyz"].map(async (path) => (await fetch(url + path)).status),
  );
  expect(statuses).toEqual([200, 503]);
});

it("a gateway becomes ready by a reload", async () => {
  const gateway = await start({ config: "{}" });
  expect(await gateway.reload(sim)).toEqual({ ok: true, warnings: [] });
  expect((await fetch(`${gateway.url}/readyz`)).status).toBe(200);
});

it("a reload that cannot be used changes nothing", async () => {
  const gateway = await start();
  const { hash } = gateway.settings();
  expect(await gateway.reload(`${sim}modles: []\n`)).toMatchObject({
    ok: false,
    violations: [{ path: "modles", line: 2 }],
  });
  expect(gateway.settings().hash).toBe(hash);
});

it("a reload loads the dialects that it brings in, and the last one asked for is the one in force", async () => {
  const gateway = await start();
  const speaking = (kind: string) =>
    `providers: { mine: { kind: ${kind}, api_key: { value: k } } }\n`;
  const results = await Promise.all(
    [speaking("cohere"), speaking("gemini"), sim].map((text) => gateway.reload(text)),
  );
  expect(results).toMatchObject([{ ok: true }, { ok: true }, { ok: true }]);
  expect([...gateway.settings().providers.keys()]).toEqual(["sim"]);
});

it("a reload names each setting of the listener that takes a restart", async () => {
  const gateway = await start({ port: undefined, config: `${sim}server: { port: 0 }\n` });
  const changed = `${sim}server: { host: 127.0.0.2, port: 1, cors: { allowed_origins: ["https://a.example"] }, limits: { idle_timeout: 9s }, workers: 2 }\n`;
  const result = await gateway.reload(changed);
  const paths = result.ok
    ? result.warnings.filter(({ ruleId }) => ruleId === "restart_needed").map(({ path }) => path)
    : [];
  expect(paths).toEqual([
    "server.host",
    "server.port",
    "server.cors",
    "server.limits",
    "server.workers",
  ]);
});

it("a gateway with a certificate serves TLS, takes a renewed one, and names what takes a restart", async () => {
  const folder = folderWith({ "server.crt": selfSigned.cert, "server.key": selfSigned.key });
  const files = `cert_file: ${folder}/server.crt, key_file: ${folder}/server.key`;
  const config = `${sim}server: { tls: { ${files} } }\n`;
  const gateway = await start({ config });
  const ask = async () => {
    const request = get(`${gateway.url}/readyz`, { ca: selfSigned.cert, agent: false });
    const [response] = await once(request, "response");
    response.resume();
    return response.statusCode;
  };
  expect(gateway.url).toMatch(/^https:/);
  expect(await ask()).toBe(200);
  expect(await gateway.reload(config)).toEqual({ ok: true, warnings: [] });
  expect(await ask()).toBe(200);
  expect(await gateway.reload(sim)).toMatchObject({
    ok: true,
    warnings: [{ path: "server.tls", ruleId: "restart_needed" }],
  });
  expect(await ask()).toBe(200);
});

it("a config that cannot be used is told with its places", async () => {
  await expect(startGateway({ config: `${sim}modles: []\n`, port: 0 })).rejects.toThrow(
    ConfigError,
  );
});

it("a port that is taken is told by the system's error", async () => {
  const { port } = await start();
  await expect(startGateway({ config: sim, port })).rejects.toMatchObject({
    code: "EADDRINUSE",
    port,
  });
});
