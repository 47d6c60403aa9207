import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { WeightedTarget } from "../../../../src/config/settings.ts";
import { Draws, listByWeight } from "../../../../src/policies/routing/choice/draws.ts";
import { seededRandom } from "../../../seeded-random.ts";

const at = (index: number, weight = 1): WeightedTarget => ({
  provider: String(index),
  model: "m",
  weight,
});

function drain(draws: Draws): number[] {
  const order: number[] = [];
  for (let one = draws.next(); one !== undefined; one = draws.next())
    order.push(Number(one.provider));
  return order;
}

describe("draws by weight", () => {
  it("give each target once, but for those that are not admitted", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 1_000_000 }), { minLength: 1, maxLength: 100 }),
        fc.integer(),
        fc.func(fc.boolean()),
        (weights, seed, admits) => {
          const targets = weights.map((weight, index) => at(index, weight));
          const asked: number[] = [];
          const order = drain(
            new Draws(listByWeight(targets), seededRandom(seed), ({ provider }) => {
              asked.push(Number(provider));
              return admits(provider);
            }),
          );
          const all = targets.map((_, index) => index);
          expect(asked.toSorted((one, other) => one - other)).toEqual(all);
          expect(order.toSorted((one, other) => one - other)).toEqual(
            all.filter((index) => admits(String(index))),
          );
        },
      ),
    );
  });

  it("go by what is left, as if those before had never been there", () => {
    const random = seededRandom(7);
    const list = listByWeight([at(0, 5), at(1, 1), at(2, 3), at(3, 1)]);
    const seconds = new Map<string, number>();
    const rounds = 40_000;
    for (let round = 0; round < rounds; round += 1) {
      const [first, second] = drain(new Draws(list, random, () => true));
      const key = `${first}${second}`;
      seconds.set(key, (seconds.get(key) ?? 0) + 1);
    }
    // 5 of 10, then 3 of the 5 that are left; 1 of 10, then 5 of 9.
    expect((seconds.get("02") ?? 0) / rounds).toBeCloseTo((5 / 10) * (3 / 5), 2);
    expect((seconds.get("10") ?? 0) / rounds).toBeCloseTo((1 / 10) * (5 / 9), 2);
  });

  it("spread calls by the weights of those that are admitted", () => {
    const random = seededRandom(11);
    const targets = Array.from({ length: 200 }, (_, index) => at(index, 1 + (index % 4)));
    const list = listByWeight(targets);
    const counts = targets.map(() => 0);
    const rounds = 100_000;
    const admits = ({ provider }: WeightedTarget) => Number(provider) < 8;
    for (let round = 0; round < rounds; round += 1) {
      const first = Number(new Draws(list, random, admits).next()?.provider);
      counts[first] = (counts[first] ?? 0) + 1;
    }
    // The first eight weigh 20 together.
    for (let index = 0; index < 8; index += 1)
      expect((counts[index] ?? 0) / rounds).toBeCloseTo((1 + (index % 4)) / 20, 2);
    expect(counts.slice(8).every((count) => count === 0)).toBe(true);
  });

  it("look at one target where the first is admitted", () => {
    let asked = 0;
    const targets = Array.from({ length: 1000 }, (_, index) => at(index));
    const draws = new Draws(listByWeight(targets), seededRandom(3), () => {
      asked += 1;
      return true;
    });
    expect(draws.next()).toBeDefined();
    expect(asked).toBe(1);
  });
});
