import { expect, it } from "vitest";
import { type SharingGateway, startSharing } from "../../../redis/start-gateways.ts";
import { startRedis } from "../../../redis/start-redis.ts";
import { until } from "../../../redis/until.ts";
import { startScriptedVendor } from "../scripted-vendor.ts";

const admin = { name: "admin", admin: true, models: undefined, strict: false };

const speeds = ({ gateway }: SharingGateway) =>
  gateway.engine.models.get(admin, "m")?.deployments.map(({ speed }) => speed) ?? [];

async function setUp() {
  const redis = await startRedis();
  const vendors = { a: await startScriptedVendor(), b: await startScriptedVendor() };
  const options = {
    redis: { url: { value: redis.url } },
    vendors,
    model: { strategy: "LOWEST_LATENCY" },
  };
  const one = await startSharing(options);
  const other = await startSharing(options);
  return { redis, vendors, one, other };
}

it("gateways that share a Redis know how fast a target is that one of them has called", async () => {
  const { one, other } = await setUp();
  expect(speeds(other)).toEqual([undefined, undefined]);
  expect(await one.chat()).toBe(200);
  expect(await one.chat({ stream: true })).toBe(200);
  const knows = (gateway: SharingGateway, what: "wholeToken" | "firstToken") =>
    speeds(gateway).some((speed) => speed?.[what] !== undefined);
  await until(() => knows(one, "wholeToken") && knows(one, "firstToken"));
  await until(() => knows(other, "wholeToken") && knows(other, "firstToken"));
});

it("gateways go on measuring while Redis is gone, and share it once it is back", async () => {
  const { redis, one, other } = await setUp();
  await redis.kill();
  await until(() => one.notices.some(({ event }) => event === "redis_unavailable"));
  expect(await one.chat()).toBe(200);
  await until(() => speeds(one).some((speed) => speed !== undefined));
  expect(speeds(other)).toEqual([undefined, undefined]);
  await redis.restart();
  await until(() => speeds(other).some((speed) => speed !== undefined));
});
