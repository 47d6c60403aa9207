import type { LedgerRow } from "../../core/ledger/ledger-row.ts";
import type { Engine } from "../engine/engine.ts";
import type { StoreResult } from "../operations.ts";
import type { StoreLink } from "../store.ts";

/** The newest calls that memory keeps until somebody looks. */
const maxRows = 2_048;
/** Calls that are written before others have their turn. */
const sliceRows = 64;

/**
 * A store in the memory of this thread, for a gateway without a database: nothing outlives the
 * process. Calls are only remembered, the newest ones, until a request wants the ledger: then a
 * database is made and they are written to it, so that who never looks pays next to nothing.
 */
export function createMemoryLink(nowMs: () => number): StoreLink {
  let rows: (() => LedgerRow)[] = [];
  let next = 0;
  const listeners: (() => void)[] = [];
  let opening: Promise<Engine> | undefined;
  const watchers = new Set<(row: LedgerRow) => void>();
  const write = async (engine: Engine): Promise<void> => {
    const { writeCalls } = await import("../ledger/write-calls.ts");
    const waiting = [...rows.slice(next), ...rows.slice(0, next)];
    [rows, next] = [[], 0];
    for (let at = 0; at < waiting.length; at += sliceRows) {
      await writeCalls(
        engine,
        waiting.slice(at, at + sliceRows).map((row) => row()),
      );
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return {
    record(row) {
      rows[next] = row;
      next = (next + 1) % maxRows;
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
