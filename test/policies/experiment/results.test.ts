import { type Client, Code, type ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { type Experiment, ExperimentState } from "../../../gen/parlance/admin/v1/experiment_pb.js";
import { ExperimentService } from "../../../gen/parlance/admin/v1/experiment_service_pb.js";
import { ChatService } from "../../../gen/parlance/chat/v1/chat_service_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { FaultSchema } from "../../../gen/parlance/error/v1/fault_pb.js";
import { startGateway } from "../../../src/serve.ts";
import { createSharedState, createStateMemory } from "../../../src/state/shared-state.ts";
import { runIn } from "../../cli/shell.ts";
import { type Setup, send, setUp, statusOf } from "../routing/routed-gateway.ts";
import { startScriptedVendor } from "../routing/scripted-vendor.ts";

/** Each answer is 3 tokens of input and one of output. */
const priced = `facts: { prices: { tokens: { input: "1", output: "2" } } }`;
const split = (percents: readonly [number, number] = [50, 50]) => `  - name: m
    targets: [{ model: a/x, ${priced} }]
    experiment:
      unit: USER
      arms:
        - { name: control, percent: ${percents[0]} }
        - { name: candidate, percent: ${percents[1]}, targets: [{ model: b/y }] }`;

function serviceOf({ gateway }: Pick<Setup, "gateway">): Client<typeof ExperimentService> {
  return createClient(
    ExperimentService,
    createConnectTransport({ baseUrl: gateway.url, httpVersion: "1.1" }),
  );
}

async function experimentOf(setup: Pick<Setup, "gateway">): Promise<Experiment> {
  const { experiment } = await serviceOf(setup).getExperiment({ name: "m" });
  if (experiment === undefined) throw new Error("no experiment");
  return experiment;
}

async function armsOf(setup: Setup, count: number): Promise<ReadonlySet<string | null>> {
  const arms = new Set<string | null>();
  for (let at = 0; at < count; at += 1) {
    const reply = await send(setup, { body: { user: `person-${at}` } });
    await reply.text();
    arms.add(reply.headers.get("x-parlance-arm"));
  }
  return arms;
}

describe("the results of an experiment", () => {
  it("are counted for each arm", async () => {
    const setup = await setUp(split(), { b: [400, 500] });
    const seen = { control: 0, candidate: 0 };
    for (let at = 0; at < 30; at += 1) {
      const reply = await send(setup, { body: { user: `person-${at}` }, stream: at % 2 === 0 });
      await reply.text();
      seen[reply.headers.get("x-parlance-arm") === "control" ? "control" : "candidate"] += 1;
    }
    await vi.waitFor(async () => {
      const [control, candidate] = (await experimentOf(setup)).arms;
      expect(control).toMatchObject({
        name: "control",
        percent: 50,
        calls: BigInt(seen.control),
        errors: 0n,
        left: 0n,
        inputTokens: BigInt(3 * seen.control),
        outputTokens: BigInt(seen.control),
        // 3 tokens of input at $1 and one of output at $2 a million.
        costNanoUsd: BigInt(5_000 * seen.control),
        pricedCalls: BigInt(seen.control),
        unpricedCalls: 0n,
      });
      expect(candidate).toMatchObject({
        calls: BigInt(seen.candidate),
        errors: 2n,
        costNanoUsd: 0n,
        pricedCalls: 0n,
        unpricedCalls: BigInt(seen.candidate - 2),
      });
      expect(candidate?.errorsByReason.map(({ reason, count }) => [reason, count])).toEqual([
        [ErrorReason.UPSTREAM_INVALID_REQUEST, 1n],
        [ErrorReason.UPSTREAM_INTERNAL, 1n],
      ]);
      const difference = candidate?.errorRateDifference;
      expect(difference?.difference).toBeCloseTo(2 / seen.candidate, 9);
      expect(difference?.lower).toBeLessThan(2 / seen.candidate);
      expect(difference?.upper).toBeGreaterThan(2 / seen.candidate);
      expect(candidate?.costDifferenceNanoUsd).toBeUndefined();
      expect(control?.errorRateDifference).toBeUndefined();
    });
  });

  it("leave out calls that only count tokens", async () => {
    const setup = await setUp(split(), {});
    const client = createClient(
      ChatService,
      createConnectTransport({ baseUrl: setup.gateway.url, httpVersion: "1.1" }),
    );
    const { report } = await client.countTokens({ model: "m", text: "hi" });
    expect(report?.arm).toBe("candidate");
    expect(await statusOf(send(setup))).toBe(200);
    await vi.waitFor(async () => expect((await experimentOf(setup)).arms[1]?.calls).toBe(1n));
  });

  it("have the times of whole answers, and of the first content of streams", async () => {
    const setup = await setUp(split([0, 100]), { b: ["held", "held"] });
    for (const [stream, ms] of [
      [true, 100],
      [false, 400],
    ] as const) {
      const reply = send(setup, { stream });
      await vi.waitFor(() => expect(setup.vendors.b?.models.length).toBe(stream ? 1 : 2));
      setup.clock.advance(ms);
      setup.vendors.b?.release();
      await (await reply).text();
    }
    await vi.waitFor(async () => {
      const candidate = (await experimentOf(setup)).arms[1];
      expect(candidate?.latency).toMatchObject({ count: 2n, meanMs: 250 });
      expect(candidate?.firstToken).toMatchObject({ count: 1n, meanMs: 100 });
      for (const [found, ms] of [
        [candidate?.latency?.p50Ms, 100],
        [candidate?.latency?.p99Ms, 400],
        [candidate?.firstToken?.p95Ms, 100],
      ] as const)
        expect(Math.abs((found ?? 0) - ms)).toBeLessThanOrEqual(0.05 * ms);
    });
  });

  it("count who left apart, and a fallback's answer and price for the arm", async () => {
    const setup = await setUp(
      `${split([0, 100])}
    fallbacks: [spare]
  - { name: spare, targets: [{ model: c/z, ${priced} }] }`,
      { b: [500, "silence"] },
    );
    expect(await statusOf(send(setup))).toBe(200);
    const leaving = new AbortController();
    const left = send(setup, { signal: leaving.signal });
    await vi.waitFor(() => expect(setup.vendors.b?.models.length).toBe(2));
    leaving.abort();
    await expect(left).rejects.toThrow();
    await vi.waitFor(async () =>
      expect((await experimentOf(setup)).arms[1]).toMatchObject({
        calls: 1n,
        errors: 0n,
        left: 1n,
        costNanoUsd: 5_000n,
        pricedCalls: 1n,
      }),
    );
  });

  it("stay over a reload that leaves the experiment as it is, and begin anew after others", async () => {
    const setup = await setUp(split(), {});
    await armsOf(setup, 10);
    const config = (models: string, more: string) =>
      `providers:\n${Object.entries(setup.vendors)
        .map(([name, { url }]) => `  ${name}: { kind: openai_compatible, base_url: "${url}" }`)
        .join("\n")}\nmodels:\n${models}\n${more}`;
    const callsOf = ({ arms }: Experiment) => arms.reduce((sum, { calls }) => sum + calls, 0n);
    const reload = async (models: string, more = "") =>
      expect(await setup.gateway.reload(config(models, more))).toMatchObject({ ok: true });
    await serviceOf(setup).promote({ name: "m", arm: "candidate" });
    await reload(split(), "server: { drain_grace: 1s }");
    expect(await experimentOf(setup)).toMatchObject({ decidedArm: "candidate" });
    expect(callsOf(await experimentOf(setup))).toBe(10n);
    await reload(split([40, 60]));
    expect(await experimentOf(setup)).toMatchObject({ state: ExperimentState.RUNNING });
    expect(callsOf(await experimentOf(setup))).toBe(0n);
    await reload("  - { name: m, targets: [{ model: a/x }] }");
    expect((await serviceOf(setup).listExperiments({})).experiments).toEqual([]);
    await reload(split());
    expect(await experimentOf(setup)).toMatchObject({ state: ExperimentState.RUNNING });
  });
});

describe("a decision", () => {
  it("gives every unit an arm, and counts no more, until the experiment is resumed", async () => {
    const setup = await setUp(split(), {});
    const service = serviceOf(setup);
    expect((await armsOf(setup, 12)).size).toBe(2);
    const { experiment: promoted } = await service.promote({ name: "m", arm: "candidate" });
    expect(promoted).toMatchObject({
      state: ExperimentState.PROMOTED,
      decidedArm: "candidate",
    });
    expect(await armsOf(setup, 12)).toEqual(new Set(["candidate"]));
    const { experiment: stopped } = await service.stop({ name: "m" });
    expect(stopped).toMatchObject({ state: ExperimentState.STOPPED, decidedArm: "control" });
    expect(await armsOf(setup, 12)).toEqual(new Set(["control"]));
    const { experiment: resumed } = await service.resume({ name: "m" });
    expect(resumed).toMatchObject({ state: ExperimentState.RUNNING, decidedArm: "" });
    expect(resumed?.arms.reduce((sum, { calls }) => sum + calls, 0n)).toBe(12n);
    expect((await armsOf(setup, 12)).size).toBe(2);
  });

  it("and results are those of all threads", async () => {
    const { url } = await startScriptedVendor();
    const memory = createStateMemory(2);
    const config = `providers: { a: { kind: openai_compatible, base_url: "${url}" }, b: { kind: openai_compatible, base_url: "${url}" } }\nmodels:\n${split()}\n`;
    const threads = await Promise.all(
      [0, 1].map((thread) =>
        startGateway({ port: 0, config, world: { state: createSharedState(memory, thread) } }),
      ),
    );
    for (const gateway of threads) onTestFinished(() => gateway.close());
    const [one, other] = threads.map((gateway) => ({ gateway }));
    if (one === undefined || other === undefined) throw new Error("no threads");
    const call = async ({ gateway }: Pick<Setup, "gateway">, user: string) => {
      const reply = await fetch(`${gateway.url}/v1/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ model: "m", user, messages: [{ role: "user", content: "hi" }] }),
      });
      await reply.text();
      return reply.headers.get("x-parlance-arm");
    };
    for (let at = 0; at < 10; at += 1)
      expect(await call(one, `u${at}`)).toBe(await call(other, `u${at}`));
    await vi.waitFor(async () => {
      const calls = (await experimentOf(other)).arms.reduce((sum, arm) => sum + arm.calls, 0n);
      expect(calls).toBe(20n);
    });
    await serviceOf(one).promote({ name: "m", arm: "candidate" });
    expect(await Promise.all(["a", "b", "c", "d"].map((user) => call(other, user)))).toEqual(
      Array(4).fill("candidate"),
    );
  });

  it("is for admins, of what there is", async () => {
    const keys = `auth: { admin_key: { value: admin-key } }\nkeys: [{ name: dev, value: { value: dev-key } }]`;
    const setup = await setUp(split(), {}, { more: keys });
    for (const transport of [
      createConnectTransport({ baseUrl: setup.gateway.url, httpVersion: "1.1" }),
      createGrpcTransport({ baseUrl: setup.gateway.url }),
    ]) {
      const service = createClient(ExperimentService, transport);
      const as = (key: string) => ({ headers: { authorization: `Bearer ${key}` } });
      const failure = async (call: Promise<unknown>) => {
        const error: ConnectError = await call.then(
          () => undefined,
          (thrown) => thrown,
        );
        return [error?.code, error?.findDetails(FaultSchema)[0]?.reason];
      };
      const denied = [Code.PermissionDenied, ErrorReason.PERMISSION_DENIED];
      const missing = [Code.NotFound, ErrorReason.NOT_FOUND];
      const admin = as("admin-key");
      const name = "m";
      const arm = "candidate";
      expect(await failure(service.listExperiments({}, as("dev-key")))).toEqual(denied);
      expect(await failure(service.getExperiment({ name }, as("dev-key")))).toEqual(denied);
      expect(await failure(service.promote({ name, arm }, as("dev-key")))).toEqual(denied);
      expect(await failure(service.stop({ name }, as("dev-key")))).toEqual(denied);
      expect(await failure(service.resume({ name }, as("dev-key")))).toEqual(denied);
      expect((await failure(service.listExperiments({})))[0]).toBe(Code.Unauthenticated);
      expect(await failure(service.getExperiment({ name: "n" }, admin))).toEqual(missing);
      expect(await failure(service.promote({ name, arm: "x" }, admin))).toEqual(missing);
      expect(await failure(service.stop({ name: "n" }, admin))).toEqual(missing);
      expect((await failure(service.resume({ name: "" }, admin)))[0]).toBe(Code.InvalidArgument);
      expect((await service.listExperiments({}, admin)).experiments.length).toBe(1);
    }
  });

  it("comes from the command line too", async () => {
    const setup = await setUp(split(), {});
    const command = (...args: string[]) =>
      runIn(["experiment", ...args, "--url", setup.gateway.url]);
    expect(await command("list")).toMatchObject({
      code: 0,
      stdout:
        "NAME  MODEL  UNIT  STATE    ARMS                        CALLS\n" +
        "m     m      USER  RUNNING  control 50%, candidate 50%  0\n",
    });
    await armsOf(setup, 12);
    const shown = await command("show", "m");
    expect(shown.stdout).toMatch(/^m: model m, by USER, RUNNING\nARM +PERCENT +CALLS /);
    expect(shown.stdout).toMatch(/^control +50 +\d+ +0 \(0\.00%\) .* 0\.000005 +0 +- +- +-$/m);
    expect(shown.stdout).toMatch(/^candidate .* 0\.00% \(-\d+\.\d+% to \d+\.\d+%\) /m);
    const promoted = await command("promote", "m", "candidate");
    expect(promoted.stdout).toMatch(/^m: model m, by USER, PROMOTED \(candidate\)\n/);
    expect((await command("stop", "m")).stdout).toContain("STOPPED (control)");
    expect((await command("resume", "m")).stdout).toContain("RUNNING");
    expect(await command("show", "n")).toMatchObject({
      code: 1,
      stderr: "parlance experiment: NOT_FOUND: there is no experiment n\n",
    });
    expect((await command("promote", "m")).stderr).toMatch(/promote needs ARM\n/);
    expect((await command("stop", "m", "x")).stderr).toMatch(/stop takes no x\n/);
    expect(await command("shwo", "m")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("did you mean show?"),
    });
  });
});
