import type { Comparison } from "./compare.ts";
import type { SpanCost } from "./first-calls.ts";
import type { AddedTime } from "./first-token.ts";
import type { StartTimes } from "./start-times.ts";
import type { WorkerCost } from "./worker-costs.ts";

/** Memory and start of one program. */
export interface ProcessFacts extends StartTimes {
  /** Resident memory before the first call. */
  readonly readyBytes: number;
  /** Resident memory after the 1 KB unary cases, the middle of rounds; NaN when none ran. */
  readonly loadedBytes: number;
  /** The most that was ever resident, in all cases. */
  readonly peakBytes: number;
}

/** Everything a run measured. */
export interface Results {
  /** Machine, Node and effort, to judge the numbers by. */
  readonly setting: Readonly<Record<string, string | number>>;
  readonly comparisons: readonly Comparison[];
  readonly addedTimes: readonly AddedTime[];
  /** Empty where they were left out. */
  readonly workers: readonly WorkerCost[];
  /** Empty where they were left out. */
  readonly firstCalls: readonly SpanCost[];
  readonly bare: ProcessFacts;
  readonly parlance: ProcessFacts;
}
