import type { Run } from "./run-scenario.ts";

/** What a caller and an operator see of a scenario. */
export interface Measure {
  /** The share of calls that were answered, in percent. */
  readonly success: number;
  /** Milliseconds to the first token of half of the calls; a call that failed counts as Infinity. */
  readonly p50Ms: number;
  /** Milliseconds to the first token of 99 of 100 calls. */
  readonly p99Ms: number;
  /** Dollars for a thousand calls. */
  readonly costUsd: number;
  /** Calls to vendors beyond one for each call, in percent of the calls. */
  readonly extraCalls: number;
}

/** Measures runs of one scenario as if they were one. */
export function measure(runs: readonly Run[]): Measure {
  const waits = sortedWaits(runs);
  const calls = waits.length;
  const sum = (of: (run: Run) => number) => runs.reduce((total, run) => total + of(run), 0);
  return {
    success: (waits.filter(Number.isFinite).length / calls) * 100,
    p50Ms: percentile(waits, 50),
    p99Ms: percentile(waits, 99),
    costUsd: (sum(({ costUsd }) => costUsd) / calls) * 1000,
    extraCalls: (sum(({ vendorCalls }) => vendorCalls) / calls - 1) * 100,
  };
}

/** The times to the first token of all calls, ascending. */
export function sortedWaits(runs: readonly Run[]): readonly number[] {
  return runs
    .flatMap(({ outcomes }) => outcomes.map(({ firstTokenMs }) => firstTokenMs))
    .sort((one, other) => one - other);
}

/** What `percent` of ascending values do not exceed. */
export function percentile(ascending: readonly number[], percent: number): number {
  return ascending[Math.ceil((ascending.length * percent) / 100) - 1] ?? 0;
}
