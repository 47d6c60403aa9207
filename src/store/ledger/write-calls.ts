import { type CompiledQuery, type RawBuilder, sql } from "kysely";
import { appendAll } from "../../core/append-all.ts";
import type { LedgerRow } from "../../core/ledger/ledger-row.ts";
import type { Engine } from "../engine/engine.ts";
import { storable } from "../engine/storable.ts";
import type { CallTable } from "../engine/tables.ts";
import { withoutErased } from "../erasure/late-calls.ts";
import { attemptColumns, callColumns } from "./call-columns.ts";
import { sumNames, sumsOfCalls } from "./sums-of-calls.ts";

/**
 * Writes calls, their attempts and what they add to sums, in one transaction. A call that is there
 * already is left alone, so that rows may be written again after a failure. Resolves with the
 * number of calls that were new.
 */
export async function writeCalls(engine: Engine, rows: readonly LedgerRow[]): Promise<number> {
  if (rows.length === 0) return 0;
  try {
    return await write(engine, rows, insertNewCalls);
  } catch (error) {
    if (!(error instanceof KnownCall)) throw error;
    return write(engine, rows, insertSomeCalls);
  }
}

/** One of the calls is there already, so that nothing of the transaction may stay. */
class KnownCall extends Error {}

function write(
  { db, statements, lock }: Engine,
  rows: readonly LedgerRow[],
  insertCalls: typeof insertNewCalls,
): Promise<number> {
  return db.transaction().execute(async (transaction) => {
    const writer: Writer = { db: transaction, statements };
    const wanted = columnsOf(await withoutErased({ lock }, transaction, rows));
    const fresh = await insertCalls(writer, wanted);
    await insertAttempts(writer, fresh);
    await addSums(
      writer,
      fresh.map(({ row }) => row),
    );
    return fresh.length;
  });
}

/** Rows of one statement: few sizes, so that there are few statements to prepare. */
const chunkSizes = [64, 16, 4, 1] as const;

type Writer = Pick<Engine, "db" | "statements">;

/** A call with its columns. */
interface Columned {
  readonly row: LedgerRow;
  readonly columns: CallTable;
}

/** In one order, so that of two who write the same calls neither waits for the other. */
function columnsOf(rows: readonly LedgerRow[]): ReadonlyMap<string, Columned> {
  const sorted = rows.toSorted((one, other) => (one.callId < other.callId ? -1 : 1));
  const wanted = new Map<string, Columned>();
  for (const row of sorted) wanted.set(row.callId, { row, columns: callColumns(row) });
  return wanted;
}

/**
 * Inserts calls; rejects with KnownCall where one is there already. To have the database say which
 * ones were new takes it a tenth longer, and hardly ever is one not.
 */
async function insertNewCalls(
  writer: Writer,
  wanted: ReadonlyMap<string, Columned>,
): Promise<readonly Columned[]> {
  const { changed } = await insertAll(writer, "new calls", columnsIn(wanted), (chunk) =>
    insertOf(writer, chunk).compile(),
  );
  if (changed < wanted.size) throw new KnownCall();
  return [...wanted.values()];
}

/** Inserts those calls that are not there, and resolves with them. */
async function insertSomeCalls(
  writer: Writer,
  wanted: ReadonlyMap<string, Columned>,
): Promise<readonly Columned[]> {
  const { results } = await insertAll(writer, "calls", columnsIn(wanted), (chunk) =>
    insertOf(writer, chunk).returning("call_id").compile(),
  );
  return results.flatMap(({ call_id }) => wanted.get(call_id) ?? []);
}

function columnsIn(wanted: ReadonlyMap<string, Columned>): readonly CallTable[] {
  return Array.from(wanted.values(), ({ columns }) => columns);
}

function insertOf({ db }: Writer, chunk: readonly CallTable[]) {
  return db
    .insertInto("calls")
    .values(chunk)
    .onConflict((conflict) => conflict.column("call_id").doNothing());
}

async function insertAttempts(writer: Writer, calls: readonly Columned[]): Promise<void> {
  const attempts = calls.flatMap(({ row, columns }) => attemptColumns(row, columns));
  await insertAll(writer, "attempts", attempts, (chunk) =>
    writer.db
      .insertInto("attempts")
      .values(chunk)
      .onConflict((conflict) => conflict.columns(["call_id", "number"]).doNothing())
      .compile(),
  );
}

async function addSums(writer: Writer, rows: readonly LedgerRow[]): Promise<void> {
  const { rollups, tenantRollups } = sumsOfCalls(rows);
  await insertAll(writer, "rollups", rollups, (chunk) =>
    writer.db
      .insertInto("rollups")
      .values(chunk)
      .onConflict((conflict) =>
        conflict
          .columns(["grain", "dimension", "bucket_ms", "value"])
          .doUpdateSet(addedTo("rollups")),
      )
      .compile(),
  );
  const tenant = ["organization_id", "team_id", "user_id", "key_id"] as const;
  await insertAll(writer, "tenant_rollups", tenantRollups, (chunk) =>
    writer.db
      .insertInto("tenant_rollups")
      .values(chunk)
      .onConflict((conflict) =>
        conflict
          .columns(["grain", "dimension", "bucket_ms", "value", ...tenant])
          .doUpdateSet(addedTo("tenant_rollups")),
      )
      .compile(),
  );
}

/**
 * Runs a statement for all rows. It is compiled once for each number of rows, for that takes longer
 * than the database does; all rows have the same columns in the same order.
 */
async function insertAll<Row extends object, Result>(
  { db, statements }: Writer,
  name: string,
  rows: readonly Row[],
  compile: (chunk: readonly Row[]) => CompiledQuery<Result>,
): Promise<{ readonly results: readonly Result[]; readonly changed: number }> {
  const results: Result[] = [];
  let changed = 0;
  for (const chunk of chunksOf(rows)) {
    const key = `${name} ${chunk.length}`;
    const statement = statements.get(key) ?? compile(chunk);
    statements.set(key, statement);
    const parameters: unknown[] = [];
    for (const row of chunk)
      for (const value of Object.values(row)) parameters.push(storable(value));
    // The statement of a name is always that of the same `compile`.
    const found = await db.executeQuery({ ...(statement as CompiledQuery<Result>), parameters });
    appendAll(results, found.rows);
    changed += Number(found.numAffectedRows ?? 0);
  }
  return { results, changed };
}

/** What the columns of sums become where there is a row. */
function addedTo(table: "rollups" | "tenant_rollups"): Record<string, RawBuilder<bigint>> {
  return Object.fromEntries(
    sumNames.map((name) => [
      name,
      sql<bigint>`${sql.ref(`${table}.${name}`)} + ${sql.ref(`excluded.${name}`)}`,
    ]),
  );
}

function* chunksOf<T>(rows: readonly T[]): Generator<readonly T[]> {
  let at = 0;
  for (const size of chunkSizes)
    for (; rows.length - at >= size; at += size) yield rows.slice(at, at + size);
}
