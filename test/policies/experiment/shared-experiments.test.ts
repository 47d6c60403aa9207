import { describe, expect, it } from "vitest";
import { type Experiment, ExperimentState } from "../../../gen/parlance/admin/v1/experiment_pb.js";
import { createSharedState, createStateMemory } from "../../../src/state/shared-state.ts";
import { startCluster } from "../../redis/start-cluster.ts";
import { type SharingGateway, startSharing } from "../../redis/start-gateways.ts";
import { type RedisServer, startRedis } from "../../redis/start-redis.ts";
import { until } from "../../redis/until.ts";
import { type ScriptedVendor, startScriptedVendor } from "../routing/scripted-vendor.ts";

/** Each answer is 3 tokens of input and one of output: 5,000 nano-USD. */
const facts = { prices: { tokens: { input: "1", output: "2" } } };
const model = {
  targets: [{ model: "a/x", facts }],
  experiment: {
    unit: "USER",
    arms: [
      { name: "control", percent: 50 },
      { name: "candidate", percent: 50, targets: [{ model: "b/y", facts }] },
    ],
  },
};

type Vendors = Readonly<Record<"a" | "b", ScriptedVendor>>;

interface Fleet {
  readonly redis: RedisServer;
  readonly vendors: Vendors;
  /** Starts one more gateway. */
  join(state?: ReturnType<typeof createSharedState>): Promise<SharingGateway>;
}

async function fleet(): Promise<Fleet> {
  const redis = await startRedis();
  const vendors = { a: await startScriptedVendor(), b: await startScriptedVendor() };
  const settings = { redis: { url: { value: redis.url } }, vendors, model };
  return {
    redis,
    vendors,
    join: (state) => startSharing({ ...settings, ...(state && { state }) }),
  };
}

async function results({ gateway }: SharingGateway): Promise<Experiment> {
  const experiment = await gateway.engine.experiments.get("m");
  if (experiment === undefined) throw new Error("no experiment");
  return experiment;
}

const callsOf = ({ arms }: Experiment) => arms.reduce((sum, { calls }) => sum + calls, 0n);
const stateOf = async (one: SharingGateway) => (await results(one)).state;

/** Waits until a gateway knows of so many calls of all gateways. */
const untilCalls = (one: SharingGateway, calls: bigint) =>
  until(async () => {
    const found = await results(one);
    const priced = found.arms.reduce((sum, arm) => sum + arm.pricedCalls + arm.unpricedCalls, 0n);
    return found.allGateways && callsOf(found) === calls && priced >= calls - 1n;
  });

const callMany = async (one: SharingGateway, users: readonly string[]) => {
  for (const user of users) await one.chat({ user });
};
const people = (prefix: string) => Array.from({ length: 12 }, (_, at) => `${prefix}${at}`);

describe("the results of an experiment of gateways that share a Redis", () => {
  it("are the sums of all, and stay when one ends and another takes its place", async () => {
    const { vendors, join } = await fleet();
    vendors.b.script = [400];
    const one = await join();
    const other = await join();
    await callMany(one, people("p"));
    await callMany(other, people("q"));
    for (const gateway of [one, other]) await untilCalls(gateway, 24n);
    const [control, candidate] = (await results(one)).arms;
    expect(control).toMatchObject({
      calls: BigInt(vendors.a.models.length),
      errors: 0n,
      inputTokens: BigInt(3 * vendors.a.models.length),
      costNanoUsd: BigInt(5_000 * vendors.a.models.length),
    });
    expect(candidate).toMatchObject({ calls: BigInt(vendors.b.models.length), errors: 1n });
    expect(control?.latency?.count).toBe(control?.calls);
    expect(control?.latency?.p99Ms).toBeGreaterThan(0);
    expect(candidate?.errorRateDifference?.upper).toBeGreaterThan(0);
    expect(candidate?.latencyDifferenceMs?.lower).toBeLessThan(
      candidate?.latencyDifferenceMs?.upper ?? 0,
    );
    expect((await results(other)).arms).toEqual((await results(one)).arms);
    const { since } = await results(one);
    await one.gateway.close();
    const next = await join();
    await untilCalls(next, 24n);
    await callMany(next, ["r"]);
    await untilCalls(other, 25n);
    expect((await results(next)).since).toEqual(since);
  });

  it("count the threads of each once", async () => {
    const { join } = await fleet();
    const memory = createStateMemory(2);
    const threads = [
      await join(createSharedState(memory, 0)),
      await join(createSharedState(memory, 1)),
    ];
    const other = await join();
    for (const one of [...threads, other]) await callMany(one, people("p"));
    for (const one of [...threads, other]) await untilCalls(one, 36n);
  });

  it("are a gateway's own while Redis is silent, and all again when it comes back empty", async () => {
    const { redis, join } = await fleet();
    const one = await join();
    const other = await join();
    await callMany(one, people("p"));
    await callMany(other, people("q"));
    await untilCalls(one, 24n);
    await redis.kill();
    await until(async () => !(await results(one)).allGateways);
    expect(callsOf(await results(one))).toBe(12n);
    await callMany(one, ["r"]);
    await redis.restart();
    for (const gateway of [one, other]) await untilCalls(gateway, 25n);
  });

  it("are added up on a cluster", async () => {
    const nodes = await startCluster();
    const [first] = nodes;
    const redis = { url: { value: first?.url ?? "" }, cluster: true };
    const vendors = { a: await startScriptedVendor(), b: await startScriptedVendor() };
    const one = await startSharing({ redis, vendors, model });
    const other = await startSharing({ redis, vendors, model });
    await callMany(one, people("p"));
    await callMany(other, people("q"));
    for (const gateway of [one, other]) await untilCalls(gateway, 24n);
    await one.gateway.engine.experiments.decide("m", { kind: "stopped" });
    await until(async () => (await stateOf(other)) === ExperimentState.STOPPED);
  });
});

describe("a decision of gateways that share a Redis", () => {
  it("reaches all threads of all of them, and those that start later", async () => {
    const { vendors, join } = await fleet();
    const memory = createStateMemory(2);
    const threads = [
      await join(createSharedState(memory, 0)),
      await join(createSharedState(memory, 1)),
    ];
    const other = await join();
    await until(async () => (await results(other)).allGateways);
    await other.gateway.engine.experiments.decide("m", { kind: "promoted", arm: "candidate" });
    for (const one of threads) {
      await until(async () => (await stateOf(one)) === ExperimentState.PROMOTED);
      await callMany(one, people("p"));
    }
    expect(vendors.a.models).toEqual([]);
    expect(callsOf(await results(other))).toBe(0n);
    await other.gateway.close();
    const next = await join();
    await until(async () => (await stateOf(next)) === ExperimentState.PROMOTED);
    expect((await results(next)).decidedArm).toBe("candidate");
    await next.gateway.engine.experiments.decide("m", { kind: "running" });
    for (const one of threads)
      await until(async () => (await stateOf(one)) === ExperimentState.RUNNING);
  });

  it("holds where it was made while Redis is away, and everywhere once it is back", async () => {
    const { redis, join } = await fleet();
    const one = await join();
    const other = await join();
    await until(async () => (await results(other)).allGateways);
    await one.gateway.engine.experiments.decide("m", { kind: "promoted", arm: "candidate" });
    await until(async () => (await stateOf(other)) === ExperimentState.PROMOTED);
    await redis.kill();
    await other.gateway.engine.experiments.decide("m", { kind: "stopped" });
    expect(await stateOf(one)).toBe(ExperimentState.PROMOTED);
    await redis.restart();
    await until(async () => (await stateOf(one)) === ExperimentState.STOPPED);
    expect(await stateOf(other)).toBe(ExperimentState.STOPPED);
  });

  it("is known again where a reload took the experiment away and brings it back", async () => {
    const { redis, vendors, join } = await fleet();
    const one = await join();
    await until(async () => (await results(one)).allGateways);
    await callMany(one, people("p"));
    await untilCalls(one, 12n);
    await one.gateway.engine.experiments.decide("m", { kind: "stopped" });
    const providers = Object.fromEntries(
      Object.entries(vendors).map(([name, { url }]) => [
        name,
        { kind: "openai_compatible", base_url: url },
      ]),
    );
    const state = { redis: { url: { value: redis.url } } };
    const { experiment: _, ...plain } = { name: "m", strategy: "PRIORITY", ...model };
    const reload = async (one_: object) =>
      expect(
        await one.gateway.reload(JSON.stringify({ providers, models: [one_], state })),
      ).toMatchObject({ ok: true });
    await reload(plain);
    await reload({ name: "m", strategy: "PRIORITY", ...model });
    await until(async () => (await stateOf(one)) === ExperimentState.STOPPED);
    expect(callsOf(await results(one))).toBe(12n);
  });
});
