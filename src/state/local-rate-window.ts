import { type RateCells, rateNumbers } from "./rate-cells.ts";
import type { RateWindow, RateWindows } from "./rate-window.ts";
import type { State } from "./state.ts";

/** The buckets of a window; each is two numbers: when something was added last, and how much. */
const buckets = rateNumbers / 2;

/** What is taken within so much of a window goes into one bucket. */
const bucketShare = 20;

/** How long what is taken goes into one bucket of a window, in milliseconds. */
export function rateBucketMs(windowMs: number): number {
  return Math.max(1, Math.ceil(windowMs / bucketShare));
}

/** Makes windows that count for all threads of this gateway. */
export function createLocalRateWindows(
  state: Pick<State, "rateCells">,
  wallMs: () => number,
): RateWindows {
  return { open: (scope, windowMs) => new LocalRateWindow(state, wallMs, { scope, windowMs }) };
}

/** What a window counts. */
interface Span {
  readonly scope: string;
  readonly windowMs: number;
}

/** A window of this gateway alone, which never waits. */
export class LocalRateWindow implements RateWindow {
  readonly #cells: RateCells;
  readonly #wallMs: () => number;
  readonly #windowMs: number;
  readonly #widthMs: number;

  constructor(state: Pick<State, "rateCells">, wallMs: () => number, { scope, windowMs }: Span) {
    this.#cells = state.rateCells(scope);
    this.#wallMs = wallMs;
    this.#windowMs = windowMs;
    this.#widthMs = rateBucketMs(windowMs);
  }

  take(amount: number, limit: number): boolean {
    const nowMs = this.#nowMs();
    return this.#cells.change((cells) => {
      const used = this.#used(cells, nowMs);
      if (used > 0 && used + amount > limit) return false;
      this.#add(cells, amount, nowMs);
      return true;
    });
  }

  add(amount: number, takenMs?: number): void {
    this.#cells.change((cells) => {
      if (takenMs === undefined) this.#add(cells, amount, this.#nowMs());
      else this.#correct(cells, amount, takenMs);
    });
  }

  /** Says what was taken in all within the bucket of a time. What is known to be more stays. */
  seed(amount: number, takenMs: number): void {
    this.#cells.change((cells) => {
      const at = this.#place(takenMs);
      const epoch = (ms: number) => Math.floor(ms / this.#widthMs);
      if (epoch(lastMs(cells, at)) > epoch(takenMs)) return;
      const isSame = epoch(lastMs(cells, at)) === epoch(takenMs);
      cells[2 * at + 1] = isSame ? Math.max(amountOf(cells, at), amount) : amount;
      cells[2 * at] = Math.max(lastMs(cells, at), Math.round(takenMs));
    });
  }

  used(): number {
    return Math.max(0, this.#used(this.#cells.read(), this.#nowMs()));
  }

  freeInMs(amount: number, limit: number, readMs = this.#wallMs()): number {
    const cells = this.#cells.read();
    const nowMs = Math.round(readMs);
    let used = this.#used(cells, nowMs);
    if (used <= 0 || used + amount <= limit) return 0;
    const counted = Array.from({ length: buckets }, (_, at) => at)
      .filter((at) => this.#counts(cells, at, nowMs))
      .sort((one, other) => lastMs(cells, one) - lastMs(cells, other));
    for (const at of counted) {
      used -= amountOf(cells, at);
      if (used <= 0 || used + amount <= limit) return lastMs(cells, at) + this.#windowMs - nowMs;
    }
    return this.#windowMs;
  }

  #nowMs(): number {
    return Math.round(this.#wallMs());
  }

  /** Looked at several times in a call: one loop over the numbers as they stand. */
  #used(cells: Float64Array, nowMs: number): number {
    const fromMs = nowMs - this.#windowMs;
    const untilMs = nowMs + this.#windowMs;
    let sum = 0;
    for (let at = 0; at < rateNumbers; at += 2) {
      const last = cells[at] ?? 0;
      if (last > fromMs && last <= untilMs) sum += cells[at + 1] ?? 0;
    }
    return sum;
  }

  /** Buckets are of equal parts of time, so that each finds its place by the clock. */
  #add(cells: Float64Array, amount: number, nowMs: number): void {
    const at = this.#place(nowMs);
    const known = this.#counts(cells, at, nowMs) ? amountOf(cells, at) : 0;
    cells[2 * at] = nowMs;
    cells[2 * at + 1] = known + amount;
  }

  /** What is no longer counted, or was taken by a clock that was set since, stays as it is. */
  #correct(cells: Float64Array, amount: number, takenMs: number): void {
    const at = this.#place(takenMs);
    if (Math.floor(lastMs(cells, at) / this.#widthMs) !== Math.floor(takenMs / this.#widthMs))
      return;
    cells[2 * at + 1] = Math.max(0, amountOf(cells, at) + amount);
  }

  #place(ms: number): number {
    return Math.floor(ms / this.#widthMs) % buckets;
  }

  #counts(cells: Float64Array, at: number, nowMs: number): boolean {
    const last = lastMs(cells, at);
    return last > nowMs - this.#windowMs && last <= nowMs + this.#windowMs;
  }
}

function lastMs(cells: Float64Array, at: number): number {
  return cells[2 * at] ?? 0;
}

function amountOf(cells: Float64Array, at: number): number {
  return cells[2 * at + 1] ?? 0;
}
