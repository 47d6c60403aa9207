import {
  appendFileSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { parseLedgerRow } from "../../core/ledger/ledger-json.ts";

/**
 * The calls of one gateway thread that have begun and not ended, as the rows that they become if
 * the process dies. They outlive the process and not the power: nothing waits for the disk.
 */
export interface IntentFile {
  /** Adds lines, each with its end. */
  readonly add: (lines: string) => void;
  /** Puts lines in the place of all that are there; "": none. */
  readonly replace: (lines: string) => void;
  /** The rows of the file, which is gone then. */
  readonly take: () => readonly string[];
}

/** Rows that a process has left, and what says that they are kept elsewhere. */
export interface LeftIntents {
  readonly records: readonly string[];
  readonly done: () => void;
}

/**
 * The file of a gateway thread of a process, in the folder of the journal. `processId` is unique
 * over all processes, `number` within one.
 */
export function openIntents(folder: string, processId: string, number: number): IntentFile {
  const path = join(folder, `${prefix}${processId}-${number}${suffix}`);
  const replace = (lines: string): void => {
    if (lines === "") rmSync(path, { force: true });
    else {
      writeFileSync(`${path}.next`, lines, { mode: 0o600 });
      renameSync(`${path}.next`, path);
    }
  };
  return {
    add: (lines) => appendFileSync(path, lines, { mode: 0o600 }),
    replace,
    take() {
      const records = readRows([path]);
      replace("");
      return records;
    },
  };
}

/** What other processes than this one have left in a folder; undefined: nothing. */
export function leftIntents(folder: string, processId: string): LeftIntents | undefined {
  const all = readdirSync(folder).filter((name) => name.startsWith(prefix));
  const paths = all
    .filter((name) => !name.startsWith(`${prefix}${processId}-`))
    .map((name) => join(folder, name));
  if (paths.length === 0) return undefined;
  const records = readRows(paths.filter((path) => path.endsWith(suffix)));
  return {
    records,
    done() {
      for (const path of paths) rmSync(path, { force: true });
    },
  };
}

const prefix = "intents-";
const suffix = ".jsonl";

/** The last row of each call. What was cut off by a crash, or changed, is passed over. */
function readRows(paths: readonly string[]): readonly string[] {
  const rows = new Map<string, string>();
  for (const path of paths)
    for (const line of readText(path).split("\n").slice(0, -1)) {
      const id = idOf(line);
      if (id !== undefined) rows.set(id, line);
    }
  return [...rows.values()];
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    throw error;
  }
}

function idOf(line: string): string | undefined {
  try {
    return parseLedgerRow(line).callId;
  } catch {
    return undefined;
  }
}
