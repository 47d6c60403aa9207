import type { Place, SendFailure, Sink, SinkWorld } from "./sink.ts";
import type { Spool } from "./spool.ts";

/** Records of one request, and how long the first of them waits for others. */
const batchRecords = 100;
const batchMs = 1_000;
/** Records that wait in memory; more are dropped and counted. */
const usualWaiting = 10_000;
/** Records that wait in memory before a sink that does not take them has them on disk. */
const spooledFrom = 1_000;
/** How long a place may take for one batch. */
const timeoutMs = 10_000;
/** The pause after a failure, which doubles with each. */
const firstPauseMs = 500;
const maxPauseMs = 30_000;

/** What a sink is made of. */
export interface BatchSinkOptions<Row> {
  readonly name: string;
  readonly place: Place<Row>;
  /** The row as it is sent; undefined: it is not. */
  readonly fit: (row: Row) => Row | undefined;
  /** How many records may wait in memory; default: 10,000. */
  readonly maxWaiting?: number;
  /** Where records wait on disk. Absent: nowhere. */
  readonly spool?: Spool<Row> | undefined;
  readonly world: SinkWorld;
}

/**
 * Sends records to a place in batches, one at a time. While it does not take them they wait, within
 * bounds, in memory and then on disk; what it refuses for good is dropped. Both are said once.
 * Each record arrives at least once, unless it is dropped, which is counted.
 */
export function createBatchSink<Row>(options: BatchSinkOptions<Row>): Sink<Row> {
  return new BatchSink(options);
}

class BatchSink<Row> implements Sink<Row> {
  readonly #options: BatchSinkOptions<Row>;
  readonly #leaving = new AbortController();
  #waiting: (() => Row)[] = [];
  #sending: Promise<void> | undefined;
  #cancelTimer: (() => void) | undefined;
  #pauseMs = firstPauseMs;
  #dropped = 0;
  #failing = false;
  #closed = false;

  constructor(options: BatchSinkOptions<Row>) {
    this.#options = options;
    // What an earlier process has left on disk.
    if (options.spool !== undefined) this.#sendIn(batchMs);
  }

  readonly record = (row: () => Row): void => {
    const { maxWaiting = usualWaiting } = this.#options;
    if (this.#closed || this.#waiting.length >= maxWaiting) {
      this.#drop(1, "more calls come than it takes");
      return;
    }
    this.#waiting.push(row);
    if (this.#waiting.length >= batchRecords && !this.#failing) this.#send();
    else if (this.#cancelTimer === undefined) this.#sendIn(batchMs);
  };

  readonly close = async (graceMs: number): Promise<void> => {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelTimer?.();
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, graceMs);
    await Promise.race([this.#sendAll(), late.promise]);
    clearTimeout(timer);
    this.#leaving.abort();
    // It ends at once now; a batch under way stays with those that wait until it is taken.
    await this.#sending;
    if (this.#options.spool !== undefined) await this.#keepOnDisk();
    if (this.#waiting.length > 0)
      this.#drop(this.#waiting.length, "they could not be sent in time");
    this.#waiting = [];
  };

  async #sendAll(): Promise<void> {
    await this.#sending;
    while (this.#waiting.length > 0 && !this.#leaving.signal.aborted) {
      const before = this.#waiting.length;
      this.#sending = this.#sendWaiting();
      await this.#sending;
      if (this.#waiting.length === before) return;
    }
  }

  #sendIn(delayMs: number): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#options.world.schedule(() => {
      this.#cancelTimer = undefined;
      this.#send();
    }, delayMs);
  }

  #send(): void {
    if (this.#sending !== undefined) return;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#sending = this.#sendBatch().finally(() => {
      this.#sending = undefined;
      if (this.#closed) return;
      if (this.#failing) this.#sendIn(this.#pauseMs);
      else if (this.#waiting.length >= batchRecords) this.#send();
      else if (this.#waiting.length > 0 || this.#options.spool?.isEmpty() === false)
        this.#sendIn(batchMs);
    });
  }

  /** Sends what is on disk before what waits in memory: it is older. */
  async #sendBatch(): Promise<void> {
    if (await this.#sendKept()) await this.#sendWaiting();
    if (this.#failing && this.#waiting.length >= spooledFrom) await this.#keepOnDisk();
  }

  /** Sends a file of the disk, if there is one. False: the place takes nothing now. */
  async #sendKept(): Promise<boolean> {
    const kept = await this.#options.spool?.take();
    if (kept === undefined) return true;
    const failure = await this.#deliver(kept.rows);
    if (failure?.again === true) {
      await kept.giveBack();
      return false;
    }
    await kept.done();
    if (failure !== undefined) this.#drop(failure.count ?? kept.rows.length, refusal(failure));
    return true;
  }

  /** Sends the first that wait in memory. They are taken off once they are there, or refused. */
  async #sendWaiting(): Promise<void> {
    const batch = this.#waiting.slice(0, batchRecords);
    const failure = await this.#deliver(this.#rowsOf(batch));
    if (failure?.again === true) return;
    this.#waiting.splice(0, batch.length);
    if (failure !== undefined) this.#drop(failure.count ?? batch.length, refusal(failure));
  }

  #rowsOf(batch: readonly (() => Row)[]): readonly Row[] {
    return batch.flatMap((row) => this.#options.fit(row()) ?? []);
  }

  /** Sends rows, and notes whether the place takes any. */
  async #deliver(rows: readonly Row[]): Promise<SendFailure | undefined> {
    if (rows.length === 0) return undefined;
    const signal = AbortSignal.any([this.#leaving.signal, AbortSignal.timeout(timeoutMs)]);
    const failure = await this.#options.place.send(rows, signal);
    if (failure?.again === true) {
      if (!this.#failing) this.#say("sink_down", `does not take records: ${failure.why}`);
      else this.#pauseMs = Math.min(2 * this.#pauseMs, maxPauseMs);
      this.#failing = true;
      return failure;
    }
    if (failure === undefined && this.#failing) this.#say("sink_up", "takes records again", "info");
    this.#failing = false;
    this.#pauseMs = firstPauseMs;
    return failure;
  }

  async #keepOnDisk(): Promise<void> {
    const { spool } = this.#options;
    const batch = [...this.#waiting];
    if (spool === undefined || batch.length === 0) return;
    const failure = await spool.keep(this.#rowsOf(batch));
    // Some may have come meanwhile, at the end.
    if (failure === undefined) this.#waiting.splice(0, batch.length);
    else this.#say("sink_spool_failed", `cannot keep records on disk: ${failure}`);
  }

  #drop(count: number, why: string): void {
    const first = this.#dropped === 0;
    const before = Math.floor(Math.log10(Math.max(1, this.#dropped)));
    this.#dropped += count;
    this.#options.world.metrics.series("sinkDropped", this.#options.name).add(count);
    // The first, and then each ten times as many.
    if (!first && Math.floor(Math.log10(this.#dropped)) === before) return;
    const { name, world } = this.#options;
    world.notice({
      event: "sink_dropped",
      level: "error",
      message: `records of calls for the sink ${name} are dropped: ${why}`,
      details: { sink: name, dropped: this.#dropped },
    });
  }

  #say(event: string, what: string, level: "warn" | "info" = "warn"): void {
    const { name, world } = this.#options;
    world.notice({ event, level, message: `the sink ${name} ${what}`, details: { sink: name } });
  }
}

function refusal({ why }: SendFailure): string {
  return `it refuses them: ${why}`;
}
