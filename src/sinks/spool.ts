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
import { basename, join } from "node:path";
import { setImmediate } from "node:timers/promises";
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
  /**
   * Changes the rows of the files that nobody has, and from then on those that are kept or taken
   * here; gives how many were changed.
   */
  readonly rewrite: (change: (row: Row) => Row) => Promise<number>;
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
const usualFileRows = 100;
/** As many rows are printed or parsed in one turn; calls go on between them. */
const rowsInTurn = 100;
/** A file that was taken so long ago is of a process that has died. */
const abandonedMs = 600_000;
/** While others have files it is looked so often whether they have died. */
const lookEveryMs = 60_000;
/** Changes that are remembered; what is older was sent or changed long ago. */
const maxChanges = 100;
const waitingName = /^\d{15}-[0-9a-f-]+\.jsonl$/;
const takenName = /^\d{15}-[0-9a-f-]+\.jsonl\.taken$/;

/** Opens the spool of a folder, which is made once something is kept. */
export function openSpool(options: {
  readonly folder: string;
  readonly maxBytes: number;
  readonly wallMs: () => number;
  /** Rows of a file at most; default: 100. */
  readonly fileRows?: number | undefined;
}): Spool {
  return new FileSpool(options);
}

class FileSpool implements Spool {
  readonly #folder: string;
  readonly #maxBytes: number;
  readonly #wallMs: () => number;
  readonly #fileRows: number;
  /**
   * Until then nothing is known to wait. At first the folder may hold files of an earlier process.
   */
  #emptyUntilMs = 0;
  /** Files that waited when the folder was read, the oldest first. */
  #known: string[] = [];
  #changes: readonly ((row: LedgerRow) => LedgerRow)[] = [];

  constructor({
    folder,
    maxBytes,
    wallMs,
    fileRows = usualFileRows,
  }: Parameters<typeof openSpool>[0]) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
    this.#wallMs = wallMs;
    this.#fileRows = fileRows;
  }

  async keep(rows: readonly LedgerRow[]): Promise<string | undefined> {
    const texts: string[] = [];
    for (let at = 0; at < rows.length; at += this.#fileRows)
      texts.push(await textOf(this.#changed(rows.slice(at, at + this.#fileRows))));
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
    this.#emptyUntilMs = 0;
    return undefined;
  }

  async take(): Promise<Taken | undefined> {
    if (this.isEmpty()) return undefined;
    const known = await this.#takeKnown();
    if (known !== undefined) return known;
    const names = await this.#names();
    this.#known = names.filter((name) => waitingName.test(name));
    const found = await this.#takeKnown();
    if (found !== undefined) return found;
    const taken = names.filter((name) => takenName.test(name));
    for (const name of taken)
      if (await this.#isAbandoned(name)) {
        const left = await this.#claim(name, name);
        if (left !== undefined) return left;
      }
    this.#emptyUntilMs =
      taken.length === 0 ? Number.POSITIVE_INFINITY : this.#wallMs() + lookEveryMs;
    return undefined;
  }

  isEmpty(): boolean {
    return this.#wallMs() < this.#emptyUntilMs;
  }

  async rewrite(change: (row: LedgerRow) => LedgerRow): Promise<number> {
    this.#changes = [...this.#changes.slice(1 - maxChanges), change];
    let count = 0;
    for (const name of (await this.#names()).filter((one) => waitingName.test(one))) {
      const taken = await this.#claim(name, `${name}.taken`);
      count += taken?.changed ?? 0;
      await taken?.giveBack();
    }
    return count;
  }

  /** The same rows where nothing of them is to be changed. */
  #changed(rows: readonly LedgerRow[]): readonly LedgerRow[] {
    if (this.#changes.length === 0) return rows;
    return rows.map((row) => this.#changes.reduce((made, change) => change(made), row));
  }

  async #takeKnown(): Promise<Taken | undefined> {
    for (let at = 0; at < this.#known.length; at += 1) {
      const name = this.#known[at] ?? "";
      const found = await this.#claim(name, `${name}.taken`);
      if (found === undefined) continue;
      this.#known.splice(0, at + 1);
      return found;
    }
    this.#known = [];
    return undefined;
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
  async #claim(
    name: string,
    taken: string,
  ): Promise<(Taken & { readonly changed: number }) | undefined> {
    const path = join(this.#folder, taken);
    const waiting = join(this.#folder, taken.replace(/\.taken$/, ""));
    try {
      if (name !== taken) await rename(join(this.#folder, name), path);
      const now = this.#wallMs() / 1000;
      await utimes(path, now, now);
      const found = await rowsOf(await readFile(path, "utf8"));
      const rows = this.#changed(found);
      const changed = rows.filter((row, at) => row !== found[at]).length;
      if (changed > 0) {
        await writeFile(`${path}.new`, await textOf(rows), { mode: 0o600, flush: true });
        await rename(`${path}.new`, path);
      }
      return {
        rows,
        changed,
        done: () => unlink(path).catch(() => undefined),
        giveBack: async () => {
          await rename(path, waiting).catch(() => undefined);
          this.#known.unshift(basename(waiting));
        },
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

async function textOf(rows: readonly LedgerRow[]): Promise<string> {
  let text = "";
  for (const [at, row] of rows.entries()) {
    if (at > 0 && at % rowsInTurn === 0) await setImmediate();
    text += `${printLedgerRow(row)}\n`;
  }
  return text;
}

/** The rows of a file; a line that is none is left out. */
async function rowsOf(text: string): Promise<readonly LedgerRow[]> {
  const rows: LedgerRow[] = [];
  for (const [at, line] of text.split("\n").entries()) {
    if (at > 0 && at % rowsInTurn === 0) await setImmediate();
    if (line === "") continue;
    try {
      rows.push(parseLedgerRow(line));
    } catch {
      // Nothing else can be made of it.
    }
  }
  return rows;
}
