import { randomUUID } from "node:crypto";
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import type { Notice } from "../../core/notice.ts";
import { type Engine, openEngine, type StoreAddress } from "../engine/engine.ts";
import { isDataError } from "../engine/is-data-error.ts";
import { type Journal, type JournalDisk, openJournal } from "../journal/journal.ts";
import { type JournalSlot, takeLeftSlots, takeSlot } from "../journal/journal-slot.ts";
import type { Retention } from "../ledger/retention.ts";
import { writeOrReject } from "../ledger/write-or-reject.ts";
import { migrate, SchemaTooNewError } from "../migrations/migrate.ts";
import { changingOperations, runOperation, type StoreOperation } from "../operations.ts";
import { NoQuestionsError, requireQuestions } from "../questions/question-table.ts";
import { runRetention } from "./retention-job.ts";
import { messageOf, unavailable } from "./store-errors.ts";
import { createWatchedRecords } from "./watched-records.ts";
import { within } from "./within.ts";

/** What a store is run with. Plain data, but for the last three. */
export interface HostOptions {
  readonly address: StoreAddress;
  readonly refuseDown: boolean;
  readonly journal: { readonly path: string; readonly maxBytes: number };
  readonly retention: Retention;
  /** Whether questions are to be kept by their vectors, so that the database has to be able to. */
  readonly questions: boolean;
  readonly nowMs: () => number;
  readonly notice: (notice: Notice) => void;
  readonly disk?: JournalDisk;
}

/** A database with its journal, in the thread that has both. */
export interface StoreHost {
  /** Takes records, as lines; once this returns they are in the journal, or dropped and counted. */
  readonly take: (records: readonly string[]) => void;
  readonly request: (name: StoreOperation, argument: unknown) => Promise<unknown>;
  readonly keepsRecords: () => boolean;
  /** Has a listener hear when `keepsRecords` says something else. */
  readonly onKeeps: (listener: (keeps: boolean) => void) => void;
  /** Hands over the records that are taken from now on; gives a function that ends it. */
  readonly watch: (listener: (records: readonly string[]) => void) => () => void;
  /** Has a listener hear when the directory or the configuration may have changed. */
  readonly onChanged: (listener: () => void) => void;
  /** Writes what waits, as far as that goes within a time, and closes all. */
  readonly close: (graceMs: number) => Promise<void>;
}

/**
 * Opens a store: takes a journal, connects, and brings the schema to the newest. Rejects with
 * SchemaTooNewError, with NoQuestionsError, and where the database cannot be reached if that is to
 * stop the start, or it is a file; else it goes on trying, and serves meanwhile.
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
/** From which share of it on a journal counts as full, for calls that are under way; and no more. */
const nearlyFull = 0.95;
const roomAgain = 0.9;
/** Records that wait in memory while the journal cannot be written. */
const maxInMemory = 10_000;
const firstRetryMs = 100;
const maxRetryMs = 5_000;
const jobsEveryMs = 60_000;
/** What reads the ledger, and is to find the calls that were made before. */
const ledgerReaders: ReadonlySet<StoreOperation> = new Set(["calls.page", "usage.aggregate"]);

class DatabaseHost implements StoreHost {
  readonly #options: HostOptions;
  readonly #slot: JournalSlot;
  readonly #journal: Journal;
  readonly #id = randomUUID();
  readonly #listeners: ((keeps: boolean) => void)[] = [];
  readonly #changeListeners: (() => void)[] = [];
  /** Journals that other processes have left, which are read first. */
  readonly #left: { readonly slot: JournalSlot; readonly journal: Journal }[] = [];
  readonly #inMemory: string[] = [];
  readonly #watched = createWatchedRecords({
    nowMs: () => this.#options.nowMs(),
    engine: () => (this.#ready && !this.#down && !this.#closed ? this.#engine : undefined),
    catchUp: () => this.#catchUp(catchUpMs),
    onFailure: (error) => this.#down || this.#goDown(error),
  });
  #dropped = 0;
  #keeps = true;
  #engine: Engine | undefined;
  #ready = false;
  #down = false;
  #pumping: Promise<void> | undefined;
  #retryMs = firstRetryMs;
  #retry: NodeJS.Timeout | undefined;
  #gathering: NodeJS.Timeout | undefined;
  #probe: NodeJS.Timeout | undefined;
  #jobs: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: HostOptions) {
    this.#options = options;
    this.#slot = takeSlot(options.journal.path);
    this.#journal = this.#openJournal(this.#slot);
  }

  async start(): Promise<void> {
    const { address, refuseDown, questions, notice } = this.#options;
    this.#engine = await openEngine(address, (error) =>
      notice({ event: "store_connection_lost", message: `a connection broke: ${error.message}` }),
    );
    try {
      await this.#prepare();
      if (questions) await requireQuestions(this.#engine);
    } catch (error) {
      if (refuseDown || address.kind !== "postgres" || isFinal(error)) throw error;
      this.#goDown(error);
    }
    this.#takeLeft();
    this.#tryAgain();
    this.#pump();
    this.#jobs = setInterval(() => void this.#runJobs(), jobsEveryMs);
    this.#jobs.unref();
  }

  take(records: readonly string[]): void {
    const bytes = records.map((record) => Buffer.from(record));
    try {
      if (this.#journal.append(bytes)) this.#setKeeps(this.#hasRoom(nearlyFull));
      else this.#drop(records.length, "the journal is full");
    } catch (error) {
      this.#keepInMemory(records, error);
    }
    this.#watched.take(records);
    if (this.#journal.bytes() >= gatherBytes) this.#pump();
    else this.#gather();
  }

  watch(listener: (records: readonly string[]) => void): () => void {
    return this.#watched.watch(listener);
  }

  async request(name: StoreOperation, argument: unknown): Promise<unknown> {
    if (this.#engine === undefined || this.#closed) throw unavailable("the store is closed");
    try {
      if (!this.#ready) await this.#prepare();
      if (ledgerReaders.has(name)) await this.#catchUp(catchUpMs);
      const value = await runOperation(this.#engine, name, argument);
      if (changingOperations.has(name)) this.#tellChanged();
      return value;
    } catch (error) {
      if (error instanceof GatewayError || isDataError(error)) throw error;
      throw unavailable("the database does not answer: try again later", error);
    }
  }

  keepsRecords(): boolean {
    return this.#keeps;
  }

  onKeeps(listener: (keeps: boolean) => void): void {
    this.#listeners.push(listener);
  }

  onChanged(listener: () => void): void {
    this.#changeListeners.push(listener);
  }

  #tellChanged(): void {
    for (const listener of this.#changeListeners) listener();
  }

  async close(graceMs: number): Promise<void> {
    if (this.#closed) return;
    const closeByMs = performance.now() + graceMs;
    this.#retryMs = firstRetryMs;
    await this.#catchUp(graceMs);
    this.#closed = true;
    this.#watched.close();
    clearTimeout(this.#retry);
    clearTimeout(this.#gathering);
    clearTimeout(this.#probe);
    clearInterval(this.#jobs);
    for (const { journal, slot } of [...this.#left, { journal: this.#journal, slot: this.#slot }]) {
      journal.close();
      slot.release();
    }
    const closing = this.#engine?.close();
    const left = closeByMs - performance.now();
    await (graceMs > 0 ? within(closing, left) : closing);
  }

  #openJournal({ folder }: JournalSlot): Journal {
    const { journal, notice, disk } = this.#options;
    return openJournal({
      folder,
      maxBytes: journal.maxBytes,
      onDamage: (message) => notice({ event: "journal_damaged", message }),
      ...(disk === undefined ? {} : { disk }),
    });
  }

  async #prepare(): Promise<void> {
    if (this.#engine === undefined) return;
    await migrate(this.#engine, this.#options.nowMs());
    this.#ready = true;
  }

  /** Takes over what gateways that are gone have left. */
  #takeLeft(): void {
    for (const slot of takeLeftSlots(this.#options.journal.path, this.#slot)) {
      const journal = this.#openJournal(slot);
      if (journal.bytes() > 0) this.#left.push({ slot, journal });
      else slot.release();
    }
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
    if (this.#engine === undefined) return;
    if (!this.#ready) await this.#prepare();
    for (;;) {
      const batch = this.#nextBatch();
      if (batch === undefined || this.#closed) break;
      await writeOrReject(this.#engine, batch.records, (record, why) => this.#reject(record, why));
      if (this.#closed) return;
      batch.done();
      this.#goUp();
      // What came meanwhile is few, and waits for more.
      const few = batch.records.length < batchRecords && this.#journal.bytes() < gatherBytes;
      if (few && this.#left.length === 0) break;
    }
    this.#goUp();
    if (!this.#closed && this.#hasMore()) this.#gather();
  }

  #hasMore(): boolean {
    return this.#journal.bytes() > 0 || this.#inMemory.length > 0;
  }

  #nextBatch(): ReturnType<Journal["read"]> {
    for (const [at, { journal, slot }] of [...this.#left.entries()].reverse()) {
      const batch = journal.read(batchRecords);
      if (batch !== undefined) return batch;
      journal.close();
      slot.release();
      this.#left.splice(at, 1);
    }
    const batch = this.#journal.read(batchRecords);
    if (batch !== undefined || this.#inMemory.length === 0) return batch;
    const records = this.#inMemory.slice(0, batchRecords);
    return { records, done: () => void this.#inMemory.splice(0, records.length) };
  }

  /** A record that the database refuses stays in a file: nothing is lost in silence. */
  #reject(record: string, why: string): void {
    const path = join(this.#slot.folder, "refused.jsonl");
    appendFileSync(path, `${record}\n`, { mode: 0o600 });
    this.#options.notice({
      event: "record_refused",
      message: `the database refuses the record of a call, which is kept in ${path}: ${why}`,
    });
  }

  #keepInMemory(records: readonly string[], error: unknown): void {
    const room = Math.max(0, maxInMemory - this.#inMemory.length);
    for (const record of records.slice(0, room)) this.#inMemory.push(record);
    const why = `the journal cannot be written (${messageOf(error)})`;
    if (this.#keeps && (room < records.length || this.#down))
      this.#options.notice({ event: "journal_unwritable", message: why });
    if (room < records.length) this.#drop(records.length - room, why);
    else if (this.#down) this.#setKeeps(false);
  }

  #drop(count: number, why: string): void {
    const first = this.#dropped === 0;
    this.#dropped += count;
    if (first)
      this.#options.notice({
        event: "records_dropped",
        message: `${why}: records of calls are dropped until there is room`,
      });
    this.#setKeeps(false);
  }

  #setKeeps(keeps: boolean): void {
    if (!keeps && this.#probe === undefined)
      this.#probe = setTimeout(() => this.#tryAgain(), 1_000).unref();
    if (keeps === this.#keeps) return;
    this.#keeps = keeps;
    if (keeps && this.#dropped > 0) {
      const count = this.#dropped;
      this.#dropped = 0;
      this.#options.notice({
        event: "records_kept_again",
        message: `records of calls are kept again; ${count} were dropped`,
        details: { dropped: count },
      });
    }
    for (const listener of this.#listeners) listener(keeps);
  }

  /** Where calls are refused no record comes that would show that there is room again. */
  #tryAgain(): void {
    this.#probe = undefined;
    this.#setKeeps(this.#hasRoom(roomAgain) && this.#inMemory.length < maxInMemory);
  }

  #hasRoom(share: number): boolean {
    return this.#journal.bytes() < share * this.#options.journal.maxBytes;
  }

  #goUp(): void {
    this.#retryMs = firstRetryMs;
    if (!this.#down) return;
    this.#down = false;
    this.#options.notice({ event: "store_up", message: "the database answers again" });
  }

  #goDown(error: unknown): void {
    if (!this.#down)
      this.#options.notice({
        event: "store_down",
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
    this.#takeLeft();
    this.#pump();
    try {
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
