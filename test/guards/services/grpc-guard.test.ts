import { createServer, type Http2Server } from "node:http2";
import type { AddressInfo } from "node:net";
import { Code, ConnectError, type ConnectRouter } from "@connectrpc/connect";
import { connectNodeAdapter } from "@connectrpc/connect-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { routes } from "../../../examples/guards/guard.ts";
import { GuardCheckService } from "../../../gen/parlance/guard/v1/guard_check_service_pb.js";
import { createGuardPorts } from "../../../src/composition/guards/guard-ports.ts";
import { createSecretValue } from "../../../src/config/secret-value.ts";
import { createAsk } from "../../../src/guards/services/create-ask.ts";
import { createUpstream } from "../../../src/upstream/client.ts";

const upstream = createUpstream();
const ports = createGuardPorts(
  upstream,
  () => 0,
  () => Promise.resolve(""),
);
const about = {
  callId: "c",
  operation: "chat",
  model: "m",
  key: "",
  team: "",
  endUser: "",
  principal: undefined,
};
const servers: Http2Server[] = [];
const sessions = new Set<{ destroy(): void }>();

async function listen(serve: (router: ConnectRouter) => void): Promise<string> {
  const server = createServer(connectNodeAdapter({ routes: serve }));
  server.on("session", (session) => sessions.add(session));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on TCP
}

function askAt(url: string, authorization?: string) {
  const ask = createAsk(
    {
      kind: "rpc",
      url: createSecretValue(url),
      protocol: "grpc",
      authorization: authorization === undefined ? undefined : createSecretValue(authorization),
    },
    ports,
  );
  return (texts: readonly string[], signal = new AbortController().signal) =>
    ask({ stage: "output", texts, about }, signal);
}

let example: string;
beforeAll(async () => {
  example = await listen(routes);
});
afterAll(async () => {
  for (const session of sessions) session.destroy();
  for (const server of servers) server.close();
  await upstream.destroy();
});

describe("a guard that is asked by gRPC", () => {
  it("passes what the example finds nothing in", async () => {
    expect(await askAt(example)(["all is well"])).toEqual({ kinds: [] });
  });

  it("reads where the example found something", async () => {
    const found = { start: 3, end: 11, kind: "PROJECT" };
    expect(await askAt(example)(["none", "😀 Bluebird"])).toEqual({
      kinds: ["PROJECT"],
      findings: [[], [found]],
    });
  });

  it("shows its credential, and fails with the status that is answered alone", async () => {
    const seen: unknown[] = [];
    const url = await listen((router) => {
      router.rpc(GuardCheckService.method.checkTexts, ({ texts, stage }, { requestHeader }) => {
        seen.push([requestHeader.get("authorization"), stage, texts]);
        throw new ConnectError("sk-secret", Code.ResourceExhausted);
      });
    });
    const error: unknown = await askAt(url, "Bearer sk-secret")(["x"]).catch((why) => why);
    expect(seen).toEqual([["Bearer sk-secret", "OUTPUT", ["x"]]]);
    expect(error).toMatchObject({
      name: "GuardFailure",
      message: "failed with gRPC status ResourceExhausted",
    });
  });

  it("fails where nobody listens", async () => {
    await expect(askAt("http://127.0.0.1:1")(["x"])).rejects.toThrow(
      /^failed with gRPC status Unavailable$/,
    );
  });

  it("is given up with its call", async () => {
    const life = new AbortController();
    const left = new Error("the caller left");
    const url = await listen((router) => {
      router.rpc(GuardCheckService.method.checkTexts, () => {
        life.abort(left);
        return new Promise(() => undefined);
      });
    });
    await expect(askAt(url)(["x"], life.signal)).rejects.toBe(left);
  });
});
