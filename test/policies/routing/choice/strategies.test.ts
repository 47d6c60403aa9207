import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Strategy } from "../../../../gen/parlance/config/v1/strategy_pb.js";
import type { WeightedTarget } from "../../../../src/config/settings.ts";
import { listByWeight } from "../../../../src/policies/routing/choice/draws.ts";
import type { Choice } from "../../../../src/policies/routing/choice/level.ts";
import { pickBy } from "../../../../src/policies/routing/choice/strategies.ts";
import { createLatency } from "../../../../src/policies/routing/latency.ts";

const at = (provider: string, weight = 1): WeightedTarget => ({ provider, model: "m", weight });
const three = [at("a"), at("b"), at("c")];

/** What is known of each target, by provider. */
interface Known {
  readonly underWay?: Readonly<Record<string, number>>;
  readonly expected?: Readonly<Record<string, number>>;
  readonly used?: Readonly<Record<string, number>>;
}

function order(
  strategy: Strategy,
  targets: readonly WeightedTarget[],
  { underWay = {}, expected = {}, used = {} }: Known,
  random = 0,
) {
  const picks = pickBy(
    { list: listByWeight(targets), strategy, stream: true, admits: () => true },
    {
      random: () => random,
      underWay: ({ provider }) => underWay[provider] ?? 0,
      expectedMs: ({ provider }) => expected[provider],
      usedShare: ({ provider }) => used[provider] ?? 0,
      prices: () => undefined,
      answerTokens: () => undefined,
      pinned: () => undefined,
    },
  );
  const choices: Choice[] = [];
  for (let one = picks(); one !== undefined; one = picks()) choices.push(one);
  return choices.map(({ target, why }) => `${target.provider}: ${why}`);
}

describe("the order of targets", () => {
  const { LEAST_BUSY, LOWEST_LATENCY, USAGE } = Strategy;
  const cases: readonly (readonly [
    title: string,
    strategy: Strategy,
    targets: readonly WeightedTarget[],
    known: Known,
    expected: readonly string[],
  ])[] = [
    [
      "is by the calls under way",
      LEAST_BUSY,
      three,
      { underWay: { a: 2, b: 1, c: 3 } },
      ["b: 1 calls under way", "a: 2 calls under way", "c: 3 calls under way"],
    ],
    [
      "is by the calls under way for each weight",
      LEAST_BUSY,
      [at("a", 4), at("b")],
      { underWay: { a: 3, b: 1 } },
      ["a: 3 calls under way", "b: 1 calls under way"],
    ],
    [
      "is by the share of a minute that is used",
      USAGE,
      three,
      { used: { a: 0.5, b: 0.25, c: 0.3 } },
      [
        "b: 25.0 % of its minute used",
        "c: 30.0 % of its minute used",
        "a: 50.0 % of its minute used",
      ],
    ],
    [
      "is by latency of the first two that are drawn",
      LOWEST_LATENCY,
      three,
      { expected: { a: 300, b: 200, c: 100 } },
      [
        "b: 200 ms for the first token, 0 calls under way",
        "c: 100 ms for the first token, 0 calls under way",
        "a: 300 ms for the first token, 0 calls under way",
      ],
    ],
    [
      "weighs latency by the calls under way",
      LOWEST_LATENCY,
      [at("a"), at("b")],
      { expected: { a: 3, b: 4 }, underWay: { a: 1 } },
      [
        "b: 4.0 ms for the first token, 0 calls under way",
        "a: 3.0 ms for the first token, 1 calls under way",
      ],
    ],
    [
      "begins with a target that nothing is known of",
      LOWEST_LATENCY,
      [at("a"), at("b")],
      { expected: { a: 3 } },
      [
        "b: not known how fast, 0 calls under way",
        "a: 3.0 ms for the first token, 0 calls under way",
      ],
    ],
    [
      "does not begin with it while a call finds out",
      LOWEST_LATENCY,
      [at("a"), at("b")],
      { expected: { b: 3000 }, underWay: { a: 1 } },
      [
        "b: 3000 ms for the first token, 0 calls under way",
        "a: not known how fast, 1 calls under way",
      ],
    ],
  ];
  for (const [title, strategy, targets, known, expected] of cases)
    it(title, () => expect(order(strategy, targets, known)).toEqual(expected));

  it("holds each target once, whatever is known", () => {
    const numbers = fc.dictionary(fc.constantFrom("a", "b", "c"), fc.nat(1000));
    const strategies = fc.constantFrom(
      Strategy.UNSPECIFIED,
      Strategy.WEIGHTED,
      Strategy.PRIORITY,
      LEAST_BUSY,
      LOWEST_LATENCY,
      USAGE,
    );
    const random = fc.double({ min: 0, max: 0.999, noNaN: true });
    fc.assert(
      fc.property(strategies, numbers, numbers, random, (strategy, underWay, expected, draw) => {
        const all = order(strategy, three, { underWay, expected }, draw);
        return (
          all
            .map((one) => one[0])
            .sort()
            .join("") === "abc"
        );
      }),
    );
  });
});

describe("the latency of a target", () => {
  const target = at("a");
  const setUp = () => {
    let nowMs = 0;
    const latency = createLatency(() => nowMs);
    return {
      latency,
      pass: (ms: number) => {
        nowMs += ms;
      },
      note: (
        waitedMs: number,
        more: { stream?: boolean; answered?: boolean; late?: boolean; tokens?: number } = {},
      ) =>
        latency.note({
          target,
          stream: more.stream ?? true,
          waitedMs,
          answered: more.answered ?? more.late !== true,
          late: more.late ?? false,
          outputTokens: more.tokens,
        }),
    };
  };

  it("is unknown at first, and of other kinds of calls", () => {
    const { latency, note } = setUp();
    expect(latency.expectedMs(target, true)).toBeUndefined();
    note(100);
    expect(latency.expectedMs(target, true)).toBe(100);
    expect(latency.expectedMs(target, false)).toBeUndefined();
  });

  it("rises at once and falls slowly", () => {
    const { latency, note, pass } = setUp();
    note(100);
    note(500);
    expect(latency.expectedMs(target, true)).toBe(500);
    pass(1000);
    note(100);
    const after = latency.expectedMs(target, true) ?? 0;
    expect(after).toBeGreaterThan(400);
    expect(after).toBeLessThan(500);
  });

  it("is forgotten where nothing is heard, so that the target is tried again", () => {
    const { latency, note, pass } = setUp();
    note(1000);
    pass(30_000);
    expect(latency.expectedMs(target, true)).toBeLessThan(60);
  });

  it("is that of each token where the answer comes whole", () => {
    const { latency, note } = setUp();
    note(1000, { stream: false, tokens: 100 });
    expect(latency.expectedMs(target, false)).toBe(10);
  });

  it("is at least what was waited in vain, and not less than is known", () => {
    const { latency, note } = setUp();
    note(100);
    note(50, { answered: false });
    expect(latency.expectedMs(target, true)).toBe(100);
    note(2000, { answered: false });
    expect(latency.expectedMs(target, true)).toBe(2000);
  });

  it("is twice as long for each call in a row that was late", () => {
    const { latency, note } = setUp();
    note(100);
    for (const expected of [600, 1200, 2400]) {
      note(300, { late: true });
      expect(latency.expectedMs(target, true)).toBe(expected);
    }
    for (let call = 1; call <= 10; call += 1) note(300, { late: true });
    expect(latency.expectedMs(target, true)).toBe(300 * 64);
    note(100);
    note(30_000, { late: true });
    expect(latency.expectedMs(target, true)).toBe(60_000);
  });

  it("has a 95th percentile that calls count for which were above it, and late ones", () => {
    const { latency, note } = setUp();
    for (let ms = 1; ms <= 100; ms += 1) note(ms);
    for (let call = 1; call <= 10; call += 1) note(5, { answered: false });
    expect(latency.p95Ms(target, true)).toBe(95);
    for (let call = 1; call <= 5; call += 1) note(96, { answered: false });
    expect(latency.p95Ms(target, true)).toBe(96);
    for (let call = 1; call <= 5; call += 1) note(300, { late: true });
    expect(latency.p95Ms(target, true)).toBe(100);
  });

  it("has a 95th percentile of the last hundred, once twenty are known", () => {
    const { latency, note } = setUp();
    for (let ms = 1; ms <= 19; ms += 1) note(ms);
    expect(latency.p95Ms(target, true)).toBeUndefined();
    for (let ms = 20; ms <= 100; ms += 1) note(ms);
    expect(latency.p95Ms(target, true)).toBe(95);
    for (let ms = 101; ms <= 200; ms += 1) note(ms);
    expect(latency.p95Ms(target, true)).toBe(195);
  });
});
