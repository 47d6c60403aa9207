import { closeSync, openSync } from "node:fs";
import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  type QueryResult,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
} from "kysely";
import { storable } from "./storable.ts";

/** How long a statement waits for another process that writes to the file, this thread with it. */
const busyMs = 50;
/** How often it is tried again, and the time between, in which this thread does other things. */
const busyTries = 200;
const busyPauseMs = 25;
/** https://www.sqlite.org/rescode.html#busy */
const busyCode = 5;
/** Statements that are kept prepared. */
const maxStatements = 200;

/**
 * SQLite by `node:sqlite`, with one connection. `path` is a file, which is made where it is
 * missing, or `:memory:`. Statements run in this thread, and nothing else does meanwhile.
 * `readOnly`: the file is there, and statements that would change it fail.
 */
export function createSqliteDialect(path: string, readOnly = false): Dialect {
  return {
    createDriver: () => new SqliteDriver(path, readOnly),
    createQueryCompiler: () => new StorableCompiler(),
    createAdapter: () => new SqliteAdapter(),
    createIntrospector: (db) => new SqliteIntrospector(db),
  };
}

/** Parameters are as both databases take them. */
class StorableCompiler extends SqliteQueryCompiler {
  protected override addParameter(parameter: unknown): void {
    super.addParameter(storable(parameter));
  }
}

/** Kysely lends the one connection to one user at a time. */
class SqliteDriver implements Driver {
  readonly #path: string;
  readonly #readOnly: boolean;
  #connection: SqliteConnection | undefined;

  constructor(path: string, readOnly: boolean) {
    this.#path = path;
    this.#readOnly = readOnly;
  }

  async init(): Promise<void> {
    // Whoever may read the file reads the hashes of keys: nobody but its owner does.
    const readOnly = this.#readOnly;
    if (this.#path !== ":memory:" && !readOnly) closeSync(openSync(this.#path, "a", 0o600));
    const database = new DatabaseSync(this.#path, { readOnly, enableForeignKeyConstraints: true });
    database.exec(`pragma busy_timeout = ${busyMs}`);
    // Readers and the writer do not wait for each other.
    if (!readOnly) database.exec("pragma journal_mode = wal");
    // A key that was made or revoked must outlive a power cut; the ledger is written in batches.
    database.exec("pragma synchronous = full");
    // What was deleted must not be found in the pages of the file that were not used again yet.
    if (!readOnly) database.exec("pragma secure_delete = on");
    database.exec("pragma temp_store = memory");
    database.exec("pragma cache_size = -16384");
    this.#connection = new SqliteConnection(database);
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    if (this.#connection === undefined) throw new Error("the database is closed");
    return this.#connection;
  }

  /** Takes the lock of the file at once: one taken later could fail in the middle. */
  async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw("begin immediate"));
  }

  async commitTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw("commit"));
  }

  /**
   * SQLite has taken a transaction back by itself where the disk is full or fails; to do it again
   * would be an error that hides the first one. https://www.sqlite.org/lang_transaction.html
   */
  async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#connection?.isInTransaction() === false) return;
    await connection.executeQuery(CompiledQuery.raw("rollback"));
  }

  async releaseConnection(): Promise<void> {
    // There is one, which stays.
  }

  async destroy(): Promise<void> {
    this.#connection?.close();
    this.#connection = undefined;
  }
}

class SqliteConnection implements DatabaseConnection {
  readonly #database: DatabaseSync;
  /** The statements by their text, the one used last at the end. */
  readonly #statements = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    for (let tries = 1; ; tries += 1) {
      try {
        return this.#execute<R>(query);
      } catch (error) {
        if (tries > busyTries || !isBusy(error)) throw error;
      }
      await pause(busyPauseMs);
    }
  }

  #execute<R>({ sql, parameters }: CompiledQuery): QueryResult<R> {
    const statement = this.#prepare(sql);
    const values = parameters.map(inputOf);
    if (statement.columns().length > 0) {
      // What rows hold is up to the statement.
      const rows = statement.all(...values) as unknown as R[];
      return { rows };
    }
    const { changes } = statement.run(...values);
    return { rows: [], numAffectedRows: BigInt(changes) };
  }

  async *streamQuery<R>(query: CompiledQuery): AsyncIterableIterator<QueryResult<R>> {
    yield await this.executeQuery<R>(query);
  }

  isInTransaction(): boolean {
    return this.#database.isTransaction;
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }

  #prepare(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    const statement = known ?? this.#database.prepare(sql);
    if (known === undefined) statement.setReadBigInts(true);
    this.#statements.delete(sql);
    this.#statements.set(sql, statement);
    if (this.#statements.size > maxStatements) {
      const [oldest = ""] = this.#statements.keys();
      this.#statements.delete(oldest);
    }
    return statement;
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && error.errcode === busyCode;
}

/** Whole numbers are bound as integers, which node:sqlite does with bigints alone. */
function inputOf(input: unknown): SQLInputValue {
  if (typeof input === "string" || typeof input === "bigint") return input;
  if (input === undefined || input === null) return null;
  if (typeof input === "number") return Number.isSafeInteger(input) ? BigInt(input) : input;
  if (input instanceof Uint8Array) return input;
  throw new TypeError(`a ${typeof input} cannot be stored`);
}
