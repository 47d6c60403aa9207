import { once } from "node:events";
import { createServer } from "node:http";
import { connect } from "node:http2";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { readSamples } from "../observe/read-samples.ts";
import {
  chatFor,
  connectOften,
  connectOnce,
  connectToEach,
  type OneConnection,
  type RunningWorkers,
  startWorkers,
  untilEnd,
} from "./start-workers.ts";

const sim = "providers: { sim: { kind: sim } }\n";
const server = (settings: string) => `server: { workers: 2, drain_delay: 0s, ${settings} }\n`;
const two = sim + server("drain_grace: 60s");

/** Threads take a second to start where the machine has nothing else to do. */
const long = { timeout: 120_000 };

async function statusOf(connection: OneConnection, path: string): Promise<number> {
  return (await connection.get(path)).status;
}

async function untilReady(connections: readonly OneConnection[], status: number): Promise<void> {
  for (const one of connections)
    await vi.waitUntil(async () => (await statusOf(one, "/readyz")) === status, untilEnd);
}

/** Lines of the log, each as JSON: a torn one is none. */
function logged({ printed }: RunningWorkers): readonly { readonly model: string }[] {
  return printed.stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

describe("workers", long, () => {
  it("all take connections of one port, of HTTP/2 too, and log whole lines to one stream", async () => {
    const gateway = await startWorkers(two);
    const each = await connectToEach(gateway, 2);
    for (const one of each) expect(await statusOf(one, "/readyz")).toBe(200);

    const before = gateway.heard.length;
    const reached = () => new Set(gateway.heard.slice(before).map(({ worker }) => worker));
    for (let opened = 0; reached().size < 2 && opened < 100; opened += 1) {
      const session = connect(gateway.url);
      onTestFinished(() => session.destroy());
      await once(session, "connect");
      const stream = session.request({ ":path": "/healthz" });
      const [headers] = await once(stream, "response");
      expect(headers[":status"]).toBe(200);
      await vi.waitUntil(() => gateway.heard.length > before + opened, untilEnd);
    }
    expect(reached()).toEqual(new Set([0, 1]));

    const calls = Array.from({ length: 300 }, (_, call) =>
      each[call % 2]?.post("/v1/chat/completions", chatFor(`sim/echo-${call}-${"x".repeat(200)}`)),
    );
    await Promise.all(calls);
    gateway.signal("SIGTERM");
    expect(await gateway.exited).toBe(0);
    const models = logged(gateway).map(({ model }) => /echo-(\d+)/.exec(model)?.[1]);
    expect(models.map(Number).sort((one, other) => one - other)).toEqual(
      Array.from({ length: 300 }, (_, call) => call),
    );
  });

  for (const [kind, reason] of [
    [
      "throw",
      /worker 1 has ended \(thrown by the test\), its calls are cut: another one starts now/,
    ],
    ["fill", /worker 1 has ended \(ERR_WORKER_OUT_OF_MEMORY: .*\), its calls are cut: another/],
  ] as const) {
    it(`that end by "${kind}" are replaced, and their streams are cut and never end as whole`, async () => {
      const execArgv = ["--max-old-space-size=96"];
      const gateway = await startWorkers(two, { execArgv });
      const [other, ending] = await connectToEach(gateway, 2);
      if (other === undefined || ending === undefined) throw new Error("no connections");
      for (const one of [other, ending, ending])
        await one.post("/v1/chat/completions", chatFor("sim/echo"));
      const begun = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const streams = [other, ending].map((one, at) =>
        one.post("/v1/chat/completions", chatFor("sim/echo?rate=4", true), () =>
          begun[at]?.resolve(),
        ),
      );
      await Promise.all(begun.map(({ promise }) => promise));
      gateway.happen({ kind, worker: 1 });
      const [whole, cut] = await Promise.all(streams);
      expect(cut).toMatchObject({ status: 200, whole: false });
      expect(cut?.body).not.toContain("[DONE]");
      expect(whole).toMatchObject({ status: 200, whole: true });
      expect(whole?.body).toMatch(/\[DONE\]\s*$/);
      await gateway.said(reason);
      const each = await connectToEach(gateway, 2);
      await untilReady(each, 200);
      // What the one that has ended had counted is not lost, and each tells of all of them.
      for (const one of each) {
        const samples = readSamples((await one.get("/metrics")).body);
        const calls =
          'model="sim/echo",target="sim/echo",operation="chat",status="whole",reason=""';
        expect(samples.get(`parlance_requests_total{${calls}}`)).toBe(3);
        expect(samples.get("parlance_in_flight")).toBe(0);
      }
    });
  }

  it("that hang are ended and replaced, and their calls are cut while those of the others go on", async () => {
    const gateway = await startWorkers(sim + server("drain_grace: 60s, worker_hang_timeout: 3s"));
    const [other, hanging] = await connectToEach(gateway, 2);
    if (other === undefined || hanging === undefined) throw new Error("no connections");
    const begun = Promise.withResolvers<void>();
    const stream = hanging.post("/v1/chat/completions", chatFor("sim/echo?rate=0.1", true), () =>
      begun.resolve(),
    );
    await begun.promise;
    gateway.happen({ kind: "hang", worker: 1 });
    const cut = await stream;
    expect(cut).toMatchObject({ status: 200, whole: false });
    expect(cut.body).not.toContain("[DONE]");
    await gateway.said(
      /worker 1 has ended \(its event loop did not turn for 3 s\), its calls are cut: another one starts now/,
    );
    const each = await connectToEach(gateway, 2);
    await untilReady(each, 200);
    for (const one of each)
      expect(await one.post("/v1/chat/completions", chatFor("sim/echo"))).toMatchObject({
        status: 200,
        whole: true,
      });
  });

  it("that end at once again and again are tried again later, and nobody is ready meanwhile", async () => {
    const gateway = await startWorkers(two);
    const [other] = await connectToEach(gateway, 2);
    if (other === undefined) throw new Error("no connection");
    for (const next of ["now", "in 0.25 s", "in 0.5 s"]) {
      await vi.waitUntil(() => {
        gateway.happen({ kind: "throw", worker: 1 });
        return gateway.printed.stderr.includes(`another one starts ${next}`);
      }, untilEnd);
      if (next === "in 0.25 s") await untilReady([other], 503);
    }
    await untilReady([other], 200);
    expect(await statusOf(other, "/healthz")).toBe(200);
  });

  it("end a start with the reason where one cannot start", async () => {
    await expect(startWorkers(two, { env: { CRASHING_WORKER: "1" } })).rejects.toThrow(
      /crashes at once/,
    );
  });

  it("drain together: running calls finish while all of them say that they are not ready", async () => {
    const gateway = await startWorkers(`${sim}server: { workers: 2, drain_delay: 600s }\n`);
    const each = await connectToEach(gateway, 2);
    const begun = each.map(() => Promise.withResolvers<void>());
    const streams = each.map((one, at) =>
      one.post("/v1/chat/completions", chatFor("sim/echo?rate=4", true), () =>
        begun[at]?.resolve(),
      ),
    );
    await Promise.all(begun.map(({ promise }) => promise));
    const idle = await connectToEach(gateway, 2);
    gateway.signal("SIGTERM");
    await gateway.said(/stopping: 2 calls run and have 30 s to finish/);
    const probes = await Promise.all(idle.map((one) => one.get("/readyz")));
    expect(probes.map(({ status }) => status)).toEqual([503, 503]);
    for (const stream of await Promise.all(streams)) expect(stream.body).toMatch(/\[DONE\]\s*$/);
    gateway.signal("SIGTERM");
    expect(await gateway.exited).toBe(1);
  });

  it("end streams with the truth when the grace is over", async () => {
    const gateway = await startWorkers(sim + server("drain_grace: 0.1s"));
    const each = await connectToEach(gateway, 2);
    const begun = each.map(() => Promise.withResolvers<void>());
    const streams = each.map((one, at) =>
      one.post("/v1/chat/completions", chatFor("sim/echo?rate=0.1", true), () =>
        begun[at]?.resolve(),
      ),
    );
    await Promise.all(begun.map(({ promise }) => promise));
    gateway.signal("SIGTERM");
    for (const { body } of await Promise.all(streams)) {
      expect(body).not.toContain("[DONE]");
      expect(body).toContain('"code":"draining"');
    }
    expect(await gateway.exited).toBe(0);
  });
});

describe("a reload of workers", long, () => {
  const service = "/parlance.admin.v1.ConfigService/GetConfig";
  const levelOf = async (one: OneConnection, method = "GetLogLevel", request = {}) => {
    const path = `/parlance.admin.v1.ConfigService/${method}`;
    return JSON.parse((await one.post(path, request)).body).state.level;
  };
  const shownBy = async (one: OneConnection) => JSON.parse((await one.post(service, {})).body);

  it("is taken by all, and all say the same of it, also a worker that comes later", async () => {
    const gateway = await startWorkers(two);
    const each = await connectToEach(gateway, 2);
    const [one, other] = each;
    if (one === undefined || other === undefined) throw new Error("there are not two");
    await levelOf(one, "SetLogLevel", { level: "LOG_LEVEL_WARN" });
    expect(await levelOf(other)).toBe("LOG_LEVEL_WARN");
    gateway.reload(`${two}models: [{ name: added, targets: [{ model: sim/echo }] }]\n`);
    await gateway.said(/is in force/);
    const [first, second] = await Promise.all(each.map(shownBy));
    expect(second).toEqual(first);
    expect(first.config.models).toMatchObject([{ name: "added" }]);
    expect([await levelOf(one), await levelOf(other)]).toEqual([
      "LOG_LEVEL_INFO",
      "LOG_LEVEL_INFO",
    ]);
    gateway.reload(`${two}modles: []\n`);
    await gateway.said(/reload: refused[\s\S]*modles/);
    gateway.happen({ kind: "throw", worker: 0 });
    await gateway.said(/worker 0 has ended/);
    await untilReady(each.slice(1), 200);
    const [later, same] = await Promise.all((await connectToEach(gateway, 2)).map(shownBy));
    expect(later).toEqual(same);
    expect(later.loadedAt).toBe(first.loadedAt);
    expect(later.lastReloadViolations).toMatchObject([{ path: "modles" }]);
  });

  it("that one worker refuses is taken by none", async () => {
    const gateway = await startWorkers(two);
    const each = await connectToEach(gateway, 2);
    gateway.happen({ kind: "lose_module", worker: 1, module: "/cohere" });
    await vi.waitUntil(() => gateway.heard.some(({ kind }) => kind === "lost_module"), untilEnd);
    gateway.reload(
      `${two.replace("sim } }", "sim }, c: { kind: cohere, api_key: { value: k } } }")}`,
    );
    await gateway.said(/reload: refused[\s\S]*worker 1 cannot take it: the disk has gone/);
    for (const one of each) {
      const shown = await shownBy(one);
      expect(Object.keys(shown.config.providers)).toEqual(["sim"]);
      expect(shown.lastReloadViolations).toMatchObject([{ ruleId: "worker" }]);
    }
    expect(await statusOf(connectOnce(gateway.url), "/readyz")).toBe(200);
  });
});

describe("what workers count", long, () => {
  /** A vendor that answers when it is told to, and counts calls that it has at once. */
  async function startSlowVendor() {
    const held: (() => void)[] = [];
    let most = 0;
    let open = 0;
    const vendor = createServer((asked, reply) => {
      asked.resume();
      open += 1;
      most = Math.max(most, open);
      reply.once("close", () => {
        open -= 1;
      });
      held.push(() => {
        const choice = {
          index: 0,
          message: { role: "assistant", content: "Hi" },
          finish_reason: "stop",
        };
        reply.setHeader("content-type", "application/json");
        reply.end(
          JSON.stringify({
            id: "1",
            object: "chat.completion",
            created: 1,
            model: "m",
            choices: [choice],
          }),
        );
      });
    });
    vendor.listen(0, "127.0.0.1");
    await once(vendor, "listening");
    onTestFinished(() => {
      vendor.closeAllConnections();
      vendor.close();
    });
    const { port } = vendor.address() as AddressInfo;
    return {
      url: `http://127.0.0.1:${port}/v1`,
      open: () => open,
      most: () => most,
      answer: () => held.shift()?.(),
    };
  }
  const connections = 5;
  const configFor = (url: string) =>
    `providers: { v: { kind: openai_compatible, base_url: "${url}", max_connections: ${connections}, timeouts: { connect: 100s } } }\n` +
    server("drain_grace: 0.1s");

  it("is a provider's connections: never more over all threads, never fewer, and a dead one's come back", async () => {
    const vendor = await startSlowVendor();
    const gateway = await startWorkers(configFor(vendor.url));
    const callAll = (worker: readonly OneConnection[]) =>
      worker.map((one) => one.post("/v1/chat/completions", chatFor("v/m")).catch(() => undefined));
    const [staying, ending] = await connectOften(gateway, [12, 3]);
    const lost = callAll(ending ?? []);
    await vi.waitUntil(() => vendor.open() === 3, untilEnd);
    const kept = callAll(staying ?? []);
    await vi.waitUntil(() => vendor.open() === connections, untilEnd);
    gateway.happen({ kind: "throw", worker: 1 });
    expect(await Promise.all(lost)).toEqual([undefined, undefined, undefined]);
    await gateway.said(/worker 1 has ended/);
    await vi.waitUntil(() => vendor.open() === connections, untilEnd);
    let answered = 0;
    const answers = Promise.all(
      kept.map(async (one) => {
        expect((await one)?.status).toBe(200);
        answered += 1;
      }),
    );
    await vi.waitUntil(() => {
      vendor.answer();
      return answered === 12;
    }, untilEnd);
    await answers;
    expect(vendor.most()).toBe(connections);
  });

  it("is how targets do: ModelService of one tells of calls of the other", async () => {
    const gateway = await startWorkers(two);
    const [first, second] = await connectToEach(gateway, 2);
    if (first === undefined || second === undefined) throw new Error("no connections");
    for (const one of [first, first, second, second])
      await one.post("/v1/chat/completions", chatFor("sim/error-503"));
    for (const one of [first, second]) {
      const shown = await one.post("/parlance.admin.v1.ModelService/GetModel", {
        name: "sim/error-503",
      });
      expect(JSON.parse(shown.body).model.deployments[0].health).toMatchObject({
        state: "HEALTH_STATE_UNHEALTHY",
        consecutiveFailures: 4,
      });
    }
  });
});
