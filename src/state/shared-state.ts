import { randomUUID } from "node:crypto";
import { BroadcastChannel } from "node:worker_threads";
import { createAccountMemory, createSharedAccounts, releaseAccounts } from "./shared-accounts.ts";
import { createRateMemory, createSharedRateCells, releaseRateCells } from "./shared-rate-cells.ts";
import {
  createTableMemory,
  SharedTable,
  type TableMemory,
  type TableName,
} from "./shared-table.ts";
import { createTextMemory, sharedText } from "./shared-text.ts";
import {
  MemorySlots,
  maxTallies,
  type Notices,
  type NumberRecord,
  type RecordIndex,
  recordNumbers,
  type Slots,
  type State,
  type Tally,
  tallyNumbers,
} from "./state.ts";

/** The memory of a state that threads share. It can be sent to a thread. */
export interface StateMemory {
  readonly slots: TableMemory;
  readonly records: TableMemory;
  readonly rates: TableMemory;
  readonly tallies: TableMemory;
  readonly accounts: TableMemory;
  /** Names the channels between the threads. */
  readonly id: string;
  readonly orders: SharedArrayBuffer;
  /** A count for each thread, which changes when the thread is woken. */
  readonly wakes: SharedArrayBuffer;
}

/**
 * Names that have slots at once. In the gateway: providers, and pairs of a provider and a key that
 * holds a connection or waits for one.
 */
const slotRows = 8_192;

/** Records that are kept; beyond it, the one of a few that was made first makes room. */
const recordRows = 16_384;

/**
 * Makes the memory for so many threads, about 2 MB and 64 KB for each thread, and 41 MB and 2 MB
 * for each thread which the system provides as tallies are made, rates counted and bounds kept.
 */
export function createStateMemory(threads: number): StateMemory {
  return {
    slots: createTableMemory({ rows: slotRows, numbers: 0, counts: 2, threads }),
    records: createTableMemory({ rows: recordRows, numbers: recordNumbers, counts: 0, threads }),
    id: randomUUID(),
    rates: createRateMemory(threads),
    tallies: createTableMemory({ rows: maxTallies, numbers: tallyNumbers, counts: 0, threads }),
    accounts: createAccountMemory(threads),
    orders: createTextMemory(),
    wakes: new SharedArrayBuffer(4 * threads),
  };
}

/**
 * The state as one of the threads sees it. Slots are exact over all threads: what is held never
 * exceeds a limit, and what is free is not refused. Where 64 names compete for the same rows, which
 * takes thousands of names at once, one more counts in its own thread alone. The numbers of a
 * record are exact one by one; a record that makes room loses what is written in the same moment.
 */
export function createSharedState(memory: StateMemory, thread: number): State {
  const slots = new SharedTable(memory.slots, thread);
  const records = new SharedTable(memory.records, thread);
  const tallies = new SharedTable(memory.tallies, thread);
  const wakes = new Int32Array(memory.wakes);
  const freed = new Set<() => void>();
  let waiting = 0;
  let armed = false;
  const arm = (): void => {
    if (armed || waiting === 0) return;
    armed = true;
    const wake = Atomics.waitAsync(wakes, thread, Atomics.load(wakes, thread));
    void Promise.resolve(wake.value).then(() => {
      armed = false;
      arm();
      for (const run of freed) run();
    });
  };
  const place: SlotPlace = {
    table: slots,
    thread,
    wakes,
    waits(by) {
      waiting += by;
      arm();
    },
  };
  return {
    slots: (name) => new SharedSlots(place, name),
    records: {
      open(name) {
        const key = records.name(name);
        return recordAt(records, key, records.open(key));
      },
      find(name) {
        const key = records.name(name);
        const row = records.find(key);
        return row < 0 ? undefined : recordAt(records, key, row);
      },
    },
    rateCells: createSharedRateCells(memory.rates, thread),
    accounts: createSharedAccounts(memory.accounts, thread),
    tallies: {
      open(name) {
        const key = tallies.name(name);
        return tallyAt(tallies, key, tallies.open(key));
      },
      find(name) {
        const key = tallies.name(name);
        const row = tallies.find(key);
        return row < 0 ? undefined : tallyAt(tallies, key, row);
      },
      drop: (name) => tallies.drop(tallies.name(name)),
    },
    notices: (topic, hear) => openChannel(`parlance ${memory.id} ${topic}`, hear),
    orders: sharedText(memory.orders, (run) => records.alone(run)),
    onFreed: (run) => void freed.add(run),
    alone: (run) => records.alone(run),
  };
}

/** Gives back what a thread held, once it has ended, and wakes all that wait. */
export function releaseThread(memory: StateMemory, thread: number): void {
  new SharedTable(memory.slots, thread).release(thread);
  new SharedTable(memory.records, thread).release(thread);
  releaseRateCells(memory.rates, thread);
  releaseAccounts(memory.accounts, thread);
  new SharedTable(memory.tallies, thread).release(thread);
  const wakes = new Int32Array(memory.wakes);
  for (let other = 0; other < wakes.length; other += 1) wake(wakes, other);
}

function wake(wakes: Int32Array, thread: number): void {
  Atomics.add(wakes, thread, 1);
  Atomics.notify(wakes, thread);
}

/** A record whose row was given to another name takes no more, and is zeros. */
function recordAt(table: SharedTable, key: TableName, row: number): NumberRecord {
  const lives = (): boolean => row >= 0 && table.has(row, key);
  return {
    get: (index: RecordIndex) => (lives() ? table.number(row, index) : 0),
    set(index: RecordIndex, value: number) {
      if (lives()) table.setNumber(row, index, value);
    },
    add: (index: RecordIndex, by: number) => (lives() ? table.addNumber(row, index, by) : 0),
  };
}

/** A channel that keeps no thread alive. */
function openChannel<T>(name: string, hear: (message: T) => void): Notices<T> {
  const channel = new BroadcastChannel(name);
  const take = (event: { readonly data: unknown }): void => hear(event.data as T); // of one program
  channel.onmessage = take;
  channel.unref();
  return { send: (message) => channel.postMessage(message) };
}

/** A tally whose row was given to another name takes no more, and is zeros. */
function tallyAt(table: SharedTable, key: TableName, row: number): Tally {
  const lives = (): boolean => row >= 0 && table.has(row, key);
  return {
    get: (place) => (lives() ? table.double(row, place) : 0),
    set(place, value) {
      if (lives()) table.setDouble(row, place, value);
    },
    add(place, by) {
      if (lives()) table.addDouble(row, place, by);
    },
  };
}

/** What the slots of a thread have in common. */
interface SlotPlace {
  readonly table: SharedTable;
  readonly thread: number;
  readonly wakes: Int32Array;
  /** Notes that one more, or one less, waits in this thread. */
  readonly waits: (by: 1 | -1) => void;
}

/** The counts of a row. */
const heldCount = 0;
const waitingCount = 1;

/**
 * Each thread counts in a word of its own and then looks at the sum, so that one atomic write is
 * all that there is to a slot, and a thread that ends within leaves nothing undone. Two threads
 * that try for the last slot at once may both find one too many; each goes back, and tries again
 * where there is room.
 */
class SharedSlots implements Slots {
  readonly #place: SlotPlace;
  readonly #name: TableName;
  /** Stands in where the table has no row for the name. */
  #alone: MemorySlots | undefined;
  #row = -1;
  #held = 0;
  #waits = false;
  /** Where it is written that this thread waits; -1 where it is not. */
  #waitRow = -1;

  constructor(place: SlotPlace, name: string) {
    this.#place = place;
    this.#name = place.table.name(name);
  }

  take(limit: number, amount = 1): boolean {
    const { table, thread } = this.#place;
    for (;;) {
      const row = this.#open();
      if (row < 0) return this.#takeAlone(limit, amount);
      const own = table.countAt(row, heldCount, thread);
      const kept = this.#keepsRow;
      Atomics.add(table.words, own, amount);
      const mine = kept || table.has(row, this.#name);
      if (mine && table.sum(row, heldCount) <= limit) {
        this.#held += amount;
        return true;
      }
      Atomics.sub(table.words, own, amount);
      if (mine && table.sum(row, heldCount) + amount > limit) return false;
    }
  }

  give(amount = 1): boolean {
    if (this.#alone !== undefined) return this.#giveAlone(amount, this.#alone);
    const { table, thread } = this.#place;
    Atomics.sub(table.words, table.countAt(this.#row, heldCount, thread), amount);
    this.#held -= amount;
    return this.#wakeOther(this.#row);
  }

  wait(waits: boolean): void {
    if (this.#waits === waits) return;
    this.#waits = waits;
    const { table, thread } = this.#place;
    if (waits) this.#waitRow = this.#writeWait();
    else if (this.#waitRow >= 0) {
      Atomics.sub(table.words, table.countAt(this.#waitRow, waitingCount, thread), 1);
      this.#wakeOther(this.#waitRow);
      this.#waitRow = -1;
    }
    this.#place.waits(waits ? 1 : -1);
  }

  othersWait(): boolean {
    const row = this.#open();
    return row >= 0 && this.#otherThatWaits(row) >= 0;
  }

  held(): number {
    const { table } = this.#place;
    const own = this.#keepsRow || (this.#row >= 0 && table.has(this.#row, this.#name));
    // Other threads may hold some though this one never did.
    const row = own ? this.#row : table.find(this.#name);
    return row < 0 ? (this.#alone?.held() ?? 0) : table.sum(row, heldCount);
  }

  /** The row where it is written that this thread waits; -1 where there is none. */
  #writeWait(): number {
    const { table, thread } = this.#place;
    for (;;) {
      const row = this.#open();
      if (row < 0) return row;
      const own = table.countAt(row, waitingCount, thread);
      Atomics.add(table.words, own, 1);
      if (this.#held > 0 || table.has(row, this.#name)) return row;
      Atomics.sub(table.words, own, 1);
    }
  }

  /** A row in which this thread counts something is not given to another name. */
  get #keepsRow(): boolean {
    return this.#held > 0 || this.#waitRow >= 0;
  }

  #open(): number {
    const { table } = this.#place;
    if (this.#keepsRow) return this.#row;
    if (this.#row >= 0 && table.has(this.#row, this.#name)) return this.#row;
    if (this.#alone === undefined) this.#row = table.open(this.#name);
    return this.#row;
  }

  #takeAlone(limit: number, amount: number): boolean {
    this.#alone ??= new MemorySlots();
    return this.#alone.take(limit, amount);
  }

  #giveAlone(amount: number, alone: MemorySlots): boolean {
    alone.give(amount);
    // The next one looks for a row again.
    if (alone.held() === 0) this.#alone = undefined;
    return false;
  }

  /** Wakes the next thread that waits, in turn, so that none is passed over for ever. */
  #wakeOther(row: number): boolean {
    const other = this.#otherThatWaits(row);
    if (other < 0) return false;
    wake(this.#place.wakes, other);
    return true;
  }

  #otherThatWaits(row: number): number {
    const { table, thread } = this.#place;
    const { threads } = table.shape;
    for (let step = 1; step < threads; step += 1) {
      const other = (thread + step) % threads;
      if (Atomics.load(table.words, table.countAt(row, waitingCount, other)) > 0) return other;
    }
    return -1;
  }
}
