import { describe, expect, it } from "vitest";
import { createLocalRateWindows } from "../../../src/state/local-rate-window.ts";
import type { RateWindow } from "../../../src/state/rate-window.ts";
import { createSharedRateWindows } from "../../../src/state/redis/redis-rate-windows.ts";
import { createMemoryState } from "../../../src/state/state.ts";
import { linked } from "../../redis/linked.ts";
import { startRedis } from "../../redis/start-redis.ts";
import { until } from "../../redis/until.ts";

/** A window of a gateway by a Redis at a URL. */
async function windowAt(url: string, windowMs = 600_000) {
  const { link } = linked({ url: { value: url }, timeout: "0.05s" });
  await until(() => link.isUp());
  const wallMs = () => Date.now();
  const local = createLocalRateWindows(createMemoryState(), wallMs);
  const window = createSharedRateWindows({ redis: link, local, wallMs }).open("rpm\na", windowMs);
  return { link, window };
}

const takeMany = async (windows: readonly RateWindow[], count: number, limit: number) => {
  const takes: (boolean | Promise<boolean>)[] = [];
  for (let at = 0; at < count; at += 1)
    for (const window of windows) takes.push(window.take(1, limit));
  return (await Promise.all(takes)).filter(Boolean).length;
};

describe("a window that gateways share", () => {
  it("takes no more than its limit, whichever of them takes", async () => {
    const redis = await startRedis();
    const one = await windowAt(redis.url);
    const other = await windowAt(redis.url);
    expect(await takeMany([one.window, other.window], 40, 50)).toBe(50);
    expect(await other.window.take(1, 50)).toBe(false);
    expect(other.window.used()).toBe(50);
    expect(other.window.freeInMs(1, 50)).toBeGreaterThan(500_000);
  });

  it("is free again after its time", async () => {
    const redis = await startRedis();
    const { window } = await windowAt(redis.url, 200);
    expect(await window.take(5, 5)).toBe(true);
    await until(async () => await window.take(5, 5));
  });

  it("counts what is added, and gives back what was too much", async () => {
    const redis = await startRedis();
    const one = await windowAt(redis.url);
    const other = await windowAt(redis.url);
    await one.window.take(100, 100);
    expect(await other.window.take(1, 100)).toBe(false);
    one.window.add(-70);
    await until(async () => await other.window.take(70, 100));
    other.window.add(50);
    await until(async () => !(await one.window.take(1, 140)));
  });

  it("goes on alone while Redis is gone, with what this gateway took before", async () => {
    const redis = await startRedis();
    const { link, window } = await windowAt(redis.url);
    expect(await takeMany([window], 6, 10)).toBe(6);
    await redis.kill();
    await until(() => !link.isUp());
    expect(await takeMany([window], 10, 10)).toBe(4);
    await redis.restart();
    await until(() => link.isUp());
    expect(await window.take(1, 10)).toBe(false);
  });
});
