import { type RawBuilder, sql } from "kysely";
import type { Engine } from "../engine/engine.ts";
import type { RollupTable, SumColumns } from "../engine/tables.ts";
import { bucketOf, noSums, type RolledDimension, summedValue, sumNames } from "./sums-of-calls.ts";

/** What somebody had spent elsewhere, before it was charged here. */
export interface OpeningBalance {
  readonly kind: Extract<RolledDimension, "key" | "user" | "team" | "organization" | "end_user">;
  readonly id: string;
  readonly nanoUsd: bigint;
}

/** The dimension under which it is noted who has an opening balance. No calls are summed by it. */
const noted = "opening_balance";

/**
 * Adds what tenants had spent to their sums at a time, once for each: one that has an opening
 * balance keeps it. The sums of all calls stay as they are, since a balance is of no call. Resolves
 * with the number of balances that were new.
 */
export async function addOpeningBalances(
  engine: Engine,
  balances: readonly OpeningBalance[],
  atMs: number,
): Promise<number> {
  const size = engine.maxRows(4 + sumNames.length);
  let added = 0;
  for (let at = 0; at < balances.length; at += Math.floor(size / 2)) {
    const chunk = balances.slice(at, at + Math.floor(size / 2));
    added += await addChunk(engine, chunk, atMs);
  }
  return added;
}

function addChunk(
  engine: Engine,
  balances: readonly OpeningBalance[],
  atMs: number,
): Promise<number> {
  const named = new Map(balances.map((one) => [`${one.kind} ${summedValue(one.id)}`, one]));
  return engine.db.transaction().execute(async (transaction) => {
    const marks = [...named].map(([value, { nanoUsd }]) =>
      sumRow({ grain: "day", dimension: noted, bucket_ms: 0n, value }, nanoUsd),
    );
    if (marks.length === 0) return 0;
    const fresh = await transaction
      .insertInto("rollups")
      .values(marks)
      .onConflict((conflict) =>
        conflict.columns(["grain", "dimension", "bucket_ms", "value"]).doNothing(),
      )
      .returning("value")
      .execute();
    const rows = fresh.flatMap(({ value }) => {
      const balance = named.get(value);
      return balance === undefined ? [] : rowsOf(balance, atMs);
    });
    if (rows.length > 0)
      await transaction
        .insertInto("rollups")
        .values(rows)
        .onConflict((conflict) =>
          conflict
            .columns(["grain", "dimension", "bucket_ms", "value"])
            .doUpdateSet({ cost_nano_usd: addedCost }),
        )
        .execute();
    return fresh.length;
  });
}

const addedCost: RawBuilder<bigint> = sql<bigint>`rollups.cost_nano_usd + excluded.cost_nano_usd`;

function rowsOf({ kind, id, nanoUsd }: OpeningBalance, atMs: number): RollupTable[] {
  return (["hour", "day"] as const).map((grain) => {
    const place = { grain, dimension: kind, value: summedValue(id) };
    return sumRow({ ...place, bucket_ms: bucketOf(atMs, grain) }, nanoUsd);
  });
}

function sumRow(place: Omit<RollupTable, keyof SumColumns>, nanoUsd: bigint): RollupTable {
  return { ...place, ...noSums, cost_nano_usd: nanoUsd };
}
