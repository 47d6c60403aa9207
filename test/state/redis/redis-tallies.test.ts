import { expect, it, onTestFinished } from "vitest";
import { createRedisTallies } from "../../../src/state/redis/redis-tallies.ts";
import type { SharedTallies, TallyGroup } from "../../../src/state/shared-tallies.ts";
import { createMemoryState, MemorySlots } from "../../../src/state/state.ts";
import { linked } from "../../redis/linked.ts";
import { startRedis } from "../../redis/start-redis.ts";
import { until } from "../../redis/until.ts";

const name = "experiment\0m";
/** The kind and the name as keys have them. */
const scope = "{things:experiment%00m}";

/** A gateway's tallies of one group, of which the places of the second tally count. */
function gateway(url: string, number: number, sinceMs: number) {
  const { link } = linked({ url: { value: url } });
  const { tallies } = createMemoryState();
  const [one, other] = [tallies.open("one"), tallies.open("other")];
  const group: TallyGroup = {
    name,
    sinceMs,
    tallies: [one, other],
    changes: () => one.get(0) + other.get(0),
  };
  const options = { redis: link, kind: "things", gateway: () => number };
  const shared: SharedTallies = createRedisTallies({ ...options, speaker: new MemorySlots() });
  onTestFinished(() => shared.close());
  shared.keep([group]);
  const count = (place: number, by: number): void => {
    other.add(0, 1);
    other.add(place, by);
  };
  const sumOf = async (place: number) => (await shared.sum(group)).tallies[1]?.get(place);
  return { shared, group, count, sumOf };
}

it("add up what gateways count, with all digits", async () => {
  const redis = await startRedis();
  const one = gateway(redis.url, 1, 2000);
  const other = gateway(redis.url, 2, 1000);
  one.count(511, 0.1);
  other.count(511, 0.2);
  other.count(14, 2 ** 53 + 2);
  await until(async () => (await one.sumOf(511)) === 0.1 + 0.2);
  await until(async () => (await one.sumOf(14)) === 2 ** 53 + 2);
  expect(await one.shared.sum(one.group)).toMatchObject({ sinceMs: 1000, allGateways: true });
  await until(async () => (await other.sumOf(511)) === 0.1 + 0.2);
});

it("keep the sums of gateways that ended, and not each of them for ever", async () => {
  const redis = await startRedis();
  const counts = `parlance:${scope}:counts`;
  const written = `parlance:${scope}:written`;
  for (let at = 0; at < 70; at += 1) {
    const text = JSON.stringify([1000 + at, [], [0, 1, 7, 0.25, 9, at]]);
    await redis.command("HSET", counts, `${100 + at}:1`, text);
    // The last ten are of gateways that may only be cut off.
    await redis.command("ZADD", written, at < 60 ? "1" : String(Date.now()), `${100 + at}:1`);
  }
  const one = gateway(redis.url, 1, 5000);
  one.count(7, 0.5);
  await until(async () => (await redis.command("ZCARD", written)) === "64");
  expect(await redis.command("HLEN", counts)).toBe("65");
  expect(await one.sumOf(7)).toBe(70 * 0.25 + 0.5);
  expect(await one.sumOf(9)).toBe((69 * 70) / 2);
  expect((await one.shared.sum(one.group)).sinceMs).toBe(1000);
  // The next one has what was added up before.
  await redis.command("HSET", counts, "900:1", JSON.stringify([900, [], [7, 0.25]]));
  await redis.command("ZADD", written, "1", "900:1");
  one.count(7, 0.5);
  await until(async () => (await redis.command("HLEN", counts)) === "65");
  expect(await one.sumOf(7)).toBe(71 * 0.25 + 1);
  expect((await one.shared.sum(one.group)).sinceMs).toBe(900);
});

it("pass over what they cannot read", async () => {
  const redis = await startRedis();
  const one = gateway(redis.url, 1, 5000);
  one.count(7, 2);
  await until(async () => (await one.shared.sum(one.group)).allGateways);
  for (const [at, text] of ["", "{}", "[1]", '["x",[1],["a","b"],{}]', "[1,[],[7,1]]"].entries())
    await redis.command("HSET", `parlance:${scope}:counts`, `x${at}`, text);
  expect(await one.sumOf(7)).toBe(3);
  expect(await one.sumOf(0)).toBe(1);
});
