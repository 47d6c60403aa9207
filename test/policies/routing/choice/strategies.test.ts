import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Strategy } from "../../../../gen/parlance/config/v1/strategy_pb.js";
import type { WeightedTarget } from "../../../../src/config/settings.ts";
import { listByWeight } from "../../../../src/policies/routing/choice/draws.ts";
import type { Choice } from "../../../../src/policies/routing/choice/level.ts";
import { pickBy } from "../../../../src/policies/routing/choice/strategies.ts";
import type { Speed } from "../../../../src/policies/routing/latency/latency.ts";

const at = (provider: string, weight = 1): WeightedTarget => ({ provider, model: "m", weight });
const three = [at("a"), at("b"), at("c")];

/** What is known of each target, by provider. */
interface Known {
  readonly underWay?: Readonly<Record<string, number>>;
  /** Milliseconds to the first token, or more of its speed. */
  readonly speeds?: Readonly<Record<string, number | Speed>>;
  readonly answer?: number;
  readonly bound?: number;
  readonly stream?: boolean;
  readonly used?: Readonly<Record<string, number>>;
}

function order(
  strategy: Strategy,
  targets: readonly WeightedTarget[],
  { underWay = {}, speeds = {}, used = {}, answer, bound, stream = true }: Known,
  random = 0,
) {
  const picks = pickBy(
    {
      list: listByWeight(targets),
      strategy,
      stream,
      admits: () => true,
      outputBound: () => bound,
    },
    {
      random: () => random,
      underWay: ({ provider }) => underWay[provider] ?? 0,
      speed({ provider }) {
        const speed = speeds[provider];
        return typeof speed === "number" ? { firstTokenMs: speed, tokenMs: undefined } : speed;
      },
      usedShare: ({ provider }) => used[provider] ?? 0,
      prices: () => undefined,
      answerTokens: () => answer,
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
      { speeds: { a: 300, b: 200, c: 100 } },
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
      { speeds: { a: 3, b: 4 }, underWay: { a: 1 } },
      [
        "b: 4.0 ms for the first token, 0 calls under way",
        "a: 3.0 ms for the first token, 1 calls under way",
      ],
    ],
    [
      "begins with a target that nothing is known of",
      LOWEST_LATENCY,
      [at("a"), at("b")],
      { speeds: { a: 3 } },
      [
        "b: not known how fast, 0 calls under way",
        "a: 3.0 ms for the first token, 0 calls under way",
      ],
    ],
    [
      "does not begin with it while a call finds out",
      LOWEST_LATENCY,
      [at("a"), at("b")],
      { speeds: { b: 3000 }, underWay: { a: 1 } },
      [
        "b: 3000 ms for the first token, 0 calls under way",
        "a: not known how fast, 1 calls under way",
      ],
    ],
    [
      "is by the time of the whole answer, as long as answers usually are",
      LOWEST_LATENCY,
      [at("a"), at("b")],
      {
        speeds: { a: { firstTokenMs: 50, tokenMs: 30 }, b: { firstTokenMs: 400, tokenMs: 5 } },
        answer: 100,
      },
      [
        "b: 400 ms for the first token, 5.0 ms for each of 100 tokens, 0 calls under way",
        "a: 50 ms for the first token, 30 ms for each of 100 tokens, 0 calls under way",
      ],
    ],
    [
      "is by the first token where the call bounds its answer to a few",
      LOWEST_LATENCY,
      [at("a"), at("b")],
      {
        speeds: { a: { firstTokenMs: 50, tokenMs: 30 }, b: { firstTokenMs: 400, tokenMs: 5 } },
        answer: 100,
        bound: 3,
      },
      [
        "a: 50 ms for the first token, 30 ms for each of 3 tokens, 0 calls under way",
        "b: 400 ms for the first token, 5.0 ms for each of 3 tokens, 0 calls under way",
      ],
    ],
    [
      "takes a target whose streams are not over yet to be as fast as the other",
      LOWEST_LATENCY,
      [at("a"), at("b")],
      { speeds: { a: 60, b: { firstTokenMs: 50, tokenMs: 30 } }, answer: 10 },
      [
        "b: 50 ms for the first token, 30 ms for each of 10 tokens, 0 calls under way",
        "a: 60 ms for the first token, 0 calls under way",
      ],
    ],
    [
      "is by the time of each token where answers come whole",
      LOWEST_LATENCY,
      [at("a"), at("b")],
      {
        speeds: { a: { firstTokenMs: 0, tokenMs: 30 }, b: { firstTokenMs: 0, tokenMs: 5 } },
        answer: 10,
        stream: false,
      },
      [
        "b: 5.0 ms for each of 10 tokens, 0 calls under way",
        "a: 30 ms for each of 10 tokens, 0 calls under way",
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
      fc.property(strategies, numbers, numbers, random, (strategy, underWay, speeds, draw) => {
        const all = order(strategy, three, { underWay, speeds }, draw);
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
