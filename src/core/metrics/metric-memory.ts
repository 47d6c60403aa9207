/**
 * Where a thread keeps the numbers of its metrics: series by name, each some cells of double
 * precision. Only the thread that has it writes; in shared memory all threads read it, and the next
 * thread in the same place goes on where one that has ended stopped.
 */
export class MetricMemory {
  /** The numbers of all series. Another array takes its place when it grows: read it anew. */
  cells: Float64Array;
  readonly #shared: SharedPart | undefined;
  readonly #places = new Map<string, number>();
  #used = 0;

  /** `buffer`: memory made by `createMetricBuffer`; absent: memory of this thread, which grows. */
  constructor(buffer?: SharedArrayBuffer) {
    this.#shared = buffer === undefined ? undefined : new SharedPart(buffer);
    this.cells = this.#shared?.cells ?? new Float64Array(firstCells);
    for (const { name, at, size } of this.#shared?.read() ?? []) {
      this.#places.set(name, at);
      this.#used = at + size;
    }
  }

  /** The first cell of a series; made, of zeros, where there is none yet. -1: there is no room. */
  open(name: string, size: number): number {
    const known = this.#places.get(name);
    if (known !== undefined) return known;
    const at = this.#used;
    if (this.#shared === undefined) this.#grow(at + size);
    else if (!this.#shared.add(name, at, size)) return -1;
    this.#used = at + size;
    this.#places.set(name, at);
    return at;
  }

  /** The series by their names. */
  get places(): ReadonlyMap<string, number> {
    return this.#places;
  }

  #grow(cells: number): void {
    if (cells <= this.cells.length) return;
    const grown = new Float64Array(Math.max(cells, 2 * this.cells.length));
    grown.set(this.cells);
    this.cells = grown;
  }
}

const firstCells = 512;

/** The numbers of a thread as others see them. */
export interface MetricView {
  readonly cells: Float64Array;
  /** The series by their names; new ones come. */
  readonly places: ReadonlyMap<string, number>;
}

/** Views the memory of another thread. */
export function viewMetrics(buffer: SharedArrayBuffer): MetricView {
  const part = new SharedPart(buffer);
  const places = new Map<string, number>();
  return {
    cells: part.cells,
    get places() {
      for (const { name, at } of part.read()) places.set(name, at);
      return places;
    },
  };
}

/** Room for the names of series and their numbers; the system provides it as it is used. */
const nameBytes = 8 * 1024 * 1024;
/** How many numbers the shared memory of a thread has room for. */
export const maxCells = 256 * 1024;
/** Words ahead of the names: how many bytes of names there are. */
const headerBytes = 8;

/** Makes memory for the metrics of one thread, which can be sent to it: 10 MB at most. */
export function createMetricBuffer(): SharedArrayBuffer {
  return new SharedArrayBuffer(headerBytes + nameBytes + 8 * maxCells);
}

/** A series as it is written into shared memory. */
interface Entry {
  readonly name: string;
  readonly at: number;
  readonly size: number;
}

/** Words ahead of the bytes of a name: its first cell, its cells and its bytes. */
const entryHeader = 12;

class SharedPart {
  readonly cells: Float64Array;
  readonly #head: Int32Array;
  readonly #names: DataView;
  readonly #bytes: Uint8Array;
  #seen = 0;

  constructor(buffer: SharedArrayBuffer) {
    this.#head = new Int32Array(buffer, 0, 1);
    this.#names = new DataView(buffer, headerBytes, nameBytes);
    this.#bytes = new Uint8Array(buffer, headerBytes, nameBytes);
    this.cells = new Float64Array(buffer, headerBytes + nameBytes);
  }

  /** The entries that were added since they were read. */
  *read(): Generator<Entry, void> {
    const end = Atomics.load(this.#head, 0);
    while (this.#seen < end) {
      const from = this.#seen;
      const length = this.#names.getUint32(from + 8);
      const start = from + entryHeader;
      this.#seen = start + length;
      // Decoders take no shared memory.
      const name = new TextDecoder().decode(this.#bytes.slice(start, start + length));
      yield { name, at: this.#names.getUint32(from), size: this.#names.getUint32(from + 4) };
    }
  }

  /** False: there is no room. Others see it when all of it is there. */
  add(name: string, at: number, size: number): boolean {
    const text = new TextEncoder().encode(name);
    const from = Atomics.load(this.#head, 0);
    const end = from + entryHeader + text.length;
    if (end > nameBytes || at + size > this.cells.length) return false;
    this.#names.setUint32(from, at);
    this.#names.setUint32(from + 4, size);
    this.#names.setUint32(from + 8, text.length);
    this.#bytes.set(text, from + entryHeader);
    Atomics.store(this.#head, 0, end);
    return true;
  }
}
