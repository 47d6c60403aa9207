import type { LedgerRow } from "../../core/ledger/ledger-row.ts";
import type { Engine } from "../engine/engine.ts";
import type { StoreResult } from "../operations.ts";
import type { StoreLink } from "../store.ts";

/**
 * The newest calls, which memory keeps in any case until somebody looks. They are kept as they
 * ended, which costs next to nothing; more would outlive minor collections and make those long.
 */
const newestRows = 64;
/** Older calls that it keeps besides. */
const olderRows = 1_984;
/** So many more may become older ones with each second. Of a busy gateway the rest is forgotten. */
const olderEachSecond = 100;
/** Calls that are written before others have their turn. */
const sliceRows = 64;

/**
 * A store in the memory of this thread, for a gateway without a database: nothing outlives the
 * process. Calls are only remembered, the newest ones and some of the older ones, until a request
 * wants the ledger: then a database is made and they are written to it, so that who never looks
 * pays next to nothing.
 */
export function createMemoryLink(nowMs: () => number): StoreLink {
  const newest = new Ring<() => LedgerRow>(newestRows);
  const older = new Ring<LedgerRow>(olderRows);
  let room = olderRows;
  let roomAtMs = nowMs();
  const listeners: (() => void)[] = [];
  let opening: Promise<Engine> | undefined;
  const watchers = new Set<(row: LedgerRow) => void>();
  const write = async (engine: Engine): Promise<void> => {
    const { writeCalls } = await import("../ledger/write-calls.ts");
    const waiting = older.takeAll();
    for (const row of newest.takeAll()) waiting.push(row());
    for (let at = 0; at < waiting.length; at += sliceRows) {
      await writeCalls(engine, waiting.slice(at, at + sliceRows));
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const remember = (row: () => LedgerRow): void => {
    const left = newest.push(row);
    if (left === undefined) return;
    const atMs = nowMs();
    const passedS = Math.max(0, atMs - roomAtMs) / 1000;
    room = Math.min(olderRows, room + passedS * olderEachSecond);
    roomAtMs = atMs;
    if (room < 1) return;
    room -= 1;
    older.push(left());
  };
  return {
    record(row) {
      remember(row);
      if (watchers.size === 0) return;
      const made = row();
      for (const watcher of watchers) watcher(made);
    },
    watch(listener) {
      const one = (row: LedgerRow) => listener(row);
      watchers.add(one);
      return () => void watchers.delete(one);
    },
    keepsRecords: () => true,
    async request(name, argument) {
      opening ??= openMemory(nowMs());
      const engine = await opening;
      await write(engine);
      const { storeOperations, changingOperations } = await import("../operations.ts");
      const run: (engine: Engine, argument: never) => Promise<unknown> = storeOperations[name];
      const value = await run(engine, argument as never);
      if (changingOperations.has(name)) for (const listener of listeners) listener();
      return value as StoreResult<typeof name>; // of this name
    },
    onChanged: (listener) => void listeners.push(listener),
    flush: async () => undefined,
    async close() {
      const engine = await opening;
      await engine?.close();
    },
  };
}

async function openMemory(nowMs: number): Promise<Engine> {
  const { openEngine } = await import("../engine/engine.ts");
  const { migrate } = await import("../migrations/migrate.ts");
  const engine = await openEngine({ kind: "memory" }, () => undefined);
  await migrate(engine, nowMs);
  return engine;
}

/** The newest values, so many of them. */
class Ring<T> {
  readonly #size: number;
  #values: T[] = [];
  #next = 0;

  constructor(size: number) {
    this.#size = size;
  }

  /** Adds a value, and returns the oldest one where it has taken its place. */
  push(value: T): T | undefined {
    const left = this.#values[this.#next];
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % this.#size;
    return left;
  }

  /** All values, the oldest first; none are left. */
  takeAll(): T[] {
    const values = [...this.#values.slice(this.#next), ...this.#values.slice(0, this.#next)];
    this.#values = [];
    this.#next = 0;
    return values;
  }
}
