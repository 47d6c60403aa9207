import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { printUsd } from "../../../../src/core/facts/nano-usd.ts";
import { startGateway } from "../../../../src/serve.ts";
import { startRedis } from "../../../redis/start-redis.ts";
import { scratchFolder } from "../../../store/store-gateway.ts";
import { startWorkers } from "../../../workers/start-workers.ts";
import { type MeteredVendor, startMeteredVendor } from "./metered-vendor.ts";
import {
  bounds,
  holdCalls,
  proofConfig,
  proveLimits,
  spendAll,
  spentAt,
  storm,
  sumOfLedgers,
} from "./storm.ts";

/** Only a hang reaches it. */
const long = { timeout: 240_000 };

/** What a gateway keeps its ledger in, in a folder of the test. */
function newStore(): { readonly path: string; readonly store: object } {
  const path = join(scratchFolder(), "parlance.db");
  return { path, store: { sqlite: { path } } };
}

/** Expects that a thousand calls at once, and then all that fit, stay within a dollar. */
async function proveMoney(urls: readonly string[], ledgers: readonly string[]): Promise<void> {
  const { nanoUsd } = await storm(urls, "money", 1_000);
  expect(nanoUsd).toBeGreaterThan(0n);
  const spent = nanoUsd + (await spendAll(urls));
  expect(spent).toBeLessThanOrEqual(bounds.money);
  for (const url of urls) await expect.poll(() => spentAt(url)).toBe(printUsd(spent));
  await expect
    .poll(() => sumOfLedgers(ledgers, "money"), { timeout: 60_000, interval: 200 })
    .toBe(spent);
}

test(
  "a gateway of one thread holds every bound against a thousand calls at once",
  long,
  async () => {
    const vendor = await startMeteredVendor();
    const { path, store } = newStore();
    const config = JSON.stringify(proofConfig(vendor, { store }));
    const gateway = await startGateway({ port: 0, config });
    onTestFinished(() => gateway.close());
    await proveMoney([gateway.url], [path]);
    await proveLimits([gateway.url], vendor);
  },
);

test(
  "a gateway of four threads holds every bound against a thousand calls at once",
  long,
  async () => {
    const vendor = await startMeteredVendor();
    const { path, store } = newStore();
    const server = { workers: "4", drain_delay: "0s" };
    const gateway = await startWorkers(JSON.stringify(proofConfig(vendor, { store, server })));
    await proveMoney([gateway.url], [path]);
    await proveLimits([gateway.url], vendor);
  },
);

/**
 * Starts a gateway in a process of its own that shares a Redis, and holds its bounds where that is
 * slow too, as it may be on a busy machine.
 */
async function startSharing(vendor: MeteredVendor, redis: string) {
  const { path, store } = newStore();
  const state = { redis: { url: { value: redis } } };
  const server = { drain_delay: "0s" };
  const config = proofConfig(vendor, { store, state, server }, { on_state_down: "DENY" });
  return { path, ...(await startWorkers(JSON.stringify(config))) };
}

test(
  "three gateways of one Redis hold every bound, and get back what a killed one held",
  long,
  async () => {
    const vendor = await startMeteredVendor();
    const { url: redis } = await startRedis();
    const all = await Promise.all([1, 2, 3].map(() => startSharing(vendor, redis)));
    const urls = all.map(({ url }) => url);
    const ledgers = all.map(({ path }) => path);
    const killed = all[2];
    const refuses = () =>
      all.some(({ printed }) => /redis_unavailable/.test(printed.stdout + printed.stderr));
    await proveLimits(urls, vendor, refuses);

    const first = await storm(urls, "money", 600);
    await expect
      .poll(() => sumOfLedgers(ledgers, "money"), { timeout: 60_000, interval: 200 })
      .toBe(first.nanoUsd);
    const lost = await holdCalls(vendor, urls.slice(2), [
      ["money", 3],
      ["slots", 2],
    ]);
    const storms = await holdCalls(vendor, urls, [
      ["money", 400],
      ["slots", 100],
    ]);
    killed?.signal("SIGKILL");
    await killed?.exited;
    vendor.release();
    for (const { statuses } of await lost.outcomes)
      if (!refuses()) expect(new Set(statuses)).toEqual(new Set([0]));
    const [second] = await storms.outcomes;
    const living = urls.slice(0, 2);
    const settled = first.nanoUsd + (second?.nanoUsd ?? 0n);
    // What it held is free again a minute after its last sign of life.
    for (const url of living)
      await expect
        .poll(() => spentAt(url), { timeout: 180_000, interval: 500 })
        .toBe(printUsd(settled));
    await expect
      .poll(async () => (await storm(living, "slots", bounds.slots)).statuses, { timeout: 60_000 })
      .toEqual(Array.from({ length: bounds.slots }, () => 200));
    const spent = settled + (await spendAll(living));
    expect(spent).toBeLessThanOrEqual(bounds.money);
    await expect
      .poll(() => sumOfLedgers(ledgers, "money"), { timeout: 60_000, interval: 200 })
      .toBe(spent);
  },
);
