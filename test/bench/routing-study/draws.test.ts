import { describe, expect, it } from "vitest";
import {
  createDraw,
  type Distribution,
  exponential,
  lognormal,
  pareto,
} from "../../../bench/routing-study/draws.ts";

/** Ascending draws of a distribution. */
function drawMany(distribution: Distribution, count = 20_000): readonly number[] {
  const draw = createDraw(1);
  return Array.from({ length: count }, () => distribution(draw)).sort((one, other) => one - other);
}

/** The value that a share of ascending values do not exceed. */
function quantile(ascending: readonly number[], share: number): number {
  return ascending[Math.floor(ascending.length * share)] ?? 0;
}

describe("a draw", () => {
  it("gives the same numbers for the same seeds, from 0 up to 1", () => {
    const [one, other] = [createDraw(7, 3), createDraw(7, 3)];
    for (let at = 0; at < 1000; at += 1) {
      const value = one();
      expect(value).toBe(other());
      expect(value >= 0 && value < 1).toBe(true);
    }
  });

  it("gives other numbers for each seed, and for seeds in another order", () => {
    const firsts = [[1], [2], [1, 2], [2, 1], [0, 1], [1, 0]].map((seeds) =>
      createDraw(...seeds)(),
    );
    expect(new Set(firsts).size).toBe(firsts.length);
  });
});

describe("a distribution", () => {
  it("lognormal has its median, and its spread", () => {
    const waits = drawMany(lognormal(300, 0.35));
    expect(quantile(waits, 0.5)).toBeCloseTo(300, -1);
    expect(quantile(waits, 0.8413) / 300).toBeCloseTo(Math.exp(0.35), 1);
  });

  it("pareto has its tail, and its bound", () => {
    const waits = drawMany(pareto(100, { scale: 200, alpha: 1, max: 10_000 }));
    expect(waits[0]).toBeGreaterThanOrEqual(300);
    expect(quantile(waits, 0.9)).toBeGreaterThan(1900);
    expect(quantile(waits, 0.9)).toBeLessThan(2300);
    expect(waits.at(-1)).toBe(10_000);
  });

  it("exponential has its mean", () => {
    const waits = drawMany(exponential(50));
    expect(waits.reduce((sum, wait) => sum + wait, 0) / waits.length).toBeCloseTo(50, -1);
  });
});
