import { type Kysely, type RawBuilder, sql } from "kysely";
import type { LedgerRow } from "../../core/ledger/ledger-row.ts";
import type { Engine } from "../engine/engine.ts";
import type { Tables } from "../engine/tables.ts";
import { attemptColumns, callColumns } from "./call-columns.ts";
import { sumNames, sumsOfCalls } from "./sums-of-calls.ts";

/**
 * Writes calls, their attempts and what they add to sums, in one transaction. A call that is there
 * already is left alone, so that rows may be written again after a failure. Resolves with the
 * number of calls that were new.
 *
 */
export async function writeCalls({ db }: Engine, rows: readonly LedgerRow[]): Promise<number> {
  if (rows.length === 0) return 0;
  return db.transaction().execute(async (transaction) => {
    const fresh = await insertCalls(transaction, rows);
    await insertAttempts(transaction, fresh);
    await addSums(transaction, fresh);
    return fresh.length;
  });
}

/** Rows of one statement: few sizes, so that there are few statements to prepare. */
const chunkSizes = [64, 16, 4, 1] as const;

async function insertCalls(
  db: Kysely<Tables>,
  rows: readonly LedgerRow[],
): Promise<readonly LedgerRow[]> {
  // In one order, so that of two who write the same calls neither waits for the other.
  const sorted = rows.toSorted((one, other) => (one.callId < other.callId ? -1 : 1));
  const wanted = new Map(sorted.map((row) => [row.callId, row]));
  const fresh: LedgerRow[] = [];
  for (const chunk of chunksOf([...wanted.values()])) {
    const inserted = await db
      .insertInto("calls")
      .values(chunk.map(callColumns))
      .onConflict((conflict) => conflict.column("call_id").doNothing())
      .returning("call_id")
      .execute();
    for (const { call_id } of inserted) {
      const row = wanted.get(call_id);
      if (row !== undefined) fresh.push(row);
    }
  }
  return fresh;
}

async function insertAttempts(db: Kysely<Tables>, rows: readonly LedgerRow[]): Promise<void> {
  const attempts = rows.flatMap((row) =>
    row.attempts.map((attempt, at) => attemptColumns(row, attempt, at)),
  );
  for (const chunk of chunksOf(attempts))
    await db
      .insertInto("attempts")
      .values(chunk)
      .onConflict((conflict) => conflict.columns(["call_id", "number"]).doNothing())
      .execute();
}

async function addSums(db: Kysely<Tables>, rows: readonly LedgerRow[]): Promise<void> {
  const { rollups, tenantRollups } = sumsOfCalls(rows);
  for (const chunk of chunksOf(rollups))
    await db
      .insertInto("rollups")
      .values(chunk)
      .onConflict((conflict) =>
        conflict
          .columns(["grain", "dimension", "bucket_ms", "value"])
          .doUpdateSet(addedTo("rollups")),
      )
      .execute();
  const tenant = ["organization_id", "team_id", "user_id", "key_id"] as const;
  for (const chunk of chunksOf(tenantRollups))
    await db
      .insertInto("tenant_rollups")
      .values(chunk)
      .onConflict((conflict) =>
        conflict
          .columns(["grain", "dimension", "bucket_ms", "value", ...tenant])
          .doUpdateSet(addedTo("tenant_rollups")),
      )
      .execute();
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
