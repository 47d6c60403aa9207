import type { Life } from "../life.ts";

/**
 * Waits on the clock of a life; rejects with the reason of its abort, at once where it has been
 * aborted. `ms`: at least 0, which is no wait; `Infinity` waits for the abort alone.
 */
export function pause(ms: number, life: Life): Promise<void> {
  if (ms <= 0) return life.reason === undefined ? Promise.resolve() : Promise.reject(life.reason);
  return new Promise((resolve, reject) => {
    let callOff: (() => void) | undefined;
    const forget = life.onAbort((reason) => {
      callOff?.();
      reject(reason);
    });
    if (life.reason !== undefined || ms === Number.POSITIVE_INFINITY) return;
    callOff = life.clock.schedule(() => {
      forget();
      resolve();
    }, ms);
  });
}
