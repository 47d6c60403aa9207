/** What cancels a call: the part of a `Life` that the way to vendors needs. */
export interface Cancellation {
  /** Why it was cancelled; undefined while it was not. */
  readonly reason: unknown;
  /** Runs once when it is cancelled; gives a function that calls it off. */
  onAbort(run: (reason: unknown) => void): () => void;
}

/** What is said of a call that was cancelled. */
export const CANCELLED = "the call was cancelled";

const ONCE = { once: true };

/** The cancellation that a signal stands for. */
export function cancellationOf(signal: AbortSignal): Cancellation {
  return {
    get reason() {
      return signal.aborted ? signal.reason : undefined;
    },
    onAbort(run) {
      const onAbort = (): void => run(signal.reason);
      signal.addEventListener("abort", onAbort, ONCE);
      return () => signal.removeEventListener("abort", onAbort);
    },
  };
}
