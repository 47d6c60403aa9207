import type { RateWindow, RateWindows } from "./rate-window.ts";
import { type NumberRecord, type RecordIndex, recordNumbers, type State } from "./state.ts";

/** The buckets of a window; each is two numbers, and a record has twelve. */
const records = 4;
const bucketsOfRecord = recordNumbers / 2;
const buckets = records * bucketsOfRecord;

/** What is taken within so much of a window goes into one bucket. */
const bucketShare = 20;

/** Makes windows that count for all threads of this gateway. */
export function createLocalRateWindows(
  state: Pick<State, "records" | "alone">,
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
  readonly #state: Pick<State, "records" | "alone">;
  readonly #wallMs: () => number;
  readonly #span: Span;

  constructor(state: Pick<State, "records" | "alone">, wallMs: () => number, span: Span) {
    this.#state = state;
    this.#wallMs = wallMs;
    this.#span = span;
  }

  take(amount: number, limit: number): boolean {
    const ring = this.#ring();
    return this.#state.alone(() => {
      const used = ring.used();
      if (used > 0 && used + amount > limit) return false;
      ring.add(amount);
      return true;
    });
  }

  add(amount: number): void {
    const ring = this.#ring();
    this.#state.alone(() => ring.add(amount));
  }

  used(): number {
    return this.#ring().used();
  }

  freeInMs(amount: number, limit: number): number {
    return this.#ring().freeInMs(amount, limit);
  }

  /** Opened anew for each use, for records may have to make room. */
  #ring(): Ring {
    const { scope, windowMs } = this.#span;
    const opened = Array.from({ length: records }, (_, at) =>
      this.#state.records.open(`rate\n${scope}\n${at}`),
    );
    return new Ring(opened, windowMs, Math.round(this.#wallMs()));
  }
}

/** One bucket: when something was added last, and how much there is. */
interface Bucket {
  readonly lastMs: number;
  readonly amount: number;
}

/** The buckets at a moment. */
class Ring {
  readonly #records: readonly NumberRecord[];
  readonly #windowMs: number;
  readonly #nowMs: number;

  constructor(opened: readonly NumberRecord[], windowMs: number, nowMs: number) {
    this.#records = opened;
    this.#windowMs = windowMs;
    this.#nowMs = nowMs;
  }

  used(): number {
    let sum = 0;
    for (let at = 0; at < buckets; at += 1) if (this.#counts(at)) sum += this.#get(at).amount;
    return Math.max(0, sum);
  }

  /** Buckets are of equal parts of time, so that each finds its place by the clock. */
  add(amount: number): void {
    const widthMs = Math.max(1, Math.ceil(this.#windowMs / bucketShare));
    const at = Math.floor(this.#nowMs / widthMs) % buckets;
    const known = this.#counts(at) ? this.#get(at).amount : 0;
    this.#set(at, { lastMs: this.#nowMs, amount: known + amount });
  }

  freeInMs(amount: number, limit: number): number {
    let used = this.used();
    if (used === 0 || used + amount <= limit) return 0;
    const counted = Array.from({ length: buckets }, (_, at) => at)
      .filter((at) => this.#counts(at))
      .map((at) => this.#get(at))
      .sort((one, other) => one.lastMs - other.lastMs);
    for (const bucket of counted) {
      used -= bucket.amount;
      if (used <= 0 || used + amount <= limit) return bucket.lastMs + this.#windowMs - this.#nowMs;
    }
    return this.#windowMs;
  }

  #counts(at: number): boolean {
    const { lastMs } = this.#get(at);
    return lastMs > this.#nowMs - this.#windowMs && lastMs <= this.#nowMs + this.#windowMs;
  }

  #get(at: number): Bucket {
    const [record, index] = this.#place(at);
    return {
      lastMs: record?.get(indexOf(index)) ?? 0,
      amount: record?.get(indexOf(index + 1)) ?? 0,
    };
  }

  #set(at: number, { lastMs, amount }: Bucket): void {
    const [record, index] = this.#place(at);
    record?.set(indexOf(index), lastMs);
    record?.set(indexOf(index + 1), amount);
  }

  #place(at: number): readonly [NumberRecord | undefined, number] {
    return [this.#records[Math.floor(at / bucketsOfRecord)], (at % bucketsOfRecord) * 2];
  }
}

/** Bucket numbers are never out of a record. */
function indexOf(index: number): RecordIndex {
  return index as RecordIndex; // below twelve, by the buckets of a record
}
