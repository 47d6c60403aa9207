import { describe, expect, it } from "vitest";
import { createLocalRateWindows } from "../../../src/state/local-rate-window.ts";
import type { RateWindow } from "../../../src/state/rate-window.ts";
import { createSharedRateWindows } from "../../../src/state/redis/redis-rate-windows.ts";
import { replyText } from "../../../src/state/redis/shared-redis.ts";
import { createMemoryState } from "../../../src/state/state.ts";
import { type Linked, linked } from "../../redis/linked.ts";
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

type Buckets = readonly (readonly [firstMs: number, lastMs: number, amount: number])[];

/** The window `rpm\na` as Redis has it. */
async function bucketsAt({ link }: Pick<Linked, "link">): Promise<Buckets> {
  const script = `return cjson.encode(cmsgpack.unpack(redis.call("GET", KEYS[1])))`;
  const outcome = await link.run(script, { keys: [link.key("rate", "rpm\na", "600000")] });
  if (!outcome.ok) throw new Error("Redis is silent");
  return JSON.parse(replyText(outcome.value) ?? "");
}

/** Makes it so that what was taken was taken `agoMs` earlier. */
async function age({ link }: Pick<Linked, "link">, agoMs: number): Promise<void> {
  const script = `
    local buckets = cmsgpack.unpack(redis.call("GET", KEYS[1]))
    for _, bucket in ipairs(buckets) do
      bucket[1], bucket[2] = bucket[1] - ARGV[1], bucket[2] - ARGV[1]
    end
    redis.call("SET", KEYS[1], cmsgpack.pack(buckets))
    return 1`;
  const keys = [link.key("rate", "rpm\na", "600000")];
  expect(await link.run(script, { keys, args: [agoMs] })).toMatchObject({ ok: true });
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

  it("takes back from the time at which too much was taken, never more than that has", async () => {
    const redis = await startRedis();
    const one = await windowAt(redis.url);
    const other = await windowAt(redis.url);
    const takenMs = Date.now() - 300_000;
    await one.window.take(90, 100);
    await age(one, 300_000);
    expect(await other.window.take(10, 100)).toBe(true);
    one.window.add(-80, takenMs);
    const amounts = async () => (await bucketsAt(other)).map(([, , amount]) => amount);
    await until(async () => (await amounts())[0] === 10);
    expect(await other.window.take(80, 100)).toBe(true);
    expect(await other.window.take(1, 100)).toBe(false);
    one.window.add(-500, takenMs);
    await until(async () => (await amounts())[0] === 0);
    expect(await amounts()).toEqual([0, 90]);
    expect(await other.window.take(11, 100)).toBe(false);
  });

  it("corrects nothing that no longer counts, or that another time took", async () => {
    const redis = await startRedis();
    const { link, window } = await windowAt(redis.url);
    await window.take(90, 100);
    await age({ link }, 300_000);
    const amounts = async () => (await bucketsAt({ link })).map(([, , amount]) => amount);
    window.add(-20, Date.now() - 100_000);
    window.add(-20, Date.now() - 700_000);
    // Steps of a link are made in order once the server knows their scripts.
    window.add(-10, Date.now() - 300_000);
    await until(async () => (await amounts())[0] === 80);
    window.add(-20, Date.now() - 100_000);
    window.add(-20, Date.now() - 700_000);
    expect(await window.take(1, 100)).toBe(true);
    expect(await amounts()).toEqual([80, 1]);
  });

  it("takes nothing back from others of what it took while Redis was gone", async () => {
    const redis = await startRedis();
    const one = await windowAt(redis.url);
    const other = await windowAt(redis.url);
    await redis.kill();
    await until(() => !one.link.isUp());
    const takenMs = Date.now();
    expect(await one.window.take(60, 100)).toBe(true);
    await redis.restart();
    await until(() => one.link.isUp() && other.link.isUp());
    expect(await other.window.take(70, 100)).toBe(true);
    one.window.add(-60, takenMs);
    await one.window.take(0, 100);
    expect((await bucketsAt(other)).map(([, , amount]) => amount)).toEqual([70]);
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
