import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** A folder of journals that no other process has; a process that dies lets go of it. */
export interface JournalSlot {
  readonly folder: string;
  readonly release: () => void;
}

/** How many processes may have their journals in one folder. */
const maxSlots = 64;

/**
 * Takes the first slot of a folder that nobody has. Rejects where all are taken, or the folder
 * cannot be written.
 */
export function takeSlot(path: string): JournalSlot {
  for (let at = 0; at < maxSlots; at += 1) {
    const slot = lockSlot(join(path, String(at)));
    if (slot !== undefined) return slot;
  }
  throw new Error(`${path} has journals of ${maxSlots} running gateways: choose another folder`);
}

/** Takes each further slot that a process has left behind, which may hold records. */
export function takeLeftSlots(path: string, own: JournalSlot): readonly JournalSlot[] {
  return readdirSync(path)
    .filter((name) => /^\d+$/.test(name) && join(path, name) !== own.folder)
    .flatMap((name) => lockSlot(join(path, name)) ?? []);
}

/**
 * Node has no locks of files, and SQLite does: the system lets go of them when a process dies.
 * Undefined where another one has it.
 */
function lockSlot(folder: string): JournalSlot | undefined {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const database = new DatabaseSync(join(folder, "lock"));
  try {
    database.exec("pragma locking_mode = exclusive; begin exclusive");
  } catch (error) {
    database.close();
    if (error instanceof Error && "errcode" in error && error.errcode === 5) return undefined;
    throw error;
  }
  return { folder, release: () => database.close() };
}
