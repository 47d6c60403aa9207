/** The longest time that a timer takes, in milliseconds. */
const maxTimerMs = 2 ** 31 - 1;

/** What to write for a time. */
export const secondsWanted = "give seconds, a number above 0";

/**
 * A time in milliseconds that is written as a number above 0, in units of `unitMs`; default
 * seconds. At most what a timer takes. Undefined: it is no such number.
 */
export function readSeconds(text: string, unitMs = 1000): number | undefined {
  const ms = text.trim() === "" ? Number.NaN : Number(text) * unitMs;
  return ms > 0 && Number.isFinite(ms) ? Math.min(ms, maxTimerMs) : undefined;
}
