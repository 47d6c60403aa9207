import type { Histogram, Metrics, Series } from "../../core/metrics/metrics.ts";
import type { StoreOperation } from "../operations.ts";

/** Why the content of a call does not get to the database. */
export type ContentLoss = "journal_full" | "journal_unwritable" | "refused" | "erased";

/** What the thread of a store counts. */
export class StoreMetrics {
  readonly #metrics: Metrics;
  readonly #depth: Series;
  readonly #bytes: Series;
  readonly #dropped: Series;
  readonly #durations = new Map<string, Histogram>();
  #waiting = 0;

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
    this.#depth = metrics.series("journalDepth");
    this.#bytes = metrics.series("journalBytes");
    this.#dropped = metrics.series("recordsDropped");
    this.journal(0, 0);
  }

  /** Notes that so many more records wait, or fewer, and how long the journal is now. */
  journal(more: number, bytes: number): void {
    // What an earlier process has left was not counted.
    this.#waiting = bytes === 0 ? 0 : Math.max(0, this.#waiting + more);
    this.#depth.set(this.#waiting);
    this.#bytes.set(bytes);
  }

  dropped(records: number): void {
    this.#dropped.add(records);
  }

  contentDropped(reason: ContentLoss, calls: number): void {
    this.#metrics.series("contentDropped", reason).add(calls);
  }

  /** Counts how long an operation takes, also where it fails. */
  async timed<T>(operation: StoreOperation | "calls.write", run: () => Promise<T>): Promise<T> {
    const startMs = performance.now();
    try {
      return await run();
    } finally {
      this.#durationOf(operation).observe(Math.round((performance.now() - startMs) * 1000));
    }
  }

  #durationOf(operation: string): Histogram {
    const known = this.#durations.get(operation);
    if (known !== undefined) return known;
    const made = this.#metrics.histogram("sql", operation);
    this.#durations.set(operation, made);
    return made;
  }
}
