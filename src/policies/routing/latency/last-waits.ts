/** Waits that are kept for the 95th percentile. */
const keptWaits = 100;

/** With fewer waits there is no percentile. */
const minWaits = 20;

/** The last hundred waits for a target, in milliseconds. */
export class LastWaits {
  readonly #waits: number[] = [];
  #next = 0;
  #p95: number | undefined;

  add(ms: number): void {
    this.#waits[this.#next] = ms;
    this.#next = (this.#next + 1) % keptWaits;
    this.#p95 = undefined;
  }

  /** What 95 of a hundred did not exceed; undefined where fewer than twenty are known. */
  get p95Ms(): number | undefined {
    if (this.#waits.length < minWaits) return undefined;
    this.#p95 ??= percentile95(this.#waits);
    return this.#p95;
  }
}

function percentile95(waits: readonly number[]): number {
  const sorted = waits.toSorted((one, other) => one - other);
  return sorted[Math.ceil(sorted.length * 0.95) - 1] ?? 0;
}
