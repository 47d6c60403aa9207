import type { Notice } from "../../core/notice.ts";
import type { DirectoryKind } from "../directory/directory-row.ts";
import type { Engine } from "../engine/engine.ts";
import type { StoreArgument, StoreOperation, StoreResult } from "../operations.ts";
import { type DirectorySnapshot, readSnapshot, writeSnapshot } from "./directory-snapshot.ts";
import {
  addWaiting,
  readSpending,
  type SpendingSnapshot,
  spendingOf,
  writeSpending,
} from "./spending-snapshot.ts";
import { storeIdentity } from "./store-identity.ts";

/** Where the snapshot of a database is, and what it is kept with. */
export interface SnapshotOptions {
  /** Its file; what was spent is beside it, in `PATH.spending`. */
  readonly path: string;
  /** The address of the database. */
  readonly url: string;
  readonly nowMs: () => number;
  readonly notice: (notice: Notice) => void;
}

/** What became of opening a snapshot. */
export type OpenedSnapshot =
  | { readonly ok: true; readonly takenMs: number }
  | { readonly ok: false; readonly why: string };

/** Files with what a start reads of a database, for a start while the database is away. */
export interface StoreSnapshot {
  /**
   * Reads the files. Until `forget` they answer requests. `waiting`: records that are not in the
   * database yet, whose money counts as spent.
   */
  open(waiting: Iterable<readonly string[]>): Promise<OpenedSnapshot>;
  /** What the files have for a request; undefined: nothing. */
  answer(name: StoreOperation, argument: unknown): unknown;
  /** Gives up what was read. */
  forget(): void;
  /** Has the files written soon, since the store may have changed. */
  keep(engine: Engine): void;
  /** Notes that records of calls were written. */
  spent(): void;
  /** Writes what was spent, if anything was since; `isLast`: also where little time has passed. */
  keepSpending(engine: Engine, isLast: boolean): void;
  /** Writes what was to be written soon, if it may still take time; then nothing more is written. */
  close(mayWrite: boolean): Promise<void>;
}

/** How long a change waits for others, and which share of the time is spent with writing at most. */
const gatherMs = 500;
const restTimes = 10;

/** Makes the snapshot of a database; nothing is read or written yet. */
export function createStoreSnapshot(options: SnapshotOptions): StoreSnapshot {
  return new Snapshot(options);
}

class Snapshot implements StoreSnapshot {
  readonly #options: SnapshotOptions;
  readonly #store: string;
  #known: (DirectorySnapshot & { readonly spending: SpendingSnapshot }) | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** The database that the timer is to read. */
  #next: Engine | undefined;
  #writing: Promise<void> = Promise.resolve();
  /** Until when neither file is written. */
  #restUntilMs = 0;
  #hasSpent = true;
  #failed = false;
  #closed = false;

  constructor(options: SnapshotOptions) {
    this.#options = options;
    this.#store = storeIdentity(options.url);
  }

  async open(waiting: Iterable<readonly string[]>): Promise<OpenedSnapshot> {
    const { path } = this.#options;
    const read = await readSnapshot(path, this.#store);
    if (!read.ok) return read;
    const spending = await readSpending(spendingPath(path), this.#store);
    this.#known = { ...read.snapshot, spending: addWaiting(spending, waiting) };
    return { ok: true, takenMs: read.snapshot.takenMs };
  }

  answer(name: StoreOperation, argument: unknown): unknown {
    const known = this.#known;
    const answer = answers.get(name);
    return known === undefined ? undefined : answer?.(known, argument);
  }

  forget(): void {
    this.#known = undefined;
  }

  keep(engine: Engine): void {
    if (this.#next !== undefined || this.#closed) return;
    const waitMs = Math.max(gatherMs, this.#restUntilMs - performance.now());
    this.#next = engine;
    this.#timer = setTimeout(() => this.#writeNext(), waitMs);
    this.#timer.unref();
  }

  spent(): void {
    this.#hasSpent = true;
  }

  keepSpending(engine: Engine, isLast: boolean): void {
    if (!this.#hasSpent || (!isLast && performance.now() < this.#restUntilMs)) return;
    this.#hasSpent = false;
    this.#write(() => {
      const path = spendingPath(this.#options.path);
      return writeSpending(engine, { path, store: this.#store, nowMs: this.#options.nowMs() });
    });
  }

  async close(mayWrite: boolean): Promise<void> {
    if (mayWrite) this.#writeNext();
    clearTimeout(this.#timer);
    if (mayWrite) await this.#writing;
    this.#closed = true;
    await this.#writing;
  }

  #writeNext(): void {
    const engine = this.#next;
    this.#next = undefined;
    this.#timer = undefined;
    if (engine !== undefined) this.#write(() => this.#writeDirectory(engine));
  }

  async #writeDirectory(engine: Engine): Promise<void> {
    const { path, nowMs } = this.#options;
    await writeSnapshot(engine, { path, store: this.#store, nowMs: nowMs() });
  }

  /** One file after the other. A disk that takes none is reported once. */
  #write(task: () => Promise<void>): void {
    this.#writing = this.#writing.then(async () => {
      if (this.#closed) return;
      const startMs = performance.now();
      try {
        await task();
        const endMs = performance.now();
        this.#restUntilMs = endMs + restTimes * (endMs - startMs);
        this.#failed = false;
      } catch (error) {
        if (!this.#failed && !this.#closed)
          this.#options.notice({
            event: "store_snapshot_failed",
            message: `a start without the database would not know the newest changes: ${String(error)}`,
          });
        this.#failed = true;
      }
    });
  }
}

function spendingPath(path: string): string {
  return `${path}.spending`;
}

type Answer = (
  known: DirectorySnapshot & { readonly spending: SpendingSnapshot },
  argument: unknown,
) => unknown;

/** Has the types of an operation checked where it is answered. */
function answering<Name extends StoreOperation>(
  name: Name,
  answer: (
    known: DirectorySnapshot & { readonly spending: SpendingSnapshot },
    argument: StoreArgument<Name>,
  ) => StoreResult<Name> | undefined,
): readonly [StoreOperation, Answer] {
  // The name says which argument it is.
  return [name, (known, argument) => answer(known, argument as StoreArgument<Name>)];
}

const answers: ReadonlyMap<StoreOperation, Answer> = new Map([
  answering("directory.open", ({ state }) => state),
  answering("directory.page", ({ rows }, { kind, after, limit }) =>
    pageOf(rows.get(kind) ?? [], kind, after, limit),
  ),
  answering("config.read", ({ config }, { after }) =>
    after < 0 ? { ...config, changed: true } : undefined,
  ),
  answering("usage.spent", ({ spending }, query) => spendingOf(spending, query)),
]);

/** Rows are in the order of the database, which need not be that of their texts here. */
function pageOf(
  rows: Exclude<ReturnType<DirectorySnapshot["rows"]["get"]>, undefined>,
  kind: DirectoryKind,
  after: string,
  limit: number,
): typeof rows {
  if (kind === "member") return rows;
  const at = after === "" ? 0 : rows.findIndex(({ id }) => id === after) + 1;
  return rows.slice(at, at + limit);
}
