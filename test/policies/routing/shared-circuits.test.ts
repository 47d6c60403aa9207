import { describe, expect, it } from "vitest";
import { CircuitState } from "../../../gen/parlance/admin/v1/model_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { startCluster } from "../../redis/start-cluster.ts";
import { type SharingGateway, startSharing } from "../../redis/start-gateways.ts";
import { startRedis } from "../../redis/start-redis.ts";
import { until } from "../../redis/until.ts";
import { startScriptedVendor } from "./scripted-vendor.ts";

const admin = { name: "admin", admin: true, models: undefined, strict: false };

const healthOf = ({ gateway }: SharingGateway, at = 0) =>
  gateway.engine.models.get(admin, "m")?.deployments[at]?.health;

const circuitOf = (one: SharingGateway) => healthOf(one)?.circuit;

const events = ({ notices }: SharingGateway) => notices.map(({ event }) => event);

/** Two gateways of the vendors a and b that share a Redis. */
async function setUp(redis: object, model: object = {}) {
  const vendors = { a: await startScriptedVendor(), b: await startScriptedVendor() };
  const one = await startSharing({ redis, vendors, model });
  const other = await startSharing({ redis, vendors, model });
  return { vendors, one, other };
}

describe("gateways that share a Redis", () => {
  it("leave a target alone that one of them was refused by, for as long as the vendor says", async () => {
    const redis = await startRedis();
    const { vendors, one, other } = await setUp({ url: { value: redis.url } });
    vendors.a.script = ["429 after 600"];
    await until(() => events(one).length === 0);
    expect(await one.chat()).toBe(200);
    await until(() => circuitOf(other) === CircuitState.OPEN);
    const health = healthOf(other);
    expect(health?.circuitReason).toBe(ErrorReason.UPSTREAM_RATE_LIMITED);
    const leftS = Number(health?.nextProbe?.seconds ?? 0) - Date.now() / 1000;
    expect(leftS).toBeGreaterThan(400);
    expect(leftS).toBeLessThanOrEqual(601);
    expect(await other.chat()).toBe(200);
    expect(vendors.a.models.length).toBe(1);
    expect(one.notices[0]).toMatchObject({
      event: "circuit_opened",
      details: { target: "a/x", reason: "UPSTREAM_RATE_LIMITED" },
    });
  });

  it("call it again once one of them had an answer", async () => {
    const redis = await startRedis();
    const breaker = { open_for: "0.2s", consecutive_failures: 1 };
    const { vendors, one, other } = await setUp({ url: { value: redis.url } }, { breaker });
    vendors.a.script = [500];
    await one.chat();
    await until(() => circuitOf(other) !== undefined && circuitOf(other) !== CircuitState.CLOSED);
    await until(() => circuitOf(one) === CircuitState.HALF_OPEN);
    await one.chat();
    expect(circuitOf(one)).toBe(CircuitState.CLOSED);
    await until(() => circuitOf(other) === CircuitState.CLOSED);
    expect(events(one)).toEqual(["circuit_opened", "circuit_closed"]);
  });

  it("probe a target that may have recovered with one call of one of them", async () => {
    const redis = await startRedis();
    const breaker = { open_for: "0.6s", consecutive_failures: 1 };
    const { vendors, one, other } = await setUp({ url: { value: redis.url } }, { breaker });
    vendors.a.script = [500];
    await one.chat();
    const mayProbe = (gateway: SharingGateway) => circuitOf(gateway) === CircuitState.HALF_OPEN;
    await until(() => mayProbe(one) && mayProbe(other));
    vendors.a.script = Array.from({ length: 20 }, () => "held" as const);
    const calls = [one, other].flatMap((gateway) => [1, 2, 3].map(() => gateway.chat()));
    const before = vendors.b.models.length;
    await until(() => vendors.b.models.length === before + 5);
    await until(() => vendors.a.models.length === 2);
    vendors.a.script = [];
    vendors.a.release();
    expect(new Set(await Promise.all(calls))).toEqual(new Set([200]));
    expect(vendors.a.models.length).toBe(2);
    await until(() => [one, other].every((each) => circuitOf(each) === CircuitState.CLOSED));
    expect(await redis.command("KEYS", "*probe*")).toBe("[]");
  });

  it("leave a credential alone that one of them was refused with, and no other", async () => {
    const redis = await startRedis();
    const vendors = { a: await startScriptedVendor(["429 after 600"]) };
    const provider = { api_keys: [{ value: "key-one" }, { value: "key-two" }] };
    const options = { redis: { url: { value: redis.url } }, vendors, provider };
    const one = await startSharing(options);
    const other = await startSharing(options);
    expect(await one.chat()).toBe(200);
    const credentials = ({ gateway }: SharingGateway) =>
      gateway.engine.models.get(admin, "m")?.deployments[0]?.credentials ?? [];
    const states = (gateway: SharingGateway) => credentials(gateway).map(({ circuit }) => circuit);
    await until(() => states(other)[0] === CircuitState.OPEN);
    expect(states(other)).toEqual([CircuitState.OPEN, CircuitState.CLOSED]);
    expect(credentials(other)[0]?.circuitReason).toBe(ErrorReason.UPSTREAM_RATE_LIMITED);
    expect(circuitOf(other)).not.toBe(CircuitState.OPEN);
    for (let call = 0; call < 3; call += 1) expect(await other.chat()).toBe(200);
    expect(vendors.a.keys.map((key) => key.slice("Bearer key-".length))).toEqual([
      ...["one", "two"],
      ...["two", "two", "two"],
    ]);
    const { hash } = credentials(one)[0] ?? {};
    expect(one.notices.filter(({ event }) => event === "circuit_opened")).toMatchObject([
      { details: { provider: "a", credential: hash, reason: "UPSTREAM_RATE_LIMITED" } },
    ]);
    expect(JSON.stringify(one.notices)).not.toContain("key-one");
    const kept = await redis.command("HKEYS", "parlance:{shared:circuits}:entries");
    expect(kept).toContain(hash);
    expect(kept).not.toContain("key-one");
  });

  it("go to a target that another one probes where there is no other", async () => {
    const redis = await startRedis();
    const breaker = { open_for: "0.6s", consecutive_failures: 1 };
    const model = { breaker, targets: [{ model: "a/x" }] };
    const { vendors, one, other } = await setUp({ url: { value: redis.url } }, model);
    vendors.a.script = [500];
    expect(await one.chat()).toBe(500);
    const mayProbe = (gateway: SharingGateway) => circuitOf(gateway) === CircuitState.HALF_OPEN;
    await until(() => mayProbe(one) && mayProbe(other));
    expect(await Promise.all([one.chat(), other.chat()])).toEqual([200, 200]);
  });

  it("go on while Redis is killed, and share again what was learnt when it is back, empty", async () => {
    const redis = await startRedis();
    const { vendors, one, other } = await setUp({ url: { value: redis.url } });
    await one.chat();
    await redis.kill();
    await until(() => events(one).includes("redis_unavailable"));
    vendors.a.script = ["429 after 600"];
    expect(await one.chat()).toBe(200);
    expect(circuitOf(one)).toBe(CircuitState.OPEN);
    expect(await other.chat()).toBe(200);
    expect(circuitOf(other)).toBe(CircuitState.CLOSED);
    await redis.restart();
    await until(() => circuitOf(other) === CircuitState.OPEN);
    expect(events(one)).toContain("redis_available");
  });

  it("share again what they know when Redis is emptied under way", async () => {
    const redis = await startRedis();
    const { vendors, one, other } = await setUp({ url: { value: redis.url } });
    vendors.a.script = ["429 after 600"];
    await one.chat();
    await until(() => circuitOf(other) === CircuitState.OPEN);
    await redis.command("FLUSHALL");
    const third = await startSharing({ redis: { url: { value: redis.url } }, vendors });
    await until(() => circuitOf(third) === CircuitState.OPEN);
  });

  it("go on while Redis takes commands and answers none", async () => {
    const redis = await startRedis();
    const { vendors, one, other } = await setUp({ url: { value: redis.url } });
    await until(async () => (await redis.command("DBSIZE")) !== "0");
    redis.freeze();
    const replies = await Promise.all(Array.from({ length: 50 }, () => one.chat()));
    expect(new Set(replies)).toEqual(new Set([200]));
    vendors.a.script = ["429 after 600"];
    await one.chat();
    redis.thaw();
    await until(() => circuitOf(other) === CircuitState.OPEN);
  });

  it("share by a cluster of three nodes", async () => {
    const [first, second, third] = await startCluster();
    const hosts = [second, third].map((node) => node?.url.slice("redis://".length) ?? "");
    const redis = { url: { value: first?.url ?? "" }, cluster: true, nodes: hosts };
    const { vendors, one, other } = await setUp(redis);
    vendors.a.script = ["429 after 600"];
    await one.chat();
    await until(() => circuitOf(other) === CircuitState.OPEN);
    expect(events(one)).toEqual(["circuit_opened"]);
  });
});
