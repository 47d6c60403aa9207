import type { Comparison } from "./compare.ts";

/** How far the dialects are apart that one body is translated into. */
export interface DialectSpread {
  readonly body: string;
  /** The dialect whose translation costs least, and the one that costs most. */
  readonly fastest: Cost;
  readonly slowest: Cost;
  /** The slowest over the fastest. */
  readonly factor: number;
}

/** What a unit (a request, or a frame of a stream) costs in a dialect. */
export interface Cost {
  readonly dialect: string;
  /**
   * Parlance's CPU time over the bare proxy's in the same rounds, so that what else the machine
   * does falls on all dialects alike.
   */
  readonly ratio: number;
  readonly cpuUs: number;
}

/** Most that the slowest dialect may cost, as a multiple of the fastest. */
export const spreadBudget = 1.5;

/**
 * The spread of each body that at least two dialects were measured with, in the order of the cases.
 */
export function dialectSpreads(
  comparisons: readonly Pick<Comparison, "case" | "parlance" | "ratio">[],
): readonly DialectSpread[] {
  const costs = new Map<string, Cost[]>();
  for (const { case: one, parlance, ratio } of comparisons) {
    if (one.translation === undefined) continue;
    const { body, dialect } = one.translation;
    costs.set(body, [...(costs.get(body) ?? []), { dialect, ratio, cpuUs: parlance.cpuUsPerUnit }]);
  }
  return [...costs].flatMap(([body, measured]) => {
    const sorted = measured.toSorted((left, right) => left.ratio - right.ratio);
    const fastest = sorted[0];
    const slowest = sorted.at(-1);
    if (fastest === undefined || slowest === undefined || fastest === slowest) return [];
    return [{ body, fastest, slowest, factor: slowest.ratio / fastest.ratio }];
  });
}
