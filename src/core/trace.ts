import type { Target } from "./call.ts";
import type { Fault } from "./fault.ts";

/** One try at one target, as it is recorded. */
export interface AttemptRecord {
  readonly target: Target;
  readonly dialect: string;
  /** From the request sent to the first event in hand, or to the failure; in microseconds. */
  readonly durationUs: number;
  readonly fault?: Fault;
  /** The vendor's HTTP status; 0 where there was none. */
  readonly status: number;
}

/** What is recorded of one call as it goes: the one mutable thing about it. Times are of a monotonic clock. */
export interface Trace {
  readonly startedMs: number;
  /** The stages entered, in order; a stage that is entered for each attempt is there for each. */
  readonly stages: readonly string[];
  readonly attempts: readonly AttemptRecord[];
  /** The name of who calls; undefined until that is known. */
  readonly principal: string | undefined;
  identify(principal: string): void;
  enter(stage: string): void;
  attempt(record: AttemptRecord): void;
  /** Time since the start that was not spent waiting for a vendor, in whole microseconds. */
  overheadUs(): number;
}

/** Starts a trace. `nowMs` is a monotonic clock in milliseconds with fractions, such as `performance.now`. */
export function createTrace(nowMs: () => number): Trace {
  const startedMs = nowMs();
  const stages: string[] = [];
  const attempts: AttemptRecord[] = [];
  let principal: string | undefined;
  return {
    startedMs,
    stages,
    attempts,
    get principal() {
      return principal;
    },
    identify: (name) => {
      principal = name;
    },
    enter: (stage) => {
      stages.push(stage);
    },
    attempt: (record) => {
      attempts.push(record);
    },
    overheadUs: () => {
      const waited = attempts.reduce((sum, attempt) => sum + attempt.durationUs, 0);
      return Math.max(0, Math.round((nowMs() - startedMs) * 1000 - waited));
    },
  };
}
