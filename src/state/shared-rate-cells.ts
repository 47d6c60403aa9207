import {
  maxRateWindows,
  memoryRateCells,
  type OpenRateCells,
  type RateCells,
  rateNumbers,
} from "./rate-cells.ts";
import { createTableMemory, SharedTable, type TableMemory } from "./shared-table.ts";

/** Makes the memory for windows that threads share. The system provides it as windows are made. */
export function createRateMemory(threads: number): TableMemory {
  return createTableMemory({ rows: maxRateWindows, numbers: rateNumbers + 1, counts: 0, threads });
}

/** The cells as one of the threads sees them; a lock for each window makes changes exact. */
export function createSharedRateCells(memory: TableMemory, thread: number): OpenRateCells {
  const table = new SharedTable(memory, thread);
  return (name) => {
    const key = table.name(name);
    let row = -1;
    let cells: Float64Array = new Float64Array(0);
    /** Stands in where the table has no row for the name. */
    let alone: RateCells | undefined;
    const place = (): boolean => {
      if (row >= 0 && table.has(row, key)) return true;
      row = table.open(key);
      if (row >= 0) cells = table.doubles(row, 0, rateNumbers);
      else alone ??= memoryRateCells();
      return row >= 0;
    };
    return {
      read: () => (place() ? cells : (alone?.read() ?? cells)),
      change(run) {
        if (!place()) return alone === undefined ? run(cells) : alone.change(run);
        const lock = table.wordAt(row, rateNumbers);
        const locked = lockWord(table.words, lock, thread + 1);
        try {
          return run(cells);
        } finally {
          if (locked) Atomics.store(table.words, lock, 0);
        }
      },
    };
  };
}

/** Gives back the locks of a thread that has ended. */
export function releaseRateCells(memory: TableMemory, thread: number): void {
  const table = new SharedTable(memory, thread);
  table.release(thread);
  for (const row of table.rows())
    Atomics.compareExchange(table.words, table.wordAt(row, rateNumbers), thread + 1, 0);
}

/**
 * Waits for a lock that is held for a microsecond. False: who holds it was stopped by the system
 * for so long that counting goes on without.
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
