import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bucketCount, bucketOf, quantileMs } from "../../../src/policies/experiment/log-buckets.ts";

function quantileOf(times: readonly number[], share: number): number | undefined {
  const counts = new Map<number, number>();
  for (const time of times) counts.set(bucketOf(time), (counts.get(bucketOf(time)) ?? 0) + 1);
  return quantileMs((bucket) => counts.get(bucket) ?? 0, share);
}

describe("a histogram of times", () => {
  it("knows every quantile to 5 percent", () => {
    const times = fc.array(fc.double({ min: 0.1, max: 3_600_000, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(times, fc.double({ min: 0, max: 1, noNaN: true }), (all, share) => {
        const sorted = [...all].sort((one, other) => one - other);
        const exact = sorted[Math.max(0, Math.ceil(share * all.length) - 1)] ?? 0;
        const found = quantileOf(all, share) ?? 0;
        expect(Math.abs(found - exact) / exact).toBeLessThan(0.05);
      }),
    );
  });

  it("has a bucket for every number", () => {
    for (const time of [-1, 0, Number.NaN, 1e-9, 1e9, Number.POSITIVE_INFINITY]) {
      expect(bucketOf(time)).toBeGreaterThanOrEqual(0);
      expect(bucketOf(time)).toBeLessThan(bucketCount);
    }
  });

  it("has no quantile of nothing", () => expect(quantileOf([], 0.5)).toBeUndefined());
});
