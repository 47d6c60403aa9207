import type { SinkSettings } from "../config/settings.ts";
import type { LedgerRow } from "../core/ledger/ledger-row.ts";
import type { Notice } from "../core/notice.ts";
import { langsmithRun } from "./langsmith-run.ts";
import type { Sink } from "./sink.ts";

/** What a sink needs of the world. */
export interface SinkWorld {
  /** Calls `run` after a time; gives a function that calls it off. */
  readonly schedule: (run: () => void, delayMs: number) => () => void;
  readonly notice: (notice: Notice) => void;
}

/** Runs of one request, and how long the first of them waits for others. */
const batchRuns = 100;
const batchMs = 1_000;
/** Records that wait; more are dropped and counted. */
const maxWaiting = 10_000;
const timeoutMs = 10_000;
/** The pause after a failure, which doubles with each. */
const firstPauseMs = 500;
const maxPauseMs = 30_000;

/**
 * Sends a run for each call to LangSmith, in batches, one request at a time. While it does not
 * answer records wait, within a bound; what it refuses for good is dropped. Both are said once.
 */
export function createLangsmithSink(settings: SinkSettings, world: SinkWorld): Sink {
  return new LangsmithSink(settings, world);
}

class LangsmithSink implements Sink {
  readonly #settings: SinkSettings;
  readonly #world: SinkWorld;
  readonly #leaving = new AbortController();
  #waiting: (() => LedgerRow)[] = [];
  #sending: Promise<void> | undefined;
  #cancelTimer: (() => void) | undefined;
  #pauseMs = firstPauseMs;
  #dropped = 0;
  #failing = false;
  #closed = false;

  constructor(settings: SinkSettings, world: SinkWorld) {
    this.#settings = settings;
    this.#world = world;
  }

  readonly record = (row: () => LedgerRow): void => {
    if (this.#closed || this.#waiting.length >= maxWaiting) {
      this.#drop(1, "more calls come than LangSmith takes");
      return;
    }
    this.#waiting.push(row);
    if (this.#waiting.length >= batchRuns && !this.#failing) this.#send();
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
    if (this.#waiting.length > 0)
      this.#drop(this.#waiting.length, "they could not be sent to LangSmith in time");
    this.#waiting = [];
  };

  async #sendAll(): Promise<void> {
    await this.#sending;
    while (this.#waiting.length > 0 && !this.#leaving.signal.aborted) {
      const before = this.#waiting.length;
      await this.#sendBatch();
      if (this.#waiting.length === before) return;
    }
  }

  #sendIn(delayMs: number): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#world.schedule(() => {
      this.#cancelTimer = undefined;
      this.#send();
    }, delayMs);
  }

  #send(): void {
    if (this.#sending !== undefined || this.#waiting.length === 0) return;
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    this.#sending = this.#sendBatch().finally(() => {
      this.#sending = undefined;
      if (this.#closed || this.#waiting.length === 0) return;
      if (this.#failing) this.#sendIn(this.#pauseMs);
      else if (this.#waiting.length >= batchRuns) this.#send();
      else this.#sendIn(batchMs);
    });
  }

  /** Sends the first batch that waits. It is taken off once it is there, or refused for good. */
  async #sendBatch(): Promise<void> {
    const { project } = this.#settings;
    const batch = this.#waiting.slice(0, batchRuns);
    const body = JSON.stringify({
      post: batch.map((row) => langsmithRun(row(), project)),
      patch: [],
    });
    const failure = await this.#post(body);
    if (failure?.again === true) {
      if (!this.#failing) this.#say("sink_down", `LangSmith does not take runs: ${failure.why}`);
      else this.#pauseMs = Math.min(2 * this.#pauseMs, maxPauseMs);
      this.#failing = true;
      return;
    }
    this.#waiting.splice(0, batch.length);
    if (failure !== undefined) this.#drop(batch.length, `LangSmith refuses them: ${failure.why}`);
    else if (this.#failing) this.#say("sink_up", "LangSmith takes runs again");
    this.#failing = false;
    this.#pauseMs = firstPauseMs;
  }

  /** Undefined: it took them. */
  async #post(
    body: string,
  ): Promise<{ readonly why: string; readonly again: boolean } | undefined> {
    const { url, apiKey } = this.#settings;
    try {
      const reply = await fetch(`${url}/runs/batch`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-api-key": apiKey.reveal() },
        body,
        signal: AbortSignal.any([this.#leaving.signal, AbortSignal.timeout(timeoutMs)]),
      });
      await reply.body?.cancel();
      if (reply.ok) return undefined;
      const again = reply.status === 408 || reply.status === 429 || reply.status >= 500;
      return { why: `HTTP status ${reply.status}`, again };
    } catch (error) {
      const why =
        error instanceof Error && error.name === "TimeoutError" ? "no answer" : "unreachable";
      return { why, again: true };
    }
  }

  #drop(count: number, why: string): void {
    const first = this.#dropped === 0;
    const before = Math.floor(Math.log10(Math.max(1, this.#dropped)));
    this.#dropped += count;
    // The first, and then each ten times as many.
    if (!first && Math.floor(Math.log10(this.#dropped)) === before) return;
    this.#world.notice({
      event: "sink_dropped",
      message: `runs of calls are dropped: ${why}`,
      details: { dropped: this.#dropped },
    });
  }

  #say(event: string, message: string): void {
    this.#world.notice({ event, message });
  }
}
