import { setTimeout as pause } from "node:timers/promises";

/** How often is looked, in milliseconds. */
const stepMs = 5;

/**
 * Waits for a promise, but no longer than a time. Only time in which this process could run counts,
 * as steps of its event loop: a machine that is busy with something else makes nothing late.
 * Rejects where it takes longer.
 */
export async function within<T>(limitMs: number, promise: Promise<T>): Promise<T> {
  let settled = false;
  const noted = promise.finally(() => {
    settled = true;
  });
  const late = async (): Promise<never> => {
    for (let spentMs = 0; spentMs < limitMs && !settled; spentMs += stepMs) await pause(stepMs);
    return settled
      ? new Promise<never>(() => undefined)
      : Promise.reject(new Error(`not within ${limitMs} ms`));
  };
  return Promise.race([noted, late()]);
}
