import {
  createRateWindow,
  maxWindows,
  type RateWindow,
  type RateWindows,
  rateCells,
  windowOver,
} from "./rate-window.ts";
import { createTableMemory, SharedTable, type TableMemory } from "./shared-table.ts";

/** Makes the memory for windows that threads share. The system provides it as windows are made. */
export function createRateMemory(threads: number): TableMemory {
  return createTableMemory({ rows: maxWindows, numbers: rateCells + 1, counts: 0, threads });
}

/** The windows as one of the threads sees them: what one counts all count, exactly. */
export function createSharedWindows(memory: TableMemory, thread: number): RateWindows {
  const table = new SharedTable(memory, thread);
  return (name) => {
    const key = table.name(name);
    /** Stands in where the table has no row for the name. */
    let alone: RateWindow | undefined;
    let row = -1;
    let cells: Float64Array = new Float64Array(0);
    const place = (): boolean => {
      if (row >= 0 && table.has(row, key)) return true;
      row = table.open(key);
      if (row >= 0) cells = table.doubles(row, 0, rateCells);
      return row >= 0;
    };
    const shared = windowOver(
      () => cells,
      (run) => {
        const lock = table.wordAt(row, rateCells);
        const locked = lockWord(table.words, lock, thread + 1);
        try {
          return run(cells);
        } finally {
          if (locked) Atomics.store(table.words, lock, 0);
        }
      },
    );
    const window = (): RateWindow => {
      if (place()) return shared;
      alone ??= createRateWindow();
      return alone;
    };
    return {
      take: (amount, limit, nowMs) => window().take(amount, limit, nowMs),
      correct: (amount, atMs, nowMs) => window().correct(amount, atMs, nowMs),
      used: (nowMs) => window().used(nowMs),
      freeAtMs: (amount, limit, nowMs) => window().freeAtMs(amount, limit, nowMs),
    };
  };
}

/** Gives back the locks of a thread that has ended. */
export function releaseRates(memory: TableMemory, thread: number): void {
  const table = new SharedTable(memory, thread);
  table.release(thread);
  for (const row of table.rows()) {
    const lock = table.wordAt(row, rateCells);
    Atomics.compareExchange(table.words, lock, thread + 1, 0);
  }
}

/**
 * Waits for a lock that is held for a microsecond. False: who holds it was stopped by the system for
 * so long that counting goes on without.
 */
function lockWord(words: Int32Array, at: number, self: number): boolean {
  for (let tries = 0; tries < maxTries; tries += 1) {
    const holder = Atomics.compareExchange(words, at, 0, self);
    if (holder === 0) return true;
    if (tries >= spins) Atomics.wait(words, at, holder, 1);
  }
  return false;
}

/** Tries without a pause, and tries in all; with a pause they are a millisecond apart. */
const spins = 100;
const maxTries = 200;
