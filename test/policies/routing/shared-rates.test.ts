import { expect, it } from "vitest";
import type { Notice } from "../../../src/core/notice.ts";
import { startSharing } from "../../redis/start-gateways.ts";
import { startRedis } from "../../redis/start-redis.ts";
import { until } from "../../redis/until.ts";
import { startScriptedVendor } from "./scripted-vendor.ts";

/** Two gateways with one Redis, whose model `m` has the targets a, with limits, and b. */
async function setUp(limits: object) {
  const redis = await startRedis();
  // A gateway says that it has come to share its state only where it could not before.
  await redis.kill();
  const vendors = { a: await startScriptedVendor(), b: await startScriptedVendor() };
  const model = { targets: [{ model: "a/x", ...limits }, { model: "b/x" }] };
  const options = { redis: { url: { value: redis.url }, timeout: "0.05s" }, vendors, model };
  const one = await startSharing(options);
  const other = await startSharing(options);
  await until(() => [one, other].every(({ notices }) => has(notices, "redis_unavailable")));
  await redis.restart();
  await until(() => [one, other].every(({ notices }) => has(notices, "redis_available")));
  return { vendors, one, other };
}

const has = (notices: readonly Notice[], event: string) =>
  notices.some((notice) => notice.event === event);

type Setup = Awaited<ReturnType<typeof setUp>>;

/**
 * Makes calls at two gateways. A gateway that Redis answered too late has counted by itself, as it
 * should: then the calls are made again, at other gateways.
 */
async function calling(limits: object, run: (setup: Setup) => Promise<unknown>): Promise<Setup> {
  for (;;) {
    const setup = await setUp(limits);
    const heard = () => setup.one.notices.length + setup.other.notices.length;
    const before = heard();
    await run(setup);
    if (heard() === before) return setup;
  }
}

it("gateways with one Redis share what a target gets in a minute", async () => {
  const { vendors } = await calling({ requests_per_minute: 10 }, async ({ one, other }) => {
    const rounds = Array.from({ length: 8 }, () => [one, other]).flat();
    const statuses = await Promise.all(rounds.map((gateway) => gateway.chat()));
    expect(statuses).toEqual(rounds.map(() => 200));
  });
  expect([vendors.a.models.length, vendors.b.models.length]).toEqual([10, 6]);
});

it("what a call took less than was expected of it is free for the other gateway too", async () => {
  // A call is expected to take more than 20 tokens, of which the vendor counts 4.
  const { vendors } = await calling({ tokens_per_minute: 60 }, async ({ one, other }) => {
    for (const gateway of [one, other, one, other])
      expect(await gateway.chat({ max_tokens: 16 })).toBe(200);
  });
  expect(vendors.a.models.length).toBe(4);
});
