import type { AttemptRecord } from "../attempt-record.ts";
import type { Trace } from "../trace.ts";

/** The money that is held for a call. */
export interface Funds {
  /** The trace of the call that it is held for: copies of a call have another one. */
  readonly trace: Trace;
  /** Whose budget refuses tries of unknown cost. Undefined: nobody's. */
  readonly strict: { readonly owner: string } | undefined;
  /**
   * Holds what a try may cost beside what its siblings took or may take, in nano-USD, where that is
   * more than is held. Throws BUDGET_EXCEEDED where there is no room for it.
   */
  cover(attempt: AttemptRecord, mayCost: number): undefined | Promise<void>;
}
