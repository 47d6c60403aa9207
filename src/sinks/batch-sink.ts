import { setImmediate } from "node:timers/promises";
import type { Place, SendFailure, Sink, SinkWorld } from "./sink.ts";
import type { Spool } from "./spool.ts";

/** Records of one request, and how long the first of them waits for others. */
const usualBatch: Batch = { records: 100, waitMs: 1_000 };
/** Records that wait in memory, or so many full batches; more are dropped and counted. */
const usualWaiting = 10_000;
const waitingBatches = 4;
/** As many rows are made in one turn. */
const rowsInTurn = 100;
/** Records that wait in memory before a sink that does not take them has them on disk. */
const spooledFrom = 1_000;
/** How long a place may take for one batch, and for one that is not of the usual size. */
const timeoutMs = 10_000;
const largeTimeoutMs = 60_000;
/** How long a place may take to end its connections. */
const closeMs = 500;
/** The pause after a failure, which doubles with each. */
const firstPauseMs = 500;
const maxPauseMs = 30_000;

/** How records are put together. */
export interface Batch {
  /** Records of one batch at most, at least 1. */
  readonly records: number;
  /** How long the first of them waits for others, in milliseconds. */
  readonly waitMs: number;
}

/** What a sink is made of. */
export interface BatchSinkOptions<Row> {
  readonly name: string;
  /** What it is sent, as notices say it; default: `records of calls`. */
  readonly what?: string;
  readonly place: Place<Row>;
  /** The row as it is sent; undefined: it is not. */
  readonly fit: (row: Row) => Row | undefined;
  /** Default: 100 records, after a second. */
  readonly batch?: Batch | undefined;
  /** How many records may wait in memory; default: 10,000, but four batches at least. */
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
  readonly #batch: Batch;
  readonly #maxWaiting: number;
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
    this.#batch = options.batch ?? usualBatch;
    this.#maxWaiting =
      options.maxWaiting ?? Math.max(usualWaiting, waitingBatches * this.#batch.records);
    // What an earlier process has left on disk.
    if (options.spool !== undefined) this.#sendIn(usualBatch.waitMs);
  }

  readonly record = (row: () => Row): void => {
    if (this.#closed || this.#waiting.length >= this.#maxWaiting) {
      this.#drop(1, "more calls come than it takes");
      return;
    }
    this.#waiting.push(row);
    if (this.#isFull() && !this.#failing) this.#send();
    else if (this.#cancelTimer === undefined) this.#sendIn(this.#batch.waitMs);
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
    await this.#closePlace();
  };

  /** A peer that is silent is not waited for. */
  async #closePlace(): Promise<void> {
    const { close } = this.#options.place;
    if (close === undefined) return;
    const late = Promise.withResolvers<void>();
    const timer = setTimeout(late.resolve, closeMs);
    await Promise.race([close(), late.promise]);
    clearTimeout(timer);
  }

  async #sendAll(): Promise<void> {
    await this.#sending;
    while (this.#waiting.length > 0 && !this.#leaving.signal.aborted) {
      const before = this.#waiting.length;
      this.#sending = this.#sendWaiting();
      await this.#sending;
      if (this.#waiting.length === before) return;
    }
  }

  #isFull(): boolean {
    return this.#waiting.length >= this.#batch.records;
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
      else if (this.#isFull()) this.#send();
      else if (this.#waiting.length > 0) this.#sendIn(this.#batch.waitMs);
    });
  }

  /** Sends what is on disk before what waits in memory: it is older. Then the rest of the disk. */
  async #sendBatch(): Promise<void> {
    let kept = await this.#sendKept();
    if (kept !== "failed") await this.#sendWaiting();
    while (kept === "sent" && !this.#failing && !this.#closed) {
      kept = await this.#sendKept();
      if (!this.#failing && this.#isFull()) await this.#sendWaiting();
    }
    if (this.#failing && this.#waiting.length >= spooledFrom) await this.#keepOnDisk();
  }

  /** Sends a file of the disk, if there is one; `failed`: the place takes nothing now. */
  async #sendKept(): Promise<"none" | "sent" | "failed"> {
    const kept = await this.#options.spool?.take();
    if (kept === undefined) return "none";
    const failure = await this.#deliver(kept.rows);
    if (failure?.again === true) {
      await kept.giveBack();
      return "failed";
    }
    await kept.done();
    if (failure !== undefined) this.#drop(failure.count ?? kept.rows.length, refusal(failure));
    return "sent";
  }

  /** Sends the first that wait in memory. They are taken off once they are there, or refused. */
  async #sendWaiting(): Promise<void> {
    const batch = this.#waiting.slice(0, this.#batch.records);
    const failure = await this.#deliver(await this.#rowsOf(batch));
    if (failure?.again === true) return;
    this.#waiting.splice(0, batch.length);
    if (failure !== undefined) this.#drop(failure.count ?? batch.length, refusal(failure));
  }

  /** Calls go on between the turns. */
  async #rowsOf(batch: readonly (() => Row)[]): Promise<readonly Row[]> {
    const rows: Row[] = [];
    for (const [at, row] of batch.entries()) {
      if (at > 0 && at % rowsInTurn === 0) await setImmediate();
      const fitted = this.#options.fit(row());
      if (fitted !== undefined) rows.push(fitted);
    }
    return rows;
  }

  /** Sends rows, and notes whether the place takes any. */
  async #deliver(rows: readonly Row[]): Promise<SendFailure | undefined> {
    if (rows.length === 0) return undefined;
    const failure = await this.#sendInTime(rows);
    if (failure?.again === true) {
      if (!this.#failing) this.#say("sink_down", `does not take records: ${failure.why}`);
      else this.#pauseMs = Math.min(2 * this.#pauseMs, maxPauseMs);
      this.#failing = true;
      return failure;
    }
    // One that refuses some of them takes the others.
    const takes = failure === undefined || failure.count !== undefined;
    if (takes && this.#failing) this.#say("sink_up", "takes records again", "info");
    this.#failing = false;
    this.#pauseMs = firstPauseMs;
    return failure;
  }

  async #sendInTime(rows: readonly Row[]): Promise<SendFailure | undefined> {
    const { place, world } = this.#options;
    const late = new AbortController();
    const callOff = world.schedule(
      () => late.abort(new DOMException("no answer", "TimeoutError")),
      this.#batch.records > usualBatch.records ? largeTimeoutMs : timeoutMs,
    );
    try {
      return await place.send(rows, AbortSignal.any([this.#leaving.signal, late.signal]));
    } finally {
      callOff();
    }
  }

  async #keepOnDisk(): Promise<void> {
    const { spool } = this.#options;
    const batch = [...this.#waiting];
    if (spool === undefined || batch.length === 0) return;
    const failure = await spool.keep(await this.#rowsOf(batch));
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
    const { name, what = "records of calls", world } = this.#options;
    world.notice({
      event: "sink_dropped",
      level: "error",
      message: `${what} for the sink ${name} are dropped: ${why}`,
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
