import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import { Metrics } from "../../core/metrics/metrics.ts";
import type { Notice } from "../../core/notice.ts";
import { watchChanges } from "../changes/watch-changes.ts";
import { type Engine, openEngine, type StoreAddress } from "../engine/engine.ts";
import { isDataError } from "../engine/is-data-error.ts";
import { createLiveAddress, type LiveAddress } from "../engine/live-address.ts";
import { eraseRefused } from "../erasure/erase-refused.ts";
import type { IntentFile } from "../journal/intent-files.ts";
import type { JournalDisk } from "../journal/journal.ts";
import type { Retention } from "../ledger/retention.ts";
import { writeOrReject } from "../ledger/write-or-reject.ts";
import { migrate, SchemaTooNewError } from "../migrations/migrate.ts";
import { changingOperations, runOperation, type StoreOperation } from "../operations.ts";
import { NoQuestionsError, requireQuestions } from "../questions/question-table.ts";
import { createLongReads, type LongReads, longOperations } from "../reader/long-reads.ts";
import { createStoreSnapshot, type StoreSnapshot } from "../snapshot/store-snapshot.ts";
import { messageOf, unavailable } from "../store-errors.ts";
import { callsIn, contentsIn, type Records } from "./call-lines.ts";
import { RecordBuffer } from "./record-buffer.ts";
import { runRetention } from "./retention-job.ts";
import { StoreMetrics } from "./store-metrics.ts";
import { createWatchedRecords } from "./watched-records.ts";
import { within } from "./within.ts";

/** What a store is run with. Plain data, but for the last five. */
export interface HostOptions {
  readonly address: StoreAddress;
  readonly refuseDown: boolean;
  readonly journal: { readonly path: string; readonly maxBytes: number };
  readonly retention: Retention;
  /** Whether questions are to be kept by their vectors, so that the database has to be able to. */
  readonly questions: boolean;
  /** Whether gateways are served already, so that a database that is away stops nothing. */
  readonly isRestart?: boolean;
  /** Names the process among all others; default: one of its own. */
  readonly processId?: string;
  readonly nowMs: () => number;
  readonly notice: (notice: Notice) => void;
  /** Where it counts. Absent: nowhere. */
  readonly metrics?: Metrics;
  readonly disk?: JournalDisk;
  /** Does what may take long in a file of SQLite; default: in a thread of its own. */
  readonly longReads?: (path: string) => LongReads;
}

/** A database with its journal, in the thread that has both. */
export interface StoreHost {
  /** Takes records; once this returns they are in the journal, or dropped and counted. */
  readonly take: (records: Records) => void;
  /** Makes a file for the calls of a gateway that run. */
  readonly openIntents: () => IntentFile;
  readonly request: (name: StoreOperation, argument: unknown) => Promise<unknown>;
  readonly keepsRecords: () => boolean;
  /** Has a listener hear when `keepsRecords` says something else; gives what ends it. */
  readonly onKeeps: (listener: (keeps: boolean) => void) => () => void;
  /** Hands over the records that are taken from now on; gives a function that ends it. */
  readonly watch: (listener: (records: readonly string[]) => void) => () => void;
  /** Has a listener hear when the directory or the configuration may have changed. */
  readonly onChanged: (listener: () => void) => () => void;
  /** Has further connections to PostgreSQL opened by another URL of the same database. */
  readonly setUrl: (url: string) => void;
  /** Writes what waits, as far as that goes within a time, and closes all. */
  readonly close: (graceMs: number) => Promise<void>;
}

/**
 * Opens a store: takes a journal, connects, and brings the schema to the newest. Rejects with
 * SchemaTooNewError, with NoQuestionsError, and where a file cannot be opened or a server cannot be
 * reached. A server that is away does not stop the start where the options say so and there is a
 * snapshot of it, which is served until the server is back.
 */
export async function startHost(options: HostOptions): Promise<StoreHost> {
  const host = new DatabaseHost(options);
  try {
    await host.start();
    return host;
  } catch (error) {
    await host.close(0);
    throw error;
  }
}

/** Records of one transaction. */
const batchRecords = 512;
/**
 * How long records wait in the journal for others, since a transaction costs more than hundreds of
 * its rows do; unless so many bytes wait, or somebody wants to read the ledger.
 */
const gatherMs = 250;
const gatherBytes = 1024 * 1024;
/** How long who reads the ledger waits for records to be written. */
const catchUpMs = 1_000;
const firstRetryMs = 100;
const maxRetryMs = 5_000;
const jobsEveryMs = 60_000;
/** What reads the ledger, and is to find the calls that were made before. */
const ledgerReaders: ReadonlySet<StoreOperation> = new Set([
  "calls.page",
  "content.page",
  "usage.aggregate",
  "usage.spent",
]);

class DatabaseHost implements StoreHost {
  readonly #options: HostOptions;
  readonly #metrics: StoreMetrics;
  readonly #buffer: RecordBuffer;
  readonly #id = randomUUID();
  readonly #changeListeners = new Set<() => void>();
  readonly #watched = createWatchedRecords({
    nowMs: () => this.#options.nowMs(),
    engine: () => (this.#ready && !this.#down && !this.#closed ? this.#engine : undefined),
    catchUp: () => this.#catchUp(catchUpMs),
    onFailure: (error) => this.#down || this.#goDown(error),
  });
  /** What a start without the database is served from; files of SQLite have none. */
  readonly #snapshot: StoreSnapshot | undefined;
  readonly #longReads: LongReads | undefined;
  readonly #live: LiveAddress;
  #engine: Engine | undefined;
  #ready = false;
  #down = false;
  #pumping: Promise<void> | undefined;
  #retryMs = firstRetryMs;
  #retry: NodeJS.Timeout | undefined;
  #gathering: NodeJS.Timeout | undefined;
  #jobs: NodeJS.Timeout | undefined;
  #unwatchChanges: (() => void) | undefined;
  #closed = false;

  constructor(options: HostOptions) {
    const { address, journal, longReads = createLongReads } = options;
    this.#options = options;
    this.#live = createLiveAddress(address);
    this.#metrics = new StoreMetrics(options.metrics ?? new Metrics());
    this.#buffer = new RecordBuffer(options, this.#metrics);
    if (address.kind === "sqlite") this.#longReads = longReads(address.path);
    if (address.kind === "postgres")
      this.#snapshot = createStoreSnapshot({
        ...options,
        path: join(journal.path, "snapshot"),
        url: address.url,
      });
  }

  async start(): Promise<void> {
    const { questions, notice } = this.#options;
    const { address } = this.#live;
    this.#engine = await openEngine(address, (error) =>
      notice({ event: "store_connection_lost", message: `a connection broke: ${error.message}` }),
    );
    this.#buffer.takeLeft();
    try {
      await this.#prepare();
      if (questions) await requireQuestions(this.#engine);
      this.#snapshot?.keep(this.#engine);
    } catch (error) {
      await this.#startWithout(error);
    }
    this.#buffer.tryAgain();
    this.#pump();
    this.#unwatchChanges = watchChanges(this.#engine, address, () => this.#lookAgain());
    this.#jobs = setInterval(() => void this.#runJobs(), jobsEveryMs);
    this.#jobs.unref();
  }

  setUrl(url: string): void {
    this.#live.setUrl(url);
  }

  take(records: Records): void {
    const calls = callsIn(records);
    this.#buffer.add(calls, this.#down);
    this.#buffer.addContent(contentsIn(records));
    this.#watched.take(calls);
    if (this.#buffer.bytes >= gatherBytes) this.#pump();
    else this.#gather();
  }

  openIntents(): IntentFile {
    return this.#buffer.openIntents();
  }

  watch(listener: (records: readonly string[]) => void): () => void {
    return this.#watched.watch(listener);
  }

  async request(name: StoreOperation, argument: unknown): Promise<unknown> {
    if (this.#engine === undefined || this.#closed) throw unavailable("the store is closed");
    if (!this.#ready) {
      const known = this.#snapshot?.answer(name, argument);
      if (known !== undefined) return known;
    }
    try {
      if (!this.#ready) await this.#prepare();
      if (ledgerReaders.has(name)) await this.#catchUp(catchUpMs);
      const value = await this.#metrics.timed(name, () => this.#run(name, argument));
      if (name === "erasure.finish") await eraseRefused(this.#engine, this.#buffer);
      if (changingOperations.has(name)) this.#tellChanged();
      return value;
    } catch (error) {
      if (error instanceof GatewayError || isDataError(error)) throw error;
      throw unavailable("the database does not answer: try again later", error);
    }
  }

  async #run(name: StoreOperation, argument: unknown): Promise<unknown> {
    if (this.#longReads !== undefined && longOperations.has(name))
      return this.#longReads.run(name, argument);
    if (this.#engine === undefined) throw unavailable("the store is closed");
    return runOperation(this.#engine, name, argument);
  }

  keepsRecords(): boolean {
    return this.#buffer.keeps;
  }

  onKeeps(listener: (keeps: boolean) => void): () => void {
    return this.#buffer.onKeeps(listener);
  }

  onChanged(listener: () => void): () => void {
    this.#changeListeners.add(listener);
    return () => void this.#changeListeners.delete(listener);
  }

  #tellChanged(): void {
    if (this.#engine !== undefined && this.#ready) this.#snapshot?.keep(this.#engine);
    this.#snapshot?.spent();
    for (const listener of this.#changeListeners) listener();
  }

  async close(graceMs: number): Promise<void> {
    if (this.#closed) return;
    const closeByMs = performance.now() + graceMs;
    this.#retryMs = firstRetryMs;
    await this.#catchUp(graceMs);
    if (graceMs > 0 && !this.#down) await within(this.#keepSnapshot(), graceMs);
    this.#closed = true;
    this.#watched.close();
    clearTimeout(this.#retry);
    clearTimeout(this.#gathering);
    clearInterval(this.#jobs);
    this.#unwatchChanges?.();
    this.#buffer.close();
    const closing = this.#closeReaders();
    const left = closeByMs - performance.now();
    await (graceMs > 0 ? within(closing, left) : closing);
  }

  /** For a next start without the database. */
  async #keepSnapshot(): Promise<void> {
    if (this.#engine !== undefined && this.#ready) this.#snapshot?.keepSpending(this.#engine, true);
    await this.#snapshot?.close(true);
  }

  async #closeReaders(): Promise<void> {
    await this.#snapshot?.close(false);
    await this.#longReads?.close();
    await this.#engine?.close();
  }

  /** Goes on without a database that is away, if that may be; else throws why not. */
  async #startWithout(error: unknown): Promise<void> {
    const { refuseDown, isRestart = false } = this.#options;
    if (this.#snapshot === undefined || refuseDown || isFinal(error)) throw error;
    const opened = await this.#snapshot.open(this.#buffer.scan());
    if (!opened.ok && !isRestart)
      throw new Error(
        `the database does not answer (${messageOf(error)}), and ${opened.why}: start it, or wait until it is back`,
      );
    this.#goDown(error);
    if (!opened.ok || isRestart) return;
    const takenAt = new Date(opened.takenMs).toISOString();
    this.#options.notice({
      event: "store_snapshot_served",
      message: `keys, teams, models and prices are those that were stored at ${takenAt}`,
    });
  }

  async #prepare(): Promise<void> {
    if (this.#engine === undefined) return;
    await migrate(this.#engine, this.#options.nowMs());
    this.#ready = true;
    this.#snapshot?.forget();
  }

  /** Something may have changed, or the database is back. */
  #lookAgain(): void {
    if (this.#closed) return;
    clearTimeout(this.#retry);
    this.#retry = undefined;
    if (this.#down) this.#pump();
    this.#tellChanged();
  }

  #pump(): void {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    if (this.#pumping !== undefined || this.#retry !== undefined || this.#closed) return;
    this.#pumping = this.#writeAll()
      .catch((error: unknown) => {
        if (!this.#closed) this.#goDown(error);
      })
      .finally(() => {
        this.#pumping = undefined;
      });
  }

  /** Has records written when some more have come. */
  #gather(): void {
    this.#gathering ??= setTimeout(() => this.#pump(), gatherMs);
  }

  /** Writes what is in the journal already, as far as that goes within a time. */
  async #catchUp(withinMs: number): Promise<void> {
    // What is being written may have been read before the newest records came.
    const rounds = this.#pumping === undefined ? 1 : 2;
    const catchingUp = async () => {
      for (let round = 0; round < rounds; round += 1) {
        this.#pump();
        await this.#pumping;
      }
    };
    await within(catchingUp(), withinMs);
  }

  async #writeAll(): Promise<void> {
    const engine = this.#engine;
    if (engine === undefined) return;
    if (!this.#ready) await this.#prepare();
    for (;;) {
      const batch = this.#buffer.next(batchRecords);
      if (batch === undefined || this.#closed) break;
      const { records } = batch;
      await this.#metrics.timed("calls.write", () => writeOrReject(engine, records, this.#buffer));
      this.#snapshot?.spent();
      if (this.#closed) return;
      batch.done();
      this.#metrics.journal(-records.length, this.#buffer.bytes);
      this.#goUp();
      // What came meanwhile is few, and waits for more.
      const few = batch.records.length < batchRecords && this.#buffer.bytes < gatherBytes;
      if (few && !this.#buffer.hasLeft) break;
    }
    this.#goUp();
    if (!this.#closed && this.#buffer.hasMore) this.#gather();
  }

  #goUp(): void {
    this.#retryMs = firstRetryMs;
    if (!this.#down) return;
    this.#down = false;
    const message = "the database answers again";
    this.#options.notice({ event: "store_up", level: "info", message });
    this.#tellChanged();
  }

  #goDown(error: unknown): void {
    if (!this.#down)
      this.#options.notice({
        event: "store_down",
        level: "error",
        message: `the database does not answer, records wait in the journal: ${messageOf(error)}`,
      });
    this.#down = true;
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.#pump();
    }, this.#retryMs);
    this.#retryMs = Math.min(2 * this.#retryMs, maxRetryMs);
  }

  async #runJobs(): Promise<void> {
    if (this.#engine === undefined || !this.#ready || this.#down || this.#closed) return;
    this.#buffer.takeLeft();
    this.#pump();
    this.#snapshot?.keepSpending(this.#engine, false);
    try {
      await eraseRefused(this.#engine, this.#buffer);
      await runRetention(this.#engine, this.#id, this.#options);
    } catch (error) {
      if (!this.#closed)
        this.#options.notice({
          event: "store_job_failed",
          message: `old records could not be deleted: ${messageOf(error)}`,
        });
    }
  }
}

function isFinal(error: unknown): boolean {
  const kinds = [SchemaTooNewError, NoQuestionsError];
  return kinds.some((kind) => error instanceof kind) || isDataError(error);
}
