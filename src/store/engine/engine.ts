import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { type CompiledQuery, Kysely, sql } from "kysely";
import { createPostgresDialect } from "./postgres-dialect.ts";
import { createSqliteDialect } from "./sqlite-dialect.ts";
import type { Tables } from "./tables.ts";

/** Where records are kept. */
export type StoreAddress =
  /**
   * A file, relative to the working directory; it and its folder are made where they are missing.
   */
  | { readonly kind: "sqlite"; readonly path: string }
  /** The URL is read for each connection. */
  | { readonly kind: "postgres"; readonly url: string }
  /** SQLite without a file, by the same code. */
  | { readonly kind: "memory" };

/** A database, by Kysely. What differs between the kinds is in this folder. */
export interface Engine {
  readonly kind: StoreAddress["kind"];
  readonly db: Kysely<Tables>;
  /** How many rows one statement may hold, by the columns of each: parameters are bounded. */
  readonly maxRows: (columns: number) => number;
  /** Statements that are run again and again, by a name for each. */
  readonly statements: Map<string, CompiledQuery>;
  /**
   * Has nobody else hold the same lock until the end of the transaction; `shared`: but for others
   * that share it. SQLite's transactions have the file to themselves.
   */
  readonly lock: (transaction: Kysely<Tables>, name: string, how?: "shared") => Promise<void>;
  /**
   * Has gateways look for changes once the transaction is over: those that listen to the database.
   * SQLite has no such message; its file says by a number that it was changed.
   */
  readonly announce: (transaction: Kysely<Tables>) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** The channel of PostgreSQL by which gateways hear that the directory has changed. */
export const changesChannel = "parlance_changes";

/** https://www.postgresql.org/docs/15/functions-admin.html#FUNCTIONS-ADVISORY-LOCKS */
const ownLock = sql.raw("pg_advisory_xact_lock");
const sharedLock = sql.raw("pg_advisory_xact_lock_shared");

/**
 * Opens a database; PostgreSQL is connected to with the first statement. `onError` takes what
 * breaks connections that nobody uses. `readOnly`: a file of SQLite is there and is not changed.
 * The caller closes it.
 */
export async function openEngine(
  address: StoreAddress,
  onError: (error: Error) => void,
  { readOnly = false }: { readonly readOnly?: boolean } = {},
): Promise<Engine> {
  if (address.kind === "postgres") {
    const db = new Kysely<Tables>({ dialect: await createPostgresDialect(address, onError) });
    return {
      kind: "postgres",
      db,
      statements: new Map(),
      maxRows: (columns) => rowsOf(columns, 65_535),
      async lock(transaction, name, how) {
        const take = how === "shared" ? sharedLock : ownLock;
        await sql`select ${take}(hashtextextended(${name}, 0))`.execute(transaction);
      },
      async announce(transaction) {
        await sql`select pg_notify(${changesChannel}, '')`.execute(transaction);
      },
      close: () => db.destroy(),
    };
  }
  const path = address.kind === "memory" ? ":memory:" : address.path;
  if (address.kind === "sqlite" && !readOnly) mkdirSync(dirname(path), { recursive: true });
  const db = new Kysely<Tables>({ dialect: createSqliteDialect(path, readOnly) });
  return {
    kind: address.kind,
    db,
    statements: new Map(),
    maxRows: (columns) => rowsOf(columns, 32_766),
    lock: async () => undefined,
    announce: async () => undefined,
    close: () => db.destroy(),
  };
}

function rowsOf(columns: number, maxParameters: number): number {
  return Math.max(1, Math.floor(maxParameters / columns));
}
