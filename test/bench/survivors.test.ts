import { expect, it } from "vitest";
import { countSurvivors, promotedIn } from "../../bench/survivors.ts";

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

it("takes nothing off when a sweep frees old bytes within a minor collection", () => {
  const spaces = (old: number) => ({
    heapSpaceStatistics: [
      { spaceName: "new_space", spaceUsedSize: 1_000 - old },
      { spaceName: "old_space", spaceUsedSize: old },
    ],
  });
  const collection = (gcType: string, before: number, after: number) => ({
    gcType,
    beforeGC: spaces(before),
    afterGC: spaces(after),
  });
  expect(
    promotedIn([
      collection("Scavenge", 100, 130),
      collection("Scavenge", 130, 20),
      collection("MarkSweepCompact", 20, 500),
    ]),
  ).toBe(30);
});
