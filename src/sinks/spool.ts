import { randomUUID } from "node:crypto";
import {
  mkdir,
  readdir,
  readFile,
  rename,
  stat,
  unlink,
  utimes,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { parseLedgerRow, printLedgerRow } from "../core/ledger/ledger-json.ts";
import type { LedgerRow } from "../core/ledger/ledger-row.ts";

/**
 * A folder in which the records of a sink wait. Several threads and processes may have the same:
 * each file is written once, and is taken by one of them.
 */
export interface Spool<Row = LedgerRow> {
  /** Keeps rows; gives a sentence where they cannot be kept, and then none of them is. */
  readonly keep: (rows: readonly Row[]) => Promise<string | undefined>;
  /** Takes the oldest file that nobody has. Undefined: there is none. */
  readonly take: () => Promise<Taken<Row> | undefined>;
  /** Whether nothing is known to wait. */
  readonly isEmpty: () => boolean;
}

/** Rows of one file. */
export interface Taken<Row = LedgerRow> {
  readonly rows: readonly Row[];
  /** Deletes the file: the rows are where they belong. */
  readonly done: () => Promise<void>;
  /** Leaves the rows to whoever takes them next. */
  readonly giveBack: () => Promise<void>;
}

/** Rows of a file at most: as many as one request has. */
const fileRows = 100;
/** A file that was taken so long ago is of a process that has died. */
const abandonedMs = 600_000;
const waitingName = /^\d{15}-[0-9a-f-]+\.jsonl$/;
const takenName = /^\d{15}-[0-9a-f-]+\.jsonl\.taken$/;

/** Opens the spool of a folder, which is made once something is kept. */
export function openSpool(options: {
  readonly folder: string;
  readonly maxBytes: number;
  readonly wallMs: () => number;
}): Spool {
  return new FileSpool(options);
}

class FileSpool implements Spool {
  readonly #folder: string;
  readonly #maxBytes: number;
  readonly #wallMs: () => number;
  /** Until it has been looked at the folder may hold files of an earlier process. */
  #empty = false;

  constructor({ folder, maxBytes, wallMs }: Parameters<typeof openSpool>[0]) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
    this.#wallMs = wallMs;
  }

  async keep(rows: readonly LedgerRow[]): Promise<string | undefined> {
    const texts: string[] = [];
    for (let at = 0; at < rows.length; at += fileRows)
      texts.push(
        `${rows
          .slice(at, at + fileRows)
          .map(printLedgerRow)
          .join("\n")}\n`,
      );
    const written: string[] = [];
    try {
      await mkdir(this.#folder, { recursive: true, mode: 0o700 });
      const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
      if ((await this.#bytes()) + bytes > this.#maxBytes) return "the folder is full";
      for (const [at, text] of texts.entries()) {
        const path = join(this.#folder, this.#nextName(at));
        written.push(path);
        // Only a file that is whole has the name of one that waits.
        await writeFile(`${path}.new`, text, { mode: 0o600, flush: true });
        await rename(`${path}.new`, path);
      }
    } catch (error) {
      for (const path of written)
        for (const one of [path, `${path}.new`]) await unlink(one).catch(() => undefined);
      return error instanceof Error ? error.message : String(error);
    }
    this.#empty = false;
    return undefined;
  }

  async take(): Promise<Taken | undefined> {
    if (this.#empty) return undefined;
    const names = await this.#names();
    for (const name of names.filter((one) => waitingName.test(one))) {
      const found = await this.#claim(name, `${name}.taken`);
      if (found !== undefined) return found;
    }
    for (const name of names.filter((one) => takenName.test(one)))
      if (await this.#isAbandoned(name)) {
        const found = await this.#claim(name, name);
        if (found !== undefined) return found;
      }
    this.#empty = true;
    return undefined;
  }

  isEmpty(): boolean {
    return this.#empty;
  }

  /** Names sort by time, and then by the order in which they were made. */
  #nextName(at: number): string {
    const time = String(Math.trunc(this.#wallMs()) * 10 + Math.min(at, 9)).padStart(15, "0");
    return `${time}-${randomUUID()}.jsonl`;
  }

  async #names(): Promise<readonly string[]> {
    try {
      return (await readdir(this.#folder)).sort();
    } catch {
      return [];
    }
  }

  async #bytes(): Promise<number> {
    const sizes = (await this.#names()).map(async (name) => {
      const found = await stat(join(this.#folder, name)).catch(() => undefined);
      return found?.size ?? 0;
    });
    return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  }

  /** Renaming succeeds for one of those who try. */
  async #claim(name: string, taken: string): Promise<Taken | undefined> {
    const path = join(this.#folder, taken);
    const waiting = join(this.#folder, taken.replace(/\.taken$/, ""));
    try {
      if (name !== taken) await rename(join(this.#folder, name), path);
      const now = this.#wallMs() / 1000;
      await utimes(path, now, now);
      const rows = rowsOf(await readFile(path, "utf8"));
      return {
        rows,
        done: () => unlink(path).catch(() => undefined),
        giveBack: () => rename(path, waiting).catch(() => undefined),
      };
    } catch {
      return undefined;
    }
  }

  async #isAbandoned(name: string): Promise<boolean> {
    const found = await stat(join(this.#folder, name)).catch(() => undefined);
    return found !== undefined && this.#wallMs() - found.mtimeMs > abandonedMs;
  }
}

/** The rows of a file; a line that is none is left out. */
function rowsOf(text: string): readonly LedgerRow[] {
  return text.split("\n").flatMap((line) => {
    if (line === "") return [];
    try {
      return [parseLedgerRow(line)];
    } catch {
      return [];
    }
  });
}
