import { type Kysely, sql } from "kysely";
import { parseCost, printCost } from "../../core/ledger/ledger-json.ts";
import type { LedgerCost, LedgerRow } from "../../core/ledger/ledger-row.ts";
import type { Engine } from "../engine/engine.ts";
import type { CostRevisionTable, SumColumns, Tables } from "../engine/tables.ts";
import { withoutErased } from "../erasure/late-calls.ts";
import { sumNames, sumsOfCalls } from "./sums-of-calls.ts";

/** A call with other costs than it has. All else of both is the same. */
export interface RepricedCall {
  readonly before: LedgerRow;
  readonly after: LedgerRow;
}

/** Calls that are priced anew, and when, in milliseconds since 1970. At most 500. */
export interface Repricing {
  readonly calls: readonly RepricedCall[];
  readonly atMs: number;
}

/** A cost that a call, or an attempt of it, was said to have. */
export interface CostRevision {
  readonly callId: string;
  /** Undefined: the whole call. */
  readonly attempt: number | undefined;
  readonly atMs: number;
  readonly cost: LedgerCost;
}

/** The number of the call itself, among its attempts. */
const wholeCall = -1n;

/**
 * Gives calls other costs in one transaction: what they cost before and what they cost now is kept
 * as revisions, and sums follow. A call whose cost is not what it was any more is left alone, so
 * that each is priced anew once, whoever tries. Resolves with the number of those that were.
 */
export async function repriceCalls(engine: Engine, { calls, atMs }: Repricing): Promise<number> {
  return engine.db.transaction().execute(async (db) => {
    await engine.lock(db, "reprice");
    const present = await costsOf(
      db,
      calls.map(({ before }) => before.callId),
    );
    const due = calls.filter(({ before }) => {
      const found = present.get(before.callId);
      return pricesOf(before).every(({ number, cost }) => found?.get(number) === printCost(cost));
    });
    for (const { before, after } of due) await reviseCall(db, before, { after, atMs });
    await moveSums(
      db,
      await withoutErased(
        engine,
        db,
        due.map(({ before }) => before),
      ),
      await withoutErased(
        engine,
        db,
        due.map(({ after }) => after),
      ),
    );
    return due.length;
  });
}

/** The costs that calls had, the oldest first; none where they were never priced anew. */
export async function readRevisions(
  { db }: Engine,
  callIds: readonly string[],
): Promise<readonly CostRevision[]> {
  if (callIds.length === 0) return [];
  const rows = await db
    .selectFrom("cost_revisions")
    .selectAll()
    .where("call_id", "in", [...callIds])
    .orderBy("call_id")
    .orderBy("revision")
    .orderBy("number")
    .execute();
  return rows.map(({ call_id, number, at_ms, cost_json }) => ({
    callId: call_id,
    attempt: number === wholeCall ? undefined : Number(number),
    atMs: Number(at_ms),
    cost: parseCost(cost_json),
  }));
}

/** The costs of a call and of its attempts, by number. */
function pricesOf({ cost, attempts }: LedgerRow) {
  const own = { number: wholeCall, cost };
  return [own, ...attempts.map((attempt, at) => ({ number: BigInt(at), cost: attempt.cost }))];
}

async function costsOf(
  db: Kysely<Tables>,
  ids: readonly string[],
): Promise<ReadonlyMap<string, ReadonlyMap<bigint, string>>> {
  const found = new Map<string, Map<bigint, string>>();
  if (ids.length === 0) return found;
  const calls = await db
    .selectFrom("calls")
    .select(["call_id", "cost_json"])
    .where("call_id", "in", [...ids])
    .execute();
  for (const { call_id, cost_json } of calls)
    found.set(call_id, new Map([[wholeCall, plain(cost_json)]]));
  const attempts = await db
    .selectFrom("attempts")
    .select(["call_id", "number", "cost_json"])
    .where("call_id", "in", [...ids])
    .execute();
  for (const { call_id, number, cost_json } of attempts)
    found.get(call_id)?.set(number, plain(cost_json));
  return found;
}

/** As it is printed now, whoever printed it. */
function plain(costJson: string): string {
  return printCost(parseCost(costJson));
}

async function reviseCall(
  db: Kysely<Tables>,
  before: LedgerRow,
  { after, atMs }: { readonly after: LedgerRow; readonly atMs: number },
): Promise<void> {
  const { callId } = before;
  const last = await db
    .selectFrom("cost_revisions")
    .select(({ fn }) => fn.max("revision").as("revision"))
    .where("call_id", "=", callId)
    .executeTakeFirst();
  const revision = last?.revision ?? undefined;
  const rows =
    revision === undefined ? revisionRows(before, { revision: 0n, atMs: before.endedMs }) : [];
  const next = revisionRows(after, { revision: (revision ?? 0n) + 1n, atMs });
  await db
    .insertInto("cost_revisions")
    .values([...rows, ...next])
    .execute();
  for (const { number, cost } of pricesOf(after)) {
    const changed = { cost_nano_usd: amountOf(cost), cost_json: printCost(cost) };
    if (number === wholeCall)
      await db
        .updateTable("calls")
        .set({ ...changed, hedge_waste_nano_usd: after.hedgeWasteNanoUsd })
        .where("call_id", "=", callId)
        .execute();
    else
      await db
        .updateTable("attempts")
        .set(changed)
        .where("call_id", "=", callId)
        .where("number", "=", number)
        .execute();
  }
}

function revisionRows(
  row: LedgerRow,
  { revision, atMs }: { readonly revision: bigint; readonly atMs: number },
): CostRevisionTable[] {
  return pricesOf(row).map(({ number, cost }) => ({
    call_id: row.callId,
    number,
    revision,
    at_ms: BigInt(Math.trunc(atMs)),
    cost_nano_usd: amountOf(cost),
    cost_json: printCost(cost),
  }));
}

function amountOf(cost: LedgerCost): bigint | null {
  return cost.kind === "priced" ? cost.nanoUsd : null;
}

/**
 * Moves sums by what costs have changed. A sum that was deleted, as those of old hours are, is not
 * made again: it would hold the difference alone.
 */
async function moveSums(
  db: Kysely<Tables>,
  rowsBefore: readonly LedgerRow[],
  rowsAfter: readonly LedgerRow[],
): Promise<void> {
  const before = sumsOfCalls(rowsBefore);
  const after = sumsOfCalls(rowsAfter);
  // Both have the same places in the same order: of what decides on them nothing has changed.
  for (const [at, sum] of after.rollups.entries()) {
    const moved = movedBy(before.rollups[at], sum);
    if (moved === undefined) continue;
    await db
      .updateTable("rollups")
      .set(moved)
      .where("grain", "=", sum.grain)
      .where("dimension", "=", sum.dimension)
      .where("bucket_ms", "=", sum.bucket_ms)
      .where("value", "=", sum.value)
      .execute();
  }
  for (const [at, sum] of after.tenantRollups.entries()) {
    const moved = movedBy(before.tenantRollups[at], sum);
    if (moved === undefined) continue;
    await db
      .updateTable("tenant_rollups")
      .set(moved)
      .where("grain", "=", sum.grain)
      .where("dimension", "=", sum.dimension)
      .where("bucket_ms", "=", sum.bucket_ms)
      .where("value", "=", sum.value)
      .where("organization_id", "=", sum.organization_id)
      .where("team_id", "=", sum.team_id)
      .where("user_id", "=", sum.user_id)
      .where("key_id", "=", sum.key_id)
      .execute();
  }
}

/** What columns become; undefined where none changes. */
function movedBy(before: SumColumns | undefined, after: SumColumns) {
  const changed = sumNames.filter((name) => after[name] !== before?.[name]);
  if (before === undefined || changed.length === 0) return undefined;
  return Object.fromEntries(
    changed.map((name) => [name, sql<bigint>`${sql.ref(name)} + ${after[name] - before[name]}`]),
  );
}
