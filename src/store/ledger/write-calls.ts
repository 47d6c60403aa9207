import { type CompiledQuery, type RawBuilder, sql } from "kysely";
import { appendAll } from "../../core/append-all.ts";
import type { LedgerRow } from "../../core/ledger/ledger-row.ts";
import type { Engine } from "../engine/engine.ts";
import { storable } from "../engine/storable.ts";
import { withoutErased } from "../erasure/late-calls.ts";
import { attemptColumns, callColumns } from "./call-columns.ts";
import { sumNames, sumsOfCalls } from "./sums-of-calls.ts";

/**
 * Writes calls, their attempts and what they add to sums, in one transaction. A call that is there
 * already is left alone, so that rows may be written again after a failure. Resolves with the
 * number of calls that were new.
 */
export async function writeCalls(
  { db, statements, lock }: Engine,
  rows: readonly LedgerRow[],
): Promise<number> {
  if (rows.length === 0) return 0;
  return db.transaction().execute(async (transaction) => {
    const writer: Writer = { db: transaction, statements };
    const fresh = await insertCalls(writer, await withoutErased({ lock }, transaction, rows));
    await insertAttempts(writer, fresh);
    await addSums(writer, fresh);
    return fresh.length;
  });
}

/** Rows of one statement: few sizes, so that there are few statements to prepare. */
const chunkSizes = [64, 16, 4, 1] as const;

type Writer = Pick<Engine, "db" | "statements">;

async function insertCalls(
  writer: Writer,
  rows: readonly LedgerRow[],
): Promise<readonly LedgerRow[]> {
  // In one order, so that of two who write the same calls neither waits for the other.
  const sorted = rows.toSorted((one, other) => (one.callId < other.callId ? -1 : 1));
  const wanted = new Map(sorted.map((row) => [row.callId, row]));
  const inserted = await insertAll(
    writer,
    "calls",
    [...wanted.values()].map(callColumns),
    (chunk) =>
      writer.db
        .insertInto("calls")
        .values(chunk)
        .onConflict((conflict) => conflict.column("call_id").doNothing())
        .returning("call_id")
        .compile(),
  );
  return inserted.flatMap(({ call_id }) => wanted.get(call_id) ?? []);
}

async function insertAttempts(writer: Writer, rows: readonly LedgerRow[]): Promise<void> {
  const attempts = rows.flatMap((row) =>
    row.attempts.map((attempt, at) => attemptColumns(row, attempt, at)),
  );
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
): Promise<Result[]> {
  const results: Result[] = [];
  for (const chunk of chunksOf(rows)) {
    const key = `${name} ${chunk.length}`;
    const statement = statements.get(key) ?? compile(chunk);
    statements.set(key, statement);
    const parameters = chunk.flatMap((row) => Object.values(row).map(storable));
    // The statement of a name is always that of the same `compile`.
    const found = await db.executeQuery({ ...(statement as CompiledQuery<Result>), parameters });
    appendAll(results, found.rows);
  }
  return results;
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
