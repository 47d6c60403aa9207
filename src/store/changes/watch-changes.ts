import { sql } from "kysely";
import { lastSequence } from "../directory/read-directory.ts";
import type { Engine, StoreAddress } from "../engine/engine.ts";
import { listenToPostgres } from "./listen-to-postgres.ts";

/** How often it is looked whether another process has changed a file of SQLite. */
const lookMs = 200;

/**
 * Calls `onChange` when the directory or the configuration may have changed in the database, also
 * by another process, and when a server is there again. Gives a function that ends it.
 */
export function watchChanges(
  engine: Engine,
  address: StoreAddress,
  onChange: () => void,
): () => void {
  if (address.kind === "postgres") return listenToPostgres(address, onChange);
  if (address.kind === "memory") return () => undefined;
  return watchFile(engine, onChange);
}

/**
 * The number of SQLite that another connection's changes raise is read from the file's shared
 * memory: it costs some microseconds. Most changes are records of calls, so that it is looked what
 * the last change of the directory was.
 */
function watchFile(engine: Engine, onChange: () => void): () => void {
  let known: bigint | undefined;
  // What was changed before the first look may not have been seen.
  let sequence = -1;
  let isLooking = false;
  const look = async (): Promise<void> => {
    const { rows } = await sql<{ readonly data_version: bigint }>`pragma data_version`.execute(
      engine.db,
    );
    const version = rows[0]?.data_version;
    if (version === known) return;
    const last = await lastSequence(engine);
    if (last !== sequence) onChange();
    [known, sequence] = [version, last];
  };
  const timer = setInterval(() => {
    if (isLooking) return;
    isLooking = true;
    // A file that cannot be read now is looked at again.
    void look()
      .catch(() => undefined)
      .finally(() => {
        isLooking = false;
      });
  }, lookMs);
  timer.unref();
  return () => clearInterval(timer);
}
