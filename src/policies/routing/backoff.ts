/** The bound of the first pause, in milliseconds; each further pause has twice the bound. */
const firstMs = 250;

/** What a pause depends on. */
export interface PauseOptions {
  /** How often the target was tried again before, from 0 on. */
  readonly again: number;
  /** The longest pause, in milliseconds. */
  readonly maxMs: number;
  /** How long the vendor wants to be left alone, in milliseconds. Undefined: it does not say. */
  readonly retryAfterMs: number | undefined;
  /** A number from 0 up to but not including 1. */
  readonly random: number;
}

/**
 * How long to wait before a target is tried again, in milliseconds: drawn from 0 to the bound, so
 * that callers who failed together do not come back together, and at least what the vendor says.
 * Undefined where that is longer than may be waited.
 *
 * The draw over the whole range is called full jitter:
 * https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export function pauseMs({
  again,
  maxMs,
  retryAfterMs = 0,
  random,
}: PauseOptions): number | undefined {
  if (retryAfterMs > maxMs) return undefined;
  const boundMs = Math.min(maxMs, firstMs * 2 ** again);
  return Math.max(retryAfterMs, random * boundMs);
}
