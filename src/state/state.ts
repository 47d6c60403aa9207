import { createMemoryAccounts, type OpenAccount } from "./account-cells.ts";
import { createMemoryRateCells, type OpenRateCells } from "./rate-cells.ts";

/**
 * What outlives a call and counts for the whole gateway, whichever thread serves the call. In one
 * thread it is plain memory (`createMemoryState`), in several it is shared memory
 * (`createSharedState`).
 */
export interface State {
  /** Something of which a bounded number may be held at once, by name. */
  slots(name: string): Slots;
  /** The records of targets and the like, by name. */
  readonly records: Records;
  /** What windows of rates are kept in, by name. Names must be the configuration's. */
  readonly rateCells: OpenRateCells;
  /** What is held and taken of bounds, by name. */
  readonly accounts: OpenAccount;
  /** Counts and sums of what the configuration names. */
  readonly tallies: Tallies;
  /** What operators have set while the gateway runs. */
  readonly orders: SharedText;
  /**
   * Calls `run` when another thread has given back what this thread waits for; see Slots.wait. Not
   * for as long as nothing waits.
   */
  onFreed(run: () => void): void;
  /**
   * A channel to the other threads. `hear` gets what they send, later; messages are data that can
   * be cloned.
   */
  notices<T>(topic: string, hear: (message: T) => void): Notices<T>;
  /**
   * Runs `run` while no other thread runs one: for changes of several numbers that belong together.
   * It must be short, must not wait and must open no record.
   */
  alone<T>(run: () => T): T;
}

/** A text that all threads see. It begins empty. */
export interface SharedText {
  /** Changes whenever the text does. */
  version(): number;
  read(): string;
  /**
   * Puts what `change` makes of the text in its place, while no other thread does. False: that is
   * too long, at more than 256 KiB, and nothing has changed.
   */
  update(change: (text: string) => string): boolean;
}

/**
 * Something of which a bounded number may be held at once, over all threads. What a thread holds is
 * given back for it when the thread ends, however it ends.
 */
export interface Slots {
  /**
   * Takes `amount` (default 1) and gives true where no more than `limit` are then held by all
   * threads together, else takes nothing. Never waits.
   */
  take(limit: number, amount?: number): boolean;
  /**
   * Gives back what was taken. True: another thread waits, was woken, and is next; do not take what
   * has become free.
   */
  give(amount?: number): boolean;
  /**
   * Says whether this thread waits for a slot. To be said before the last try that fails, so that
   * what is given back at the same moment is not missed. A thread that waits no longer wakes the
   * next one that does, for there may be more than it could use.
   */
  wait(waits: boolean): void;
  /** Whether other threads wait. */
  othersWait(): boolean;
  /** What all threads together hold. */
  held(): number;
}

/** Records of twelve whole numbers each. The number of records is bounded. */
export interface Records {
  /** The record of a name, all zeros where there was none. */
  open(name: string): NumberRecord;
  /** Undefined where there is none, or where it had to make room. */
  find(name: string): NumberRecord | undefined;
}

/** Twelve whole numbers, from -(2^53 - 1) to 2^53 - 1, which begin as zeros. */
export interface NumberRecord {
  get(index: RecordIndex): number;
  set(index: RecordIndex, value: number): void;
  /** Adds and gives the sum. */
  add(index: RecordIndex, by: number): number;
}

/** A place within a record. */
export type RecordIndex = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11;

/**
 * Tables of numbers that are added to. There is room for 2048 of them, so that their names must be
 * the configuration's, and not the callers'.
 */
export interface Tallies {
  /** The tally of a name, all zeros where there was none. */
  open(name: string): Tally;
  /** Undefined where there is none. */
  find(name: string): Tally | undefined;
  /** Forgets the tally of a name. What holds it may still read zeros and adds to nothing. */
  drop(name: string): void;
}

/** Numbers of double precision at places from 0 to 511, which begin as zeros. */
export interface Tally {
  get(place: number): number;
  set(place: number, value: number): void;
  add(place: number, by: number): void;
}

/** Messages to the other threads. */
export interface Notices<T> {
  send(message: T): void;
}

/** How many numbers a tally has. */
export const tallyNumbers = 512;

/** Tallies that are kept at most. */
export const maxTallies = 2_048;

/** How many numbers a record has. */
export const recordNumbers = 12;

/**
 * Records that are kept at most; `provider/model` names make their number the callers' to choose.
 */
export const maxRecords = 10_000;

/**
 * The state of a gateway that is one thread. Where there are 10,000 records the one that was made
 * first makes room for another.
 */
export function createMemoryState(): State {
  const records = new Map<string, NumberRecord>();
  return {
    slots: () => new MemorySlots(),
    records: {
      find: (name) => records.get(name),
      open(name) {
        const known = records.get(name);
        if (known !== undefined) return known;
        if (records.size >= maxRecords) {
          const [oldest] = records.keys();
          if (oldest !== undefined) records.delete(oldest);
        }
        const made = new MemoryRecord();
        records.set(name, made);
        return made;
      },
    },
    rateCells: createMemoryRateCells(),
    accounts: createMemoryAccounts(),
    tallies: createMemoryTallies(),
    notices: () => ({ send: () => undefined }),
    orders: createMemoryText(),
    onFreed: () => undefined,
    alone: (run) => run(),
  };
}

function createMemoryTallies(): Tallies {
  const tallies = new Map<string, MemoryTally>();
  return {
    find: (name) => tallies.get(name),
    open(name) {
      const known = tallies.get(name);
      if (known !== undefined) return known;
      const [oldest] = tallies.keys();
      if (tallies.size >= maxTallies && oldest !== undefined) this.drop(oldest);
      const made = new MemoryTally();
      tallies.set(name, made);
      return made;
    },
    drop(name) {
      tallies.get(name)?.end();
      tallies.delete(name);
    },
  };
}

/** Slots of one thread alone: a count. Two of the same name do not know of each other. */
export class MemorySlots implements Slots {
  #held = 0;

  take(limit: number, amount = 1): boolean {
    if (this.#held + amount > limit) return false;
    this.#held += amount;
    return true;
  }

  give(amount = 1): boolean {
    this.#held -= amount;
    return false;
  }

  wait(): void {
    // Whoever gives back in this thread looks for who waits by itself.
  }

  othersWait(): boolean {
    return false;
  }

  held(): number {
    return this.#held;
  }
}

class MemoryTally implements Tally {
  #numbers = new Float64Array(tallyNumbers);

  get(place: number): number {
    return this.#numbers[place] ?? 0;
  }

  set(place: number, value: number): void {
    this.#numbers[place] = value;
  }

  add(place: number, by: number): void {
    this.#numbers[place] = this.get(place) + by;
  }

  /** Takes no more: writes beyond the end of an array do nothing. */
  end(): void {
    this.#numbers = new Float64Array(0);
  }
}

class MemoryRecord implements NumberRecord {
  readonly #numbers: number[] = Array.from({ length: recordNumbers }, () => 0);

  get(index: RecordIndex): number {
    return this.#numbers[index] ?? 0;
  }

  set(index: RecordIndex, value: number): void {
    this.#numbers[index] = value;
  }

  add(index: RecordIndex, by: number): number {
    const sum = this.get(index) + by;
    this.#numbers[index] = sum;
    return sum;
  }
}

/** The bytes that a text has at most. */
export const maxTextBytes = 262_144;

function createMemoryText(): SharedText {
  let held = "";
  let version = 0;
  return {
    version: () => version,
    read: () => held,
    update(change) {
      const next = change(held);
      if (Buffer.byteLength(next) > maxTextBytes) return false;
      held = next;
      version += 1;
      return true;
    },
  };
}
