import { randomUUID } from "node:crypto";
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseLedgerRow, printLedgerRow } from "../../core/ledger/ledger-json.ts";
import type { LedgerRow } from "../../core/ledger/ledger-row.ts";
import type { Notice } from "../../core/notice.ts";
import { type IntentFile, leftIntents, openIntents } from "../journal/intent-files.ts";
import {
  type Journal,
  type JournalBatch,
  type JournalDisk,
  openJournal,
} from "../journal/journal.ts";
import { type JournalSlot, takeLeftSlots, takeSlot } from "../journal/journal-slot.ts";
import { messageOf } from "../store-errors.ts";
import { type CallLines, linesOf } from "./call-lines.ts";
import type { StoreMetrics } from "./store-metrics.ts";

/** Where records wait for the database. */
export interface RecordBufferOptions {
  readonly journal: { readonly path: string; readonly maxBytes: number };
  /** Names the process among all others; default: one of its own. */
  readonly processId?: string;
  readonly notice: (notice: Notice) => void;
  readonly disk?: JournalDisk;
}

/** From which share of it on a journal counts as full, for calls that are under way; and no more. */
const nearlyFull = 0.95;
const roomAgain = 0.9;
/** Up to which share of it a journal takes content: records of calls come first. */
const contentShare = 0.5;
/** Records that wait in memory while the journal cannot be written. */
const maxInMemory = 10_000;

/** Records that the database has refused. */
const refusedName = "refused.jsonl";

/**
 * The records that wait for the database: in the journal of this process, in those that other
 * processes have left, and in memory while the journal cannot be written.
 */
export class RecordBuffer {
  readonly #options: RecordBufferOptions;
  readonly #metrics: StoreMetrics;
  readonly #slot: JournalSlot;
  readonly #journal: Journal;
  readonly #listeners = new Set<(keeps: boolean) => void>();
  /** Journals that other processes have left, which are read first. */
  readonly #left: { readonly slot: JournalSlot; readonly journal: Journal }[] = [];
  readonly #inMemory: string[] = [];
  readonly #processId: string;
  #intentFiles = 0;
  #dropped = 0;
  #keeps = true;
  #probe: NodeJS.Timeout | undefined;

  /** Throws where the folder of the journal cannot be used. */
  constructor(options: RecordBufferOptions, metrics: StoreMetrics) {
    this.#options = options;
    this.#processId = options.processId ?? randomUUID();
    this.#metrics = metrics;
    this.#slot = takeSlot(options.journal.path);
    this.#journal = this.#openJournal(this.#slot);
    this.#takeIntents(this.#slot, this.#journal);
    metrics.journal(0, this.#journal.bytes());
  }

  /** A file for the calls of another gateway thread of this process. */
  openIntents(): IntentFile {
    this.#intentFiles += 1;
    return openIntents(this.#slot.folder, this.#processId, this.#intentFiles);
  }

  /** The folder that no other process has. */
  get folder(): string {
    return this.#slot.folder;
  }

  /** Whether records of new calls are kept. */
  get keeps(): boolean {
    return this.#keeps;
  }

  /** How many bytes wait in the journal of this process. */
  get bytes(): number {
    return this.#journal.bytes();
  }

  /** Whether journals of other processes are still to be read. */
  get hasLeft(): boolean {
    return this.#left.length > 0;
  }

  /** Whether records of this process wait. */
  get hasMore(): boolean {
    return this.#journal.bytes() > 0 || this.#inMemory.length > 0;
  }

  /** Has a listener hear when `keeps` says something else; gives a function that ends it. */
  onKeeps(listener: (keeps: boolean) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /**
   * Adds records of calls, which are one record of the journal together; `isDown`: the database
   * does not take any at present.
   */
  add(calls: CallLines, isDown: boolean): void {
    if (calls.count === 0) return;
    try {
      const isKept = this.#journal.append([calls.bytes.subarray(0, -1)]);
      if (isKept) this.#setKeeps(this.#hasRoom(nearlyFull));
      else this.#drop(calls.count, "the journal is full");
      this.#metrics.journal(calls.count, this.#journal.bytes());
    } catch (error) {
      this.#keepInMemory(linesOf(calls.bytes), isDown, error);
    }
  }

  /** Adds content, as far as records of calls leave room for it; else it is dropped and counted. */
  addContent(contents: readonly string[]): void {
    if (contents.length === 0) return;
    const bytes = contents.map((content) => Buffer.from(content));
    try {
      const isKept = this.#hasRoom(contentShare) && this.#journal.append(bytes);
      if (!isKept) this.#metrics.contentDropped("journal_full", contents.length);
      else this.#metrics.journal(contents.length, this.#journal.bytes());
    } catch {
      // Records of calls say so.
      this.#metrics.contentDropped("journal_unwritable", contents.length);
    }
  }

  /**
   * The oldest records, about `max`: what was added together is taken together. Undefined: there
   * are none.
   */
  next(max: number): JournalBatch | undefined {
    for (const [at, { journal, slot }] of [...this.#left.entries()].reverse()) {
      const batch = journal.read(max);
      if (batch !== undefined) return { ...batch, records: batch.records.flatMap(callsOf) };
      journal.close();
      slot.release();
      this.#left.splice(at, 1);
    }
    const batch = this.#journal.read(max);
    if (batch !== undefined) return { ...batch, records: batch.records.flatMap(callsOf) };
    if (this.#inMemory.length === 0) return undefined;
    const records = this.#inMemory.slice(0, max);
    return { records, done: () => void this.#inMemory.splice(0, records.length) };
  }

  /** All records that wait in journals, some at a time; they go on waiting. */
  *scan(): Iterable<readonly string[]> {
    const journals = [...this.#left.map(({ journal }) => journal), this.#journal];
    for (const journal of journals)
      for (const records of journal.scan()) yield records.flatMap(callsOf);
  }

  /** A record that the database refuses stays in a file: nothing is lost in silence. */
  readonly reject = (record: string, why: string): void => {
    const path = join(this.#slot.folder, refusedName);
    appendFileSync(path, `${record}\n`, { mode: 0o600 });
    this.#options.notice({
      event: "record_refused",
      level: "error",
      message: `the database refuses the record of a call, which is kept in ${path}: ${why}`,
    });
  };

  /** Content has no such file: nobody would delete it there when its time is over. */
  readonly rejectContent = (why: string): void => {
    this.#metrics.contentDropped("refused", 1);
    this.#options.notice({
      event: "content_refused",
      level: "error",
      message: `the database refuses the content of a call, which is not kept: ${why}`,
    });
  };

  /** Counts content that came after its person was erased. */
  readonly erased = (calls: number): void => {
    if (calls > 0) this.#metrics.contentDropped("erased", calls);
  };

  /** Changes the records that the database has refused; gives how many were changed. */
  async rewriteRefused(
    change: (rows: readonly LedgerRow[]) => Promise<readonly LedgerRow[]>,
  ): Promise<number> {
    const path = join(this.#slot.folder, refusedName);
    if (!existsSync(path)) return 0;
    const lines = readFileSync(path, "utf8").split("\n");
    // What is no record was refused for that, and says nothing that could be looked for.
    const rows = lines.map(rowOf);
    const changed = await change(rows.filter((row) => row !== undefined));
    let at = 0;
    const written = rows.map((row, line) =>
      row === undefined ? lines[line] : printLedgerRow(changed[at++] ?? row),
    );
    const count = written.filter((line, place) => line !== lines[place]).length;
    if (count === 0) return 0;
    writeFileSync(`${path}.next`, written.join("\n"), { mode: 0o600 });
    renameSync(`${path}.next`, path);
    return count;
  }

  /** Takes over what gateways that are gone have left. */
  takeLeft(): void {
    for (const slot of takeLeftSlots(this.#options.journal.path, this.#slot)) {
      const journal = this.#openJournal(slot);
      this.#takeIntents(slot, journal);
      if (journal.bytes() > 0) this.#left.push({ slot, journal });
      else slot.release();
    }
  }

  /** Where calls are refused no record comes that would show that there is room again. */
  tryAgain(): void {
    this.#probe = undefined;
    this.#setKeeps(this.#hasRoom(roomAgain) && this.#inMemory.length < maxInMemory);
  }

  close(): void {
    clearTimeout(this.#probe);
    for (const { journal, slot } of [...this.#left, { journal: this.#journal, slot: this.#slot }]) {
      journal.close();
      slot.release();
    }
  }

  /**
   * Calls that a process has left behind become records, after those that it has written itself:
   * of two records of one call the first counts.
   */
  #takeIntents({ folder }: JournalSlot, journal: Journal): void {
    const left = leftIntents(folder, this.#processId);
    if (left === undefined) return;
    const records = left.records.map((record) => Buffer.from(record));
    if (records.length > 0 && !journal.append(records)) return;
    left.done();
    if (records.length > 0)
      this.#options.notice({
        event: "calls_unfinished",
        message: "calls had not ended when their process did; they are recorded as far as is known",
        details: { calls: records.length },
      });
  }

  #openJournal({ folder }: JournalSlot): Journal {
    const { journal, notice, disk } = this.#options;
    return openJournal({
      folder,
      maxBytes: journal.maxBytes,
      onDamage: (message) => notice({ event: "journal_damaged", level: "error", message }),
      ...(disk === undefined ? {} : { disk }),
    });
  }

  #keepInMemory(records: readonly string[], isDown: boolean, error: unknown): void {
    const room = Math.max(0, maxInMemory - this.#inMemory.length);
    for (const record of records.slice(0, room)) this.#inMemory.push(record);
    const why = `the journal cannot be written (${messageOf(error)})`;
    if (this.#keeps && (room < records.length || isDown))
      this.#options.notice({ event: "journal_unwritable", level: "error", message: why });
    if (room < records.length) this.#drop(records.length - room, why);
    else if (isDown) this.#setKeeps(false);
  }

  #drop(count: number, why: string): void {
    const first = this.#dropped === 0;
    this.#dropped += count;
    this.#metrics.dropped(count);
    if (first)
      this.#options.notice({
        event: "records_dropped",
        level: "error",
        message: `${why}: records of calls are dropped until there is room`,
      });
    this.#setKeeps(false);
  }

  #setKeeps(keeps: boolean): void {
    if (!keeps && this.#probe === undefined)
      this.#probe = setTimeout(() => this.tryAgain(), 1_000).unref();
    if (keeps === this.#keeps) return;
    this.#keeps = keeps;
    if (keeps && this.#dropped > 0) {
      const count = this.#dropped;
      this.#dropped = 0;
      this.#options.notice({
        event: "records_kept_again",
        level: "info",
        message: `records of calls are kept again; ${count} were dropped`,
        details: { dropped: count },
      });
    }
    for (const listener of this.#listeners) listener(keeps);
  }

  #hasRoom(share: number): boolean {
    return this.#journal.bytes() < share * this.#options.journal.maxBytes;
  }
}

/** What the journal has as one record, as records. */
function callsOf(record: string): readonly string[] {
  return record.split("\n");
}

function rowOf(line: string): LedgerRow | undefined {
  try {
    return line === "" ? undefined : parseLedgerRow(line);
  } catch {
    return undefined;
  }
}
