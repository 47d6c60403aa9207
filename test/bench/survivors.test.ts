import { expect, it } from "vitest";
import { countSurvivors } from "../../bench/survivors.ts";

it("counts what outlives minor collections, and nothing of what does not", () => {
  const survivors = countSurvivors();
  const kept: number[][] = [];
  // The new space is filled over and over, so that what is kept has to move.
  for (let index = 0; index < 200_000; index += 1) {
    const made = new Array<number>(100).fill(index);
    if (index % 20 === 0) kept.push(made);
  }
  const promoted = survivors.promotedBytes();
  expect(kept).toHaveLength(10_000);
  expect(promoted).toBeGreaterThan(4_000_000);
  expect(promoted).toBeLessThan(40_000_000);
});

it("goes on from where it was", () => {
  const survivors = countSurvivors();
  const first = survivors.promotedBytes();
  expect(survivors.promotedBytes()).toBeGreaterThanOrEqual(first);
});
