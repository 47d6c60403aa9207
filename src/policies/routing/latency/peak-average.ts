import type { NumberRecord, RecordIndex } from "../../../state/state.ts";

/** An average loses all but 37 % of itself in so many milliseconds. */
const decayMs = 10_000;

/**
 * A moving average that rises to a higher value at once and falls to a lower one slowly, so that a
 * target that became slow is left at once: peak EWMA, as in Finagle
 * (https://twitter.github.io/finagle/guide/Clients.html#power-of-two-choices-p2c-peak-ewma). It is
 * kept in two numbers of a record, which all threads share: whole microseconds, 0 where nothing is
 * known, and the time of day in milliseconds.
 */
export class PeakAverage {
  readonly #valueAt: RecordIndex;
  readonly #timeAt: RecordIndex;

  constructor(valueAt: RecordIndex, timeAt: RecordIndex) {
    this.#valueAt = valueAt;
    this.#timeAt = timeAt;
  }

  /** Adds a value in milliseconds. */
  add(record: NumberRecord, ms: number, nowMs: number): void {
    const before = this.at(record, nowMs);
    const kept = decayed(nowMs - record.get(this.#timeAt));
    const next = before === undefined || ms > before ? ms : before * kept + ms * (1 - kept);
    record.set(this.#valueAt, Math.max(1, Math.round(next * 1_000)));
    record.set(this.#timeAt, Math.round(nowMs));
  }

  /**
   * The average in milliseconds, which decays while nothing is heard, so that the target is tried
   * again. Undefined: nothing is known.
   */
  at(record: NumberRecord, nowMs: number): number | undefined {
    const us = record.get(this.#valueAt);
    return us === 0 ? undefined : (us / 1_000) * decayed(nowMs - record.get(this.#timeAt));
  }
}

/** What is left of a value after a time. A clock that was set back takes nothing away. */
export function decayed(ms: number): number {
  return Math.exp(-Math.max(0, ms) / decayMs);
}
