import type { Target } from "./call.ts";
import type { Fault } from "./fault.ts";

/** One try at one target, as it is recorded. */
export interface AttemptRecord {
  readonly target: Target;
  readonly dialect: string;
  /** From the request sent to the first content in hand, or to the failure; in microseconds. */
  readonly durationUs: number;
  readonly fault?: Fault;
  /** The vendor's HTTP status; 0 where there was none. */
  readonly status: number;
}

/**
 * What is recorded of one call as it goes: the one mutable thing about it. Times are of a monotonic
 * clock.
 */
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

/**
 * Starts a trace. `nowMs` is a monotonic clock in milliseconds with fractions, such as
 * `performance.now`.
 */
export function createTrace(nowMs: () => number): Trace {
  return new CallTrace(nowMs);
}

/** A class, because there is one for each call: methods on a prototype are not made anew. */
class CallTrace implements Trace {
  readonly stages: string[] = [];
  readonly attempts: AttemptRecord[] = [];
  principal: string | undefined;
  readonly startedMs: number;
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.startedMs = nowMs();
  }

  identify(principal: string): void {
    this.principal = principal;
  }

  enter(stage: string): void {
    this.stages.push(stage);
  }

  attempt(record: AttemptRecord): void {
    this.attempts.push(record);
  }

  overheadUs(): number {
    const waited = this.attempts.reduce((sum, attempt) => sum + attempt.durationUs, 0);
    return Math.max(0, Math.round((this.#nowMs() - this.startedMs) * 1000 - waited));
  }
}
