import { describe, expect, it, onTestFinished } from "vitest";
import { createRedisEntries } from "../../../src/state/redis/redis-entries.ts";
import { MemorySlots, type Slots } from "../../../src/state/state.ts";
import { linked } from "../../redis/linked.ts";
import { type RedisServer, startRedis } from "../../redis/start-redis.ts";
import { until } from "../../redis/until.ts";

/** A gateway: its number, and the slots that its threads share. */
interface Threads {
  readonly number: number;
  readonly listener: Slots;
}

/** A thread of a gateway with what it has heard of others. */
async function startThread({ url }: RedisServer, { number, listener }: Threads) {
  const { link } = linked({ url: { value: url } });
  const heard = new Map<string, string>();
  const entries = createRedisEntries({
    redis: link,
    kind: "things",
    listener,
    gateway: () => number,
    onEntry: ({ name, text }) => void heard.set(name, text),
    isKept: () => true,
  });
  onTestFinished(() => entries.close());
  await until(() => link.isUp());
  return { entries, heard };
}

const threads = (number: number): Threads => ({ number, listener: new MemorySlots() });

describe("entries that gateways share", () => {
  it("outlive the thread that wrote them and a Redis that is emptied", async () => {
    const redis = await startRedis();
    const gateway = threads(1);
    const first = await startThread(redis, gateway);
    const second = await startThread(redis, gateway);
    second.entries.write("by the second", "2");
    first.entries.write("by the first", "1");
    const other = await startThread(redis, threads(2));
    await until(() => other.heard.size === 2);
    second.entries.close();
    // The first thread listens: it has read what the second wrote once it has read what came after.
    first.entries.write("later", "3");
    await until(() => other.heard.size === 3);
    await until(() => gateway.listener.held() === 1);
    await redis.command("FLUSHALL");
    const late = await startThread(redis, threads(3));
    await until(() => late.heard.size === 3);
    expect(Object.fromEntries(late.heard)).toEqual({
      "by the first": "1",
      "by the second": "2",
      later: "3",
    });
    expect(first.heard.size).toBe(0);
  });

  it("outlive the thread that listened, by the next one that does", async () => {
    const redis = await startRedis();
    const gateway = threads(1);
    const first = await startThread(redis, gateway);
    await until(() => gateway.listener.held() === 1);
    first.entries.write("by the first", "1");
    const other = await startThread(redis, threads(2));
    await until(() => other.heard.size === 1);
    first.entries.close();
    const second = await startThread(redis, gateway);
    await until(() => gateway.listener.held() === 1);
    other.entries.write("by another", "2");
    await until(() => second.heard.size === 1);
    await redis.command("FLUSHALL");
    const late = await startThread(redis, threads(3));
    await until(() => late.heard.size === 2);
  });

  it("are written again where Redis is there and did not take them", async () => {
    const redis = await startRedis();
    const one = await startThread(redis, threads(1));
    const other = await startThread(redis, threads(2));
    one.entries.write("before", "1");
    await until(() => other.heard.size === 1);
    await redis.command("CONFIG", "SET", "maxmemory", "1");
    one.entries.write("refused", "2");
    await expect(redis.command("SET", "any", "thing")).rejects.toThrow("OOM");
    await redis.command("CONFIG", "SET", "maxmemory", "0");
    await until(() => other.heard.has("refused"));
  });
});
