import { type Kysely, sql } from "kysely";
import type { Engine } from "../engine/engine.ts";
import type { Tables } from "../engine/tables.ts";
import { migrations as allMigrations, type Migration } from "./migrations.ts";

/** How far the schema of a database is. */
export interface SchemaState {
  /** The version of the database; 0: it is empty. */
  readonly version: number;
  /** The version that this program knows. */
  readonly known: number;
  /** The names of what is still to be applied, in order. */
  readonly pending: readonly string[];
}

/** A schema that a later version of the program has made: this one could spoil it. */
export class SchemaTooNewError extends Error {
  constructor({ version, known }: SchemaState) {
    super(
      `the store has schema ${version}, and this version of parlance knows ${known}: ` +
        "start a version that is as new as the one that changed it, or restore a copy from before",
    );
    this.name = "SchemaTooNewError";
  }
}

/** How far the schema is. Changes nothing. */
export async function readSchema(
  { db }: Pick<Engine, "db">,
  migrations: readonly Migration[] = allMigrations,
): Promise<SchemaState> {
  const tables = await db.introspection.getTables();
  const known = migrations.at(-1)?.version ?? 0;
  const made = tables.some(({ name }) => name === "schema_versions");
  const version = made ? await versionOf(db) : 0;
  const pending = migrations.filter((one) => one.version > version).map(({ name }) => name);
  return { version, known, pending };
}

/**
 * Applies what is pending, each migration in a transaction under a lock, so that of several
 * gateways that start at once one does. Rejects with SchemaTooNewError where the schema is newer
 * than this program.
 */
export async function migrate(
  engine: Engine,
  nowMs: number,
  migrations: readonly Migration[] = allMigrations,
): Promise<SchemaState> {
  let state = await readSchema(engine, migrations);
  while (state.version !== state.known) {
    refuseNewer(state);
    await engine.db
      .transaction()
      .execute((transaction) => step(engine, transaction, nowMs, migrations));
    state = await readSchema(engine, migrations);
  }
  return state;
}

/** Refuses a schema that this program does not know. */
export function refuseNewer(state: SchemaState): void {
  if (state.version > state.known) throw new SchemaTooNewError(state);
}

/** Applies the next migration, if it is still to be applied once the lock is held. */
async function step(
  engine: Engine,
  transaction: Kysely<Tables>,
  nowMs: number,
  migrations: readonly Migration[],
): Promise<void> {
  await engine.lock(transaction, "parlance migrations");
  await transaction.schema
    .createTable("schema_versions")
    .ifNotExists()
    .addColumn("version", "bigint", (column) => column.primaryKey().notNull())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("applied_ms", "bigint", (column) => column.notNull())
    .execute();
  const version = await versionOf(transaction);
  const next = migrations.find((one) => one.version === version + 1);
  if (next === undefined) return;
  // Whoever waits for a table longer than this stands in the way of all who come after it.
  if (engine.kind === "postgres") await sql`set local lock_timeout = '5s'`.execute(transaction);
  await next.up(transaction);
  await transaction
    .insertInto("schema_versions")
    .values({ version: BigInt(next.version), name: next.name, applied_ms: BigInt(nowMs) })
    .execute();
}

async function versionOf(db: Kysely<Tables>): Promise<number> {
  const { version } = await db
    .selectFrom("schema_versions")
    .select(({ fn }) => fn.max("version").as("version"))
    .executeTakeFirstOrThrow();
  return Number(version ?? 0n);
}
