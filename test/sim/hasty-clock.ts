import type { Clock } from "../../src/core/life.ts";

/** Time that passes only while something waits. `waited` lists how long, in order. */
export interface HastyClock extends Clock {
  readonly waited: readonly number[];
}

/** Every wait ends at once. `onWait` is called as each begins. */
export function createHastyClock(onWait?: (ms: number) => void): HastyClock {
  const waited: number[] = [];
  let nowMs = 1000;
  return {
    waited,
    nowMs: () => nowMs,
    schedule: (run, delayMs) => {
      let calledOff = false;
      waited.push(delayMs);
      nowMs += delayMs;
      onWait?.(delayMs);
      setImmediate(() => {
        if (!calledOff) run();
      });
      return () => {
        calledOff = true;
      };
    },
  };
}
