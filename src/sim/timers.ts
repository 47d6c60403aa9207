/** The simulator's time, so that tests can bring their own. */
export interface Timers {
  /** A monotonic clock in milliseconds. */
  nowMs(): number;
  /**
   * Resolves after a time, or as soon as the signal is aborted; never rejects. `Infinity` waits for
   * the signal alone.
   */
  sleep(ms: number, signal: AbortSignal | undefined): Promise<void>;
  /** Lets what else waits in the process run. Absent: nothing does. */
  turn?(): Promise<void>;
}

/** The time of the machine. */
export function createTimers(): Timers {
  return { nowMs: () => performance.now(), sleep, turn };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted === true) return Promise.resolve();
  return new Promise((resolve) => {
    const wake = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", wake);
      resolve();
    };
    // setTimeout takes Infinity for 1 ms.
    const timer = ms === Number.POSITIVE_INFINITY ? undefined : setTimeout(wake, ms);
    signal?.addEventListener("abort", wake, { once: true });
  });
}
