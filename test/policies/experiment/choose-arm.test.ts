import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ExperimentUnit } from "../../../gen/parlance/config/v1/experiment_pb.js";
import {
  armAt,
  pointOf,
  armOf as rememberedArm,
} from "../../../src/policies/experiment/choose-arm.ts";

const armsOf = (...shares: readonly number[]) =>
  shares.map((share, index) => ({ name: String(index), share }));
const armOf = (shares: readonly number[], unit: string, salt = "s") =>
  Number(armAt(armsOf(...shares), pointOf(salt, unit)).name);
const units = Array.from({ length: 20_000 }, (_, index) => `unit-${index}`);

describe("the arm of a unit", () => {
  for (const shares of [
    [9_000, 1_000],
    [5_000, 5_000],
    [3_334, 3_333, 3_333],
    [2_500, 2_500, 2_500, 2_500],
    [9_999, 1],
    [0, 10_000],
    [1_000, 0, 9_000],
  ])
    it(`is one of ${shares} hundredths of a percent as often as its share says`, () => {
      const counts = shares.map(() => 0);
      for (const unit of units)
        counts[armOf(shares, unit)] = (counts[armOf(shares, unit)] ?? 0) + 1;
      for (const [index, share] of shares.entries()) {
        const p = share / 10_000;
        // Five standard deviations of the binomial distribution.
        const reach = 5 * Math.sqrt(units.length * p * (1 - p));
        expect(Math.abs((counts[index] ?? 0) - units.length * p)).toBeLessThanOrEqual(reach);
      }
    });

  it("is the same each time, and another split with another salt", () => {
    const first = units.map((unit) => armOf([5_000, 5_000], unit));
    expect(units.map((unit) => armOf([5_000, 5_000], unit))).toEqual(first);
    const other = units.map((unit) => armOf([5_000, 5_000], unit, "t"));
    const same = other.filter((arm, index) => arm === first[index]).length;
    expect(Math.abs(same - units.length / 2)).toBeLessThan(5 * Math.sqrt(units.length / 4));
  });

  it("is what its point falls to, remembered or not", () => {
    const arms = armsOf(3_000, 7_000);
    const experiment = { name: "e", version: "1", unit: ExperimentUnit.USER, salt: "s", arms };
    // More units than are remembered, and the first ones again.
    for (const unit of [...units.slice(0, 1_500), ...units.slice(0, 1_500)])
      expect(rememberedArm(experiment, unit)).toBe(armAt(arms, pointOf("s", unit)));
  });

  it("stays where it is as an arm grows, unless it moves from the first to that one", () => {
    const split = fc
      .record({ one: fc.nat(5_000), other: fc.nat(5_000), raised: fc.nat(5_000) })
      .filter(({ one, other, raised }) => one + other + raised <= 10_000);
    fc.assert(
      fc.property(split, fc.constantFrom(1, 2), ({ one, other, raised }, which) => {
        const before = [10_000 - one - other, one, other];
        const after = [10_000 - one - other - raised, one, other];
        after[which] = (after[which] ?? 0) + raised;
        for (const unit of units.slice(0, 300)) {
          const [was, is] = [armOf(before, unit), armOf(after, unit)];
          if (was !== is) expect([was, is]).toEqual([0, which]);
        }
      }),
    );
  });

  it("keeps every unit of an arm that grows among many", () => {
    const before = [6_000, 1_000, 1_000, 1_000, 1_000];
    for (const which of [1, 2, 3, 4]) {
      const after = before.map((share, at) => share + (at === which ? 500 : at === 0 ? -500 : 0));
      for (const unit of units.slice(0, 2_000))
        if (armOf(before, unit) === which) expect(armOf(after, unit)).toBe(which);
      const moved = units.filter((unit) => armOf(before, unit) !== armOf(after, unit)).length;
      expect(moved / units.length).toBeLessThan(2 * 0.05 + 0.01);
    }
  });
});
