import {
  closeSync,
  fdatasyncSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { frameBytes, frameRecords, maxRecordBytes, readFrames } from "./record-frames.ts";

/** What is asked of the disk; tests bring one that is full. */
export interface JournalDisk {
  readonly write: (file: number, bytes: Uint8Array) => number;
  readonly sync: (file: number) => void;
}

/** Some records from the beginning of a journal. */
export interface JournalBatch {
  readonly records: readonly string[];
  /** Says that they are kept elsewhere: they are not read again. */
  readonly done: () => void;
}

/**
 * A log of records that wait for something, in files of one folder, which is this process's own.
 */
export interface Journal {
  /**
   * Adds records, which outlive the process and the power once this returns. False where they do
   * not fit into `maxBytes`. Throws what the system says where they cannot be written; then none of
   * them is there.
   */
  readonly append: (records: readonly Uint8Array[]) => boolean;
  /** The oldest records, at most `max`; undefined: there are none. */
  readonly read: (max: number) => JournalBatch | undefined;
  /** All records that wait, some at a time, the oldest first; they go on waiting. */
  readonly scan: () => Iterable<readonly string[]>;
  /** How many bytes wait. */
  readonly bytes: () => number;
  readonly close: () => void;
}

/** A file is closed and another one begun when it is as long as this. */
const maxFileBytes = 8 * 1024 * 1024;
/** How much is read at once. */
const readBytes = 1024 * 1024;
const scanRecords = 512;

const systemDisk: JournalDisk = {
  write: (file, bytes) => writeSync(file, bytes),
  sync: (file) => fdatasyncSync(file),
};

/**
 * Opens the journal of a folder, which is made where it is missing. Records of an earlier process
 * are the first that are read. What a crash has left of a record at the end of a file is cut off;
 * `onDamage` takes a sentence about anything else that is no record, which is kept under another
 * name.
 */
export function openJournal(options: {
  readonly folder: string;
  readonly maxBytes: number;
  readonly onDamage: (message: string) => void;
  readonly disk?: JournalDisk;
}): Journal {
  return new FileJournal(options);
}

/** A file of the journal; the bytes before `read` are kept elsewhere. */
interface Segment {
  readonly path: string;
  bytes: number;
  read: number;
}

class FileJournal implements Journal {
  readonly #folder: string;
  readonly #maxBytes: number;
  readonly #onDamage: (message: string) => void;
  readonly #disk: JournalDisk;
  /** The oldest first; the last one is written to while `#file` is open. */
  readonly #segments: Segment[];
  #file: number | undefined;
  #next: number;

  constructor({
    folder,
    maxBytes,
    onDamage,
    disk = systemDisk,
  }: Parameters<typeof openJournal>[0]) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
    this.#onDamage = onDamage;
    this.#disk = disk;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const names = readdirSync(folder).filter((name) => /^\d{10}\.log$/.test(name));
    this.#segments = names.sort().map((name) => {
      const path = join(folder, name);
      return { path, bytes: statSync(path).size, read: 0 };
    });
    this.#next = Number.parseInt(names.at(-1) ?? "0", 10) + 1;
  }

  append(records: readonly Uint8Array[]): boolean {
    const framed = frameRecords(records);
    if (this.bytes() + framed.length > this.#maxBytes) return false;
    const [file, segment] = this.#open();
    try {
      for (let at = 0; at < framed.length; ) at += this.#disk.write(file, framed.subarray(at));
      this.#disk.sync(file);
    } catch (error) {
      // Half a record in the middle of a file would hide all that follow it.
      ftruncateSync(file, segment.bytes);
      throw error;
    }
    segment.bytes += framed.length;
    return true;
  }

  read(max: number): JournalBatch | undefined {
    for (;;) {
      const [segment] = this.#segments;
      if (segment === undefined) return undefined;
      const rest = segment.bytes - segment.read;
      const found = rest === 0 ? undefined : readFrames(this.#bytesOf(segment, rest), max);
      if (found !== undefined && found.records.length > 0)
        return {
          records: found.records,
          done: () => {
            segment.read += found.bytes;
          },
        };
      if (rest > 0) this.#setAside(segment, rest, found?.damaged === true);
      else if (this.#segments.length === 1 && segment.bytes === 0) return undefined;
      this.#drop(segment);
    }
  }

  *scan(): Iterable<readonly string[]> {
    for (const segment of [...this.#segments])
      for (let { read } = segment; read < segment.bytes; ) {
        const bytes = this.#bytesOf({ ...segment, read }, segment.bytes - read);
        const found = readFrames(bytes, scanRecords);
        if (found.records.length === 0) break;
        yield found.records;
        read += found.bytes;
      }
  }

  bytes(): number {
    return this.#segments.reduce((sum, { bytes, read }) => sum + bytes - read, 0);
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  /** The file that records are added to. */
  #open(): readonly [number, Segment] {
    const last = this.#segments.at(-1);
    if (this.#file !== undefined && last !== undefined && last.bytes < maxFileBytes)
      return [this.#file, last];
    this.close();
    const path = join(this.#folder, `${String(this.#next).padStart(10, "0")}.log`);
    this.#next += 1;
    const file = openSync(path, "ax", 0o600);
    this.#file = file;
    // Else the file itself could be gone after a power cut.
    const folder = openSync(this.#folder, "r");
    fsyncSync(folder);
    closeSync(folder);
    const segment = { path, bytes: fstatSync(file).size, read: 0 };
    this.#segments.push(segment);
    return [file, segment];
  }

  /** Reads on from where it was read; more where one record is longer. */
  #bytesOf(segment: Segment, rest: number): Buffer {
    const file = openSync(segment.path, "r");
    try {
      let wanted = Math.min(rest, readBytes);
      const head = Buffer.alloc(frameBytes);
      readSync(file, head, 0, frameBytes, segment.read);
      const length = frameBytes + head.readUInt32LE(0);
      if (length <= frameBytes + maxRecordBytes) wanted = Math.min(rest, Math.max(wanted, length));
      const bytes = Buffer.allocUnsafe(wanted);
      const count = readSync(file, bytes, 0, wanted, segment.read);
      return bytes.subarray(0, count);
    } finally {
      closeSync(file);
    }
  }

  /** What a crash has cut is no loss: it was never said to be kept. What was changed is one. */
  #setAside(segment: Segment, rest: number, damaged: boolean): void {
    if (damaged) {
      renameSync(segment.path, `${segment.path}.damaged`);
      this.#onDamage(
        `${rest} bytes of the journal are no records any more; they are kept in ${segment.path}.damaged`,
      );
    }
    segment.read = segment.bytes;
  }

  /** Lets go of a file of which everything is kept elsewhere. */
  #drop(segment: Segment): void {
    if (this.#segments.at(-1) === segment) this.close();
    this.#segments.shift();
    try {
      unlinkSync(segment.path);
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    }
  }
}
