import { describe, expect, it } from "vitest";
import { type ShadowResult, ShadowSkipReason } from "../../../gen/parlance/admin/v1/shadow_pb.js";
import { type SharingGateway, startSharing } from "../../redis/start-gateways.ts";
import { startRedis } from "../../redis/start-redis.ts";
import { until } from "../../redis/until.ts";
import { startScriptedVendor } from "../routing/scripted-vendor.ts";

/** Each answer is 3 tokens of input and one of output: 5,000 nano-USD. */
const facts = { prices: { tokens: { input: "1", output: "2" } } };

/** Two gateways whose calls go to a and copies to b. */
async function setUp(shadow: object, copyFacts: object = { facts }) {
  const redis = await startRedis();
  const vendors = { a: await startScriptedVendor(), b: await startScriptedVendor() };
  const targets = [{ model: "a/x", facts }];
  const model = { targets, shadow: { model: "copy", percent: 100, ...shadow } };
  const copy = { name: "copy", targets: [{ model: "b/y", ...copyFacts }] };
  const providers = Object.fromEntries(
    Object.entries(vendors).map(([name, { url }]) => [
      name,
      { kind: "openai_compatible", base_url: url },
    ]),
  );
  const models = [{ name: "m", strategy: "PRIORITY", ...model }, copy];
  const settings = { redis: { url: { value: redis.url } }, vendors, root: { providers, models } };
  const join = async () => {
    const gateway = await startSharing(settings);
    await until(async () => (await results(gateway)).allGateways);
    return gateway;
  };
  return { redis, vendors, join, one: await join(), other: await join() };
}

async function results({ gateway }: SharingGateway): Promise<ShadowResult> {
  const result = await gateway.engine.shadows.get("m");
  if (result === undefined) throw new Error("no shadow");
  return result;
}

const skipsOf = ({ skips }: ShadowResult) =>
  skips.map(({ reason, count }) => `${ShadowSkipReason[reason]} ${count}`);
const untilResults = (one: SharingGateway, holds: (result: ShadowResult) => boolean) =>
  until(async () => holds(await results(one)));

describe("shadows of gateways that share a Redis", () => {
  it("have no more copies at once than they may, all gateways together", async () => {
    const { vendors, one, other } = await setUp({ max_concurrent: 1 });
    vendors.b.script = ["held"];
    expect(await one.chat()).toBe(200);
    await until(() => vendors.b.models.length === 1);
    expect(await other.chat()).toBe(200);
    await untilResults(one, (result) => skipsOf(result).includes("BUSY 1"));
    vendors.b.release();
    await untilResults(other, ({ copies }) => copies === 1n);
    expect(await other.chat()).toBe(200);
    for (const gateway of [one, other]) await untilResults(gateway, ({ copies }) => copies === 2n);
    expect(vendors.b.models.length).toBe(2);
  });

  it("spend no more in a day than they may, all gateways together, and after a restart", async () => {
    // Two copies, of which each has 1024 tokens of output set aside until it has ended.
    const { vendors, join, one, other } = await setUp({ max_usd_per_day: "0.002056" });
    expect(await one.chat()).toBe(200);
    await untilResults(other, ({ copies }) => copies === 1n);
    expect((await results(other)).spentTodayNanoUsd).toBe(5_000n);
    expect(await other.chat()).toBe(200);
    await untilResults(one, ({ copies }) => copies === 2n);
    await one.gateway.close();
    const next = await join();
    expect(await next.chat()).toBe(200);
    await untilResults(other, (result) => skipsOf(result).includes("MONEY 1"));
    expect((await results(next)).spentTodayNanoUsd).toBe(10_000n);
    expect(vendors.b.models.length).toBe(2);
  });

  it("have as many copies a day without a price as are allowed, all gateways together", async () => {
    const { vendors, one, other } = await setUp({ max_unpriced_calls_per_day: 1 }, {});
    expect(await one.chat()).toBe(200);
    await untilResults(other, ({ copies }) => copies === 1n);
    expect(await other.chat()).toBe(200);
    await untilResults(one, (result) => skipsOf(result).includes("UNPRICED 1"));
    expect(vendors.b.models.length).toBe(1);
  });
});
