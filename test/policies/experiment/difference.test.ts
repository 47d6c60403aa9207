import { describe, expect, it } from "vitest";
import {
  type Moments,
  meanDifference,
  proportionDifference,
} from "../../../src/policies/experiment/difference.ts";
import { studentT975 } from "../../../src/policies/experiment/student-t.ts";

describe("the interval of a difference of proportions", () => {
  // Newcombe 1998, table II, method 10.
  const rows = [
    [56, 70, 48, 80, 0.0524, 0.3339],
    [9, 10, 3, 10, 0.1705, 0.809],
    [6, 7, 2, 7, 0.0582, 0.8062],
    [5, 56, 0, 29, -0.0381, 0.1926],
    [0, 10, 0, 20, -0.1611, 0.2775],
    [0, 10, 0, 10, -0.2775, 0.2775],
    [10, 10, 0, 20, 0.6791, 1],
    [10, 10, 0, 10, 0.6075, 1],
  ] as const;
  for (const [x1, n1, x2, n2, lower, upper] of rows)
    it(`is that of the paper for ${x1}/${n1} - ${x2}/${n2}`, () => {
      const found = proportionDifference({ hits: x1, of: n1 }, { hits: x2, of: n2 });
      expect(found?.difference).toBeCloseTo(x1 / n1 - x2 / n2, 12);
      expect(found?.lower).toBeCloseTo(lower, 4);
      expect(found?.upper).toBeCloseTo(upper, 4);
    });

  it("is not known of an empty sample", () =>
    expect(proportionDifference({ hits: 0, of: 0 }, { hits: 1, of: 2 })).toBeUndefined());
});

describe("the quantile of Student's t", () => {
  const rows = [
    [1, 12.7062],
    [2, 4.3027],
    [5, 2.5706],
    [10, 2.2281],
    [30, 2.0423],
    [120, 1.9799],
    [1e7, 1.96],
  ] as const;
  for (const [degrees, quantile] of rows)
    it(`is ${quantile} for ${degrees} degrees of freedom`, () =>
      expect(studentT975(degrees)).toBeCloseTo(quantile, 4));

  it("falls as the degrees rise, also between whole numbers", () => {
    const found = [1, 1.5, 2, 2.7, 3, 9.9, 10].map(studentT975);
    expect(found).toEqual([...found].sort((one, other) => other - one));
  });
});

describe("the interval of a difference of means", () => {
  const moments = (values: readonly number[]): Moments => ({
    count: values.length,
    sum: values.reduce((sum, value) => sum + value, 0),
    sumOfSquares: values.reduce((sum, value) => sum + value * value, 0),
  });

  it("is Welch's", () => {
    // Example 2 of https://en.wikipedia.org/wiki/Welch's_t-test: t = -1.57, 9.9 degrees.
    const a = [17.2, 20.9, 22.6, 18.1, 21.7, 21.4, 23.5, 24.2, 14.7, 21.8];
    const b = [
      21.5, 22.8, 21.0, 23.0, 21.6, 23.6, 22.5, 20.7, 23.4, 21.8, 20.7, 21.7, 21.5, 22.5, 23.6,
      21.5, 22.5, 23.5, 21.5, 21.8,
    ];
    const found = meanDifference(moments(a), moments(b));
    expect(found?.difference).toBeCloseTo(-1.525, 3);
    // The error is the difference over t, and 2.23 the quantile at 9.9 degrees.
    expect((found?.upper ?? 0) - (found?.difference ?? 0)).toBeCloseTo(2.16, 1);
    expect(found && found.lower + found.upper).toBeCloseTo(2 * (found?.difference ?? 0), 9);
  });

  it("is a point where nothing varies", () =>
    expect(meanDifference(moments([3, 3]), moments([1, 1, 1]))).toEqual({
      difference: 2,
      lower: 2,
      upper: 2,
    }));

  it("is not known of fewer than two values", () =>
    expect(meanDifference(moments([3]), moments([1, 1]))).toBeUndefined());
});
