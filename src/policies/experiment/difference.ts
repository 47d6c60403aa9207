import { studentT975 } from "./student-t.ts";

/** A difference with the bounds of its confidence interval of 95 percent. */
export interface Difference {
  readonly difference: number;
  readonly lower: number;
  readonly upper: number;
}

/** How many of so many. */
export interface Proportion {
  readonly hits: number;
  readonly of: number;
}

/** A sample, as far as its mean and its variance depend on it. */
export interface Moments {
  readonly count: number;
  readonly sum: number;
  readonly sumOfSquares: number;
}

/** The quantile of the normal distribution that leaves 2.5 percent at each end. */
const z = 1.959963984540054;

/**
 * One proportion minus another, by Newcombe's hybrid score method without continuity correction,
 * which holds for small samples and for proportions of 0 and 1 too: method 10 of R. G. Newcombe,
 * Interval estimation for the difference between independent proportions, Statistics in Medicine
 * 17 (1998), 873-890. Undefined where a sample is empty.
 */
export function proportionDifference(one: Proportion, other: Proportion): Difference | undefined {
  if (one.of === 0 || other.of === 0) return undefined;
  const [p1, p2] = [one.hits / one.of, other.hits / other.of];
  const [w1, w2] = [wilson(one), wilson(other)];
  const difference = p1 - p2;
  return {
    difference,
    lower: difference - Math.hypot(p1 - w1.lower, w2.upper - p2),
    upper: difference + Math.hypot(w1.upper - p1, p2 - w2.lower),
  };
}

/**
 * The interval of one proportion, by E. B. Wilson, Probable inference, the law of succession, and
 * statistical inference, Journal of the American Statistical Association 22 (1927), 209-212.
 */
function wilson({ hits, of }: Proportion): { readonly lower: number; readonly upper: number } {
  const centre = 2 * hits + z * z;
  const spread = z * Math.sqrt(z * z + 4 * hits * (1 - hits / of));
  const scale = 2 * (of + z * z);
  // Rounding must not carry a bound beyond what it is a bound of.
  return {
    lower: hits === 0 ? 0 : (centre - spread) / scale,
    upper: hits === of ? 1 : (centre + spread) / scale,
  };
}

/**
 * One mean minus another, by Welch's t for samples of unlike variance, with the degrees of freedom
 * of Welch and Satterthwaite: B. L. Welch, The generalization of Student's problem when several
 * different population variances are involved, Biometrika 34 (1947), 28-35. Undefined where a
 * sample has fewer than two values.
 */
export function meanDifference(one: Moments, other: Moments): Difference | undefined {
  if (one.count < 2 || other.count < 2) return undefined;
  const difference = one.sum / one.count - other.sum / other.count;
  const [e1, e2] = [variance(one) / one.count, variance(other) / other.count];
  const error = Math.sqrt(e1 + e2);
  if (error === 0) return { difference, lower: difference, upper: difference };
  const degrees = (e1 + e2) ** 2 / (e1 ** 2 / (one.count - 1) + e2 ** 2 / (other.count - 1));
  const reach = studentT975(degrees) * error;
  return { difference, lower: difference - reach, upper: difference + reach };
}

/** Of the sample; never below 0, where the values are so alike that rounding is all there is. */
function variance({ count, sum, sumOfSquares }: Moments): number {
  return Math.max(0, (sumOfSquares - (sum * sum) / count) / (count - 1));
}
