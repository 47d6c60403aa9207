import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { median, percentile } from "../../bench/statistics.ts";

describe("statistics", () => {
  const middles: readonly (readonly [
    title: string,
    values: readonly number[],
    expected: number,
  ])[] = [
    ["the middle of an odd count is the value in the middle", [9, 1, 5], 5],
    ["the middle of an even count is the mean of the two in the middle", [1, 10, 3, 5], 4],
    ["the middle of one value is that value", [7], 7],
    ["nothing has no middle", [], Number.NaN],
  ];
  for (const [title, values, expected] of middles) {
    it(title, () => expect(median(values)).toBe(expected));
  }

  const ranks: readonly (readonly [title: string, share: number, expected: number])[] = [
    ["half lie at or below p50", 0.5, 50],
    ["99 of 100 lie at or below p99", 0.99, 99],
    ["all lie at or below p100", 1, 100],
    ["p0 is the least", 0, 1],
  ];
  const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
  for (const [title, share, expected] of ranks) {
    it(title, () => expect(percentile(hundred, share)).toBe(expected));
  }

  it("a percentile is one of the values, and enough of them lie at or below it", () => {
    const values = fc.array(fc.integer(), { minLength: 1 });
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(values, share, (all, part) => {
        const value = percentile(all, part);
        expect(all).toContain(value);
        expect(all.filter((other) => other <= value).length).toBeGreaterThanOrEqual(
          part * all.length,
        );
      }),
    );
  });
});
