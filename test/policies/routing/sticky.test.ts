import { describe, expect, it, vi } from "vitest";
import type { WeightedTarget } from "../../../src/config/settings.ts";
import { listByWeight } from "../../../src/policies/routing/choice/draws.ts";
import { roundFrom } from "../../../src/policies/routing/choice/ring.ts";
import { type Setup, send, setUp, statusOf } from "./routed-gateway.ts";

const at = (index: number, weight = 1): WeightedTarget => ({
  provider: `p${index}`,
  model: "m",
  weight,
});
const keys = Array.from({ length: 20_000 }, (_, index) => `key ${index}`);
const firstOf = (targets: readonly WeightedTarget[], key: string) => {
  const [first] = roundFrom(listOf(targets), key);
  return first?.provider;
};
const lists = new Map<readonly WeightedTarget[], ReturnType<typeof listByWeight>>();
const listOf = (targets: readonly WeightedTarget[]) => {
  const list = lists.get(targets) ?? listByWeight(targets);
  lists.set(targets, list);
  return list;
};

describe("the ring of a model's targets", () => {
  it("gives keys to targets by weight", () => {
    const targets = [at(0, 1), at(1, 1), at(2, 2)];
    const counts: Record<string, number> = {};
    for (const key of keys) {
      const first = firstOf(targets, key) ?? "";
      counts[first] = (counts[first] ?? 0) + 1;
    }
    for (const { provider, weight } of targets)
      expect(Math.abs((counts[provider] ?? 0) / keys.length - weight / 4)).toBeLessThan(0.06);
  });

  it("moves only the keys of a target that goes", () => {
    const targets = Array.from({ length: 10 }, (_, index) => at(index));
    const fewer = targets.slice(0, 9);
    let moved = 0;
    for (const key of keys) {
      const before = firstOf(targets, key);
      if (before === firstOf(fewer, key)) continue;
      expect(before).toBe("p9");
      moved += 1;
    }
    expect(moved / keys.length).toBeLessThan(0.2);
  });

  it("passes each target once", () => {
    for (const count of [1, 2, 7, 1000]) {
      const targets = Array.from({ length: count }, (_, index) => at(index, 1 + (index % 3)));
      expect(new Set(roundFrom(listOf(targets), "key")).size).toBe(count);
      expect([...roundFrom(listOf(targets), "key")]).toHaveLength(count);
    }
  });
});

const model = (sticky: string, more = "") =>
  `  - { name: m, strategy: STICKY, ${sticky === "" ? "" : `sticky: { ${sticky} },`} targets: [{ model: a/x }, { model: b/x }, { model: c/x }] ${more} }`;

async function triedBy(setup: Setup, body: object, headers = {}): Promise<string> {
  const before = setup.tried().length;
  await statusOf(send(setup, { body, headers }));
  return setup.tried().slice(before);
}

const says = (content: string, ...more: string[]) => ({
  messages: [
    { role: "system", content: "You are terse." },
    { role: "user", content },
    ...more.flatMap((next) => [
      { role: "assistant", content: "well" },
      { role: "user", content: next },
    ]),
  ],
});

describe("a sticky model", () => {
  const kinds: readonly (readonly [string, string, (index: number) => object, object?])[] = [
    ["user", "on: USER", (index) => ({ user: `u${index}` })],
    ["session", "on: SESSION", (index) => ({ metadata: { session_id: `s${index}` } })],
    ["prompt", "", (index) => says(`question ${index}`)],
  ];
  for (const [what, sticky, bodyOf] of kinds)
    it(`has calls of one ${what} stay at one target, and spreads others`, async () => {
      const setup = await setUp(model(sticky), {});
      const seen = new Set<string>();
      for (let index = 0; index < 12; index += 1) {
        const first = await triedBy(setup, bodyOf(index));
        expect(await triedBy(setup, bodyOf(index))).toBe(first);
        seen.add(first);
      }
      expect([...seen].sort().join("")).toBe("abc");
    });

  it("has all turns of a conversation at one target, by its prompt", async () => {
    const setup = await setUp(model(""), {});
    for (let index = 0; index < 6; index += 1) {
      const first = await triedBy(setup, says(`question ${index}`));
      expect(await triedBy(setup, says(`question ${index}`, "and then?", "why?"))).toBe(first);
    }
  });

  it("goes by a header before all else, and draws a call that has nothing to go by", async () => {
    const setup = await setUp(model("on: USER, header: X-Conversation"), {});
    const first = await triedBy(setup, { user: "u1" }, { "x-conversation": "c1" });
    for (const user of ["u2", "u3", "u4"])
      expect(await triedBy(setup, { user }, { "x-conversation": "c1" })).toBe(first);
    expect(await triedBy(setup, {})).toBe("a");
  });

  it("stays where it was answered after a failure, until the time is over", async () => {
    const setup = await setUp(model("on: USER, ttl: 60s"), {});
    const body = { user: "u1" };
    const home = await triedBy(setup, body);
    setup.vendors[home]?.script.push(500);
    const tried = await triedBy(setup, body);
    expect(tried[0]).toBe(home);
    const other = tried.slice(1);
    expect(other).toHaveLength(1);
    for (let call = 0; call < 3; call += 1) {
      setup.clock.advance(50_000);
      expect(await triedBy(setup, body)).toBe(other);
    }
    setup.clock.advance(60_001);
    expect(await triedBy(setup, body)).toBe(home);
  });

  it("has others help a target that has more than its share of the calls", async () => {
    const setup = await setUp(model("on: USER"), {
      a: Array.from({ length: 20 }, () => "held" as const),
      b: Array.from({ length: 20 }, () => "held" as const),
      c: Array.from({ length: 20 }, () => "held" as const),
    });
    const calls: Promise<number>[] = [];
    const counts = () => ["a", "b", "c"].map((name) => setup.vendors[name]?.models.length ?? 0);
    for (let call = 1; call <= 18; call += 1) {
      calls.push(statusOf(send(setup, { body: { user: "u1" } })));
      await vi.waitUntil(() => counts().reduce((sum, count) => sum + count, 0) === call, 20_000);
    }
    // 1.25 times the share of 18 calls, rounded up.
    expect(Math.max(...counts())).toBeLessThanOrEqual(8);
    for (const vendor of Object.values(setup.vendors)) vendor.release();
    await Promise.all(calls);
  });

  it("says why in the reply", async () => {
    const setup = await setUp(model("on: USER"), {});
    const reply = await send(setup, { body: { user: "u1" } });
    await reply.text();
    expect(reply.headers.get("x-parlance-why")).toContain("place 1 on the ring of the key");
  });
});
