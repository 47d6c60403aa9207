import { randomInt } from "node:crypto";

/** The shape of a table in shared memory. */
export interface TableShape {
  /** How many names it has room for. */
  readonly rows: number;
  /** 64-bit numbers of each row. */
  readonly numbers: number;
  /** 32-bit counts that each row has for each thread. */
  readonly counts: number;
  /** Threads that use it. */
  readonly threads: number;
}

/** A name as tables know it: 64 bits of a hash whose seed no caller knows. */
export interface TableName {
  readonly low: number;
  readonly high: number;
}

/** A table that threads share, and its memory. It can be sent to a thread. */
export interface TableMemory {
  readonly shape: TableShape;
  readonly buffer: SharedArrayBuffer;
  readonly seeds: readonly [number, number];
}

/** Makes the memory of a table; all of it is taken at once. */
export function createTableMemory(shape: TableShape): TableMemory {
  const bytes = (headerWords + shape.rows * rowWords(shape)) * 4;
  return {
    shape,
    buffer: new SharedArrayBuffer(bytes),
    seeds: [randomInt(2 ** 31), randomInt(2 ** 31)],
  };
}

/**
 * Rows of numbers that threads find by name, in memory of a fixed size. Rows are found without a
 * lock. A lock is held to make one, which is rare and takes a microsecond.
 *
 * A name is looked for in 64 rows. Where all of them are taken, a row without any count makes room;
 * in a table without counts it is the one that was made first. Where no row can make room the name
 * has none.
 */
export class SharedTable {
  readonly shape: TableShape;
  readonly words: Int32Array;
  readonly #wide: BigInt64Array;
  /** Two views of one number: the bits of a double. */
  readonly #double = new Float64Array(1);
  readonly #bits = new BigInt64Array(this.#double.buffer);
  readonly #seeds: readonly [number, number];
  readonly #stride: number;
  /** The thread as locks name it; 0 names nobody. */
  readonly #self: number;

  constructor({ shape, buffer, seeds }: TableMemory, thread: number) {
    this.shape = shape;
    this.words = new Int32Array(buffer);
    this.#wide = new BigInt64Array(buffer);
    this.#seeds = seeds;
    this.#stride = rowWords(shape);
    this.#self = thread + 1;
  }

  /** Hashes a name; takes time linear in its length. */
  name(text: string): TableName {
    let [low, high] = this.#seeds;
    for (let at = 0; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      low = Math.imul(low ^ code, 0x9e3779b1);
      low ^= low >>> 15;
      high = Math.imul(high ^ code, 0x85ebca77);
      high ^= high >>> 13;
    }
    // Zero is a row that is free.
    return { low: low | 0, high: high | 1 };
  }

  /** The row of a name; -1 where there is none. */
  find(name: TableName): number {
    for (let step = 0; step < maxSteps; step += 1) {
      const row = this.#rowAt(name, step);
      if (this.has(row, name)) return row;
    }
    return -1;
  }

  /** Whether a row is the name's, and nobody is about to give it to another. */
  has(row: number, { low, high }: TableName): boolean {
    const { words } = this;
    return (
      Atomics.load(words, row + claimedAt) === 0 &&
      Atomics.load(words, row + lowAt) === low &&
      Atomics.load(words, row + highAt) === high
    );
  }

  /** The row of a name, made where there is none; -1 where no row can make room for it. */
  open(name: TableName): number {
    const known = this.find(name);
    if (known >= 0 || !this.#lock()) return known;
    try {
      const made = this.find(name);
      return made >= 0 ? made : this.#make(name);
    } finally {
      this.#unlock();
    }
  }

  /**
   * Runs `run` with the lock, which is also that of rows being made. Where another thread does not
   * give it back, as one that was stopped within, it runs without.
   */
  alone<T>(run: () => T): T {
    if (!this.#lock()) return run();
    try {
      return run();
    } finally {
      this.#unlock();
    }
  }

  /** Where the count of a thread stands among the words. */
  countAt(row: number, count: number, thread: number): number {
    const { numbers, threads } = this.shape;
    return row + numbersAt + 2 * numbers + count * threads + thread;
  }

  /** The sum of a count over all threads. */
  sum(row: number, count: number): number {
    const start = this.countAt(row, count, 0);
    let sum = 0;
    for (let thread = 0; thread < this.shape.threads; thread += 1)
      sum += Atomics.load(this.words, start + thread);
    return sum;
  }

  /** A number of a row. */
  number(row: number, index: number): number {
    return Number(Atomics.load(this.#wide, wideAt(row, index)));
  }

  /** Sets a number of a row. */
  setNumber(row: number, index: number, value: number): void {
    Atomics.store(this.#wide, wideAt(row, index), BigInt(value));
  }

  /** Numbers of a row as doubles, from `index` on. Whoever uses them sees that nobody else does. */
  doubles(row: number, index: number, length: number): Float64Array {
    return new Float64Array(this.words.buffer, wideAt(row, index) * 8, length);
  }

  /** Where a number of a row stands among the words. */
  wordAt(row: number, index: number): number {
    return wideAt(row, index) * 2;
  }

  /** Every row, also those that no name has. */
  *rows(): IterableIterator<number> {
    for (let at = 0; at < this.shape.rows; at += 1) yield headerWords + at * this.#stride;
  }

  /** Adds to a number of a row; gives the sum. */
  addNumber(row: number, index: number, by: number): number {
    return Number(Atomics.add(this.#wide, wideAt(row, index), BigInt(by))) + by;
  }

  /** A number of a row that holds doubles. */
  double(row: number, index: number): number {
    return this.#toDouble(Atomics.load(this.#wide, wideAt(row, index)));
  }

  /** Sets a number of a row that holds doubles. */
  setDouble(row: number, index: number, value: number): void {
    Atomics.store(this.#wide, wideAt(row, index), this.#toBits(value));
  }

  /** Adds to a number of a row that holds doubles; nothing that another thread adds is lost. */
  addDouble(row: number, index: number, by: number): void {
    const at = wideAt(row, index);
    for (let known = Atomics.load(this.#wide, at); ; ) {
      const sum = this.#toBits(this.#toDouble(known) + by);
      const found = Atomics.compareExchange(this.#wide, at, known, sum);
      if (found === known) return;
      known = found;
    }
  }

  /** Frees the row of a name. */
  drop(name: TableName): void {
    if (!this.#lock()) return;
    try {
      const row = this.find(name);
      if (row >= 0) this.#clear(row);
    } finally {
      this.#unlock();
    }
  }

  /**
   * Gives back all that a thread counted, and its locks. To be called once the thread has ended.
   */
  release(thread: number): void {
    const { words, shape } = this;
    for (let at = 0; at < shape.rows; at += 1) {
      const row = headerWords + at * this.#stride;
      for (let count = 0; count < shape.counts; count += 1)
        Atomics.store(words, this.countAt(row, count, thread), 0);
      // The row had no count, so that nothing is lost with its name.
      if (Atomics.load(words, row + claimedAt) === thread + 1) this.#clear(row);
    }
    if (Atomics.compareExchange(words, lockAt, thread + 1, 0) === thread + 1)
      Atomics.notify(words, lockAt);
  }

  #toDouble(bits: bigint): number {
    this.#bits[0] = bits;
    return this.#double[0] ?? 0;
  }

  #toBits(double: number): bigint {
    this.#double[0] = double;
    return this.#bits[0] ?? 0n;
  }

  #rowAt({ low }: TableName, step: number): number {
    return headerWords + (((low >>> 0) + step) % this.shape.rows) * this.#stride;
  }

  #make(name: TableName): number {
    const { words, shape } = this;
    let oldest = -1;
    for (let step = 0; step < Math.min(maxSteps, shape.rows); step += 1) {
      const row = this.#rowAt(name, step);
      const free = Atomics.load(words, row + highAt) === 0;
      if ((free || shape.counts > 0) && this.#claim(row)) return this.#take(row, name);
      if (oldest < 0 || this.#age(row) > this.#age(oldest)) oldest = row;
    }
    return shape.counts === 0 && this.#claim(oldest) ? this.#take(oldest, name) : -1;
  }

  /**
   * Claims a row that has no counts. Whoever counts in a row looks at the claim afterwards, so that
   * one of the two sees the other.
   */
  #claim(row: number): boolean {
    const { words, shape } = this;
    Atomics.store(words, row + claimedAt, this.#self);
    for (let count = 0; count < shape.counts; count += 1) {
      for (let thread = 0; thread < shape.threads; thread += 1) {
        if (Atomics.load(words, this.countAt(row, count, thread)) === 0) continue;
        Atomics.store(words, row + claimedAt, 0);
        return false;
      }
    }
    return true;
  }

  #take(row: number, { low, high }: TableName): number {
    const { words } = this;
    for (let index = 0; index < this.shape.numbers; index += 1) this.setNumber(row, index, 0);
    Atomics.store(words, row + lowAt, low);
    Atomics.store(words, row + highAt, high);
    Atomics.store(words, row + madeAt, Atomics.add(words, nextAt, 1));
    Atomics.store(words, row + claimedAt, 0);
    return row;
  }

  #clear(row: number): void {
    Atomics.store(this.words, row + lowAt, 0);
    Atomics.store(this.words, row + highAt, 0);
    Atomics.store(this.words, row + claimedAt, 0);
  }

  /** How many rows were made after this one; right also where the count of rows has overflowed. */
  #age(row: number): number {
    return (Atomics.load(this.words, nextAt) - Atomics.load(this.words, row + madeAt)) >>> 0;
  }

  #lock(): boolean {
    for (let tries = 0; tries < maxLockTries; tries += 1) {
      const holder = Atomics.compareExchange(this.words, lockAt, 0, this.#self);
      if (holder === 0) return true;
      Atomics.wait(this.words, lockAt, holder, 1);
    }
    return false;
  }

  #unlock(): void {
    Atomics.store(this.words, lockAt, 0);
    Atomics.notify(this.words, lockAt, 1);
  }
}

/** In how many rows a name is looked for. */
const maxSteps = 64;

/**
 * How often the lock is tried, a millisecond apart. Who holds it may have been stopped by the
 * system, or have ended with it; then its supervisor gives it back.
 */
const maxLockTries = 100;

/** Words ahead of the rows: the lock, and how many rows were made. */
const headerWords = 2;
const lockAt = 0;
const nextAt = 1;

/** Words of a row: two of its name, who claims it, and which row it was when it was made. */
const lowAt = 0;
const highAt = 1;
const claimedAt = 2;
const madeAt = 3;
const numbersAt = 4;

/** An even number, so that 64-bit numbers stand where they may. */
function rowWords({ numbers, counts, threads }: TableShape): number {
  const words = numbersAt + 2 * numbers + counts * threads;
  return words + (words % 2);
}

function wideAt(row: number, index: number): number {
  return (row + numbersAt) / 2 + index;
}
