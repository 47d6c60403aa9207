/** Looks every second whether a worker's event loop still turns. */
export interface HangWatch {
  /**
   * Whether the worker has answered nothing for longer than `timeoutMs` milliseconds; 0: never.
   * Call it once a second.
   */
  look(timeoutMs: number): boolean;
}

/** How often to look, in milliseconds. */
export const lookMs = 1_000;

/**
 * Watches a worker by `ping`, which resolves when its event loop has answered. One ping is under
 * way at a time. Looks are counted and not the clock: a process that was stopped and goes on, or
 * one that had no CPU, has not looked meanwhile, and its workers get a whole second to answer.
 */
export function watchForHang(ping: () => Promise<unknown>): HangWatch {
  let answered = true;
  let missed = 0;
  return {
    look(timeoutMs) {
      if (!answered) {
        missed += 1;
        return timeoutMs > 0 && missed * lookMs > timeoutMs;
      }
      answered = false;
      missed = 0;
      void ping().then(() => {
        answered = true;
      });
      return false;
    },
  };
}
