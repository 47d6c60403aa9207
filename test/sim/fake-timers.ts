import type { Timers } from "../../src/sim/timers.ts";

/** Time that passes only while something sleeps. `slept` lists how long, in order. */
export interface FakeTimers extends Timers {
  readonly slept: readonly number[];
}

/**
 * Sleeps end at once, `Infinity` ends with the signal alone. `onSleep` is called as each begins.
 */
export function createFakeTimers(onSleep?: (ms: number) => void): FakeTimers {
  const slept: number[] = [];
  let nowMs = 1000;
  return {
    slept,
    nowMs: () => nowMs,
    sleep: (ms, signal) => {
      slept.push(ms);
      onSleep?.(ms);
      if (signal?.aborted === true) return Promise.resolve();
      if (ms !== Number.POSITIVE_INFINITY) {
        nowMs += ms;
        return Promise.resolve();
      }
      return new Promise((resolve) =>
        signal?.addEventListener("abort", () => resolve(), { once: true }),
      );
    },
  };
}
