import type { WrappedDataKey } from "../../core/ledger/sealed-content.ts";
import type { Engine } from "../engine/engine.ts";
import { dataKeyOf } from "./read-content.ts";
import { keyColumns } from "./write-content.ts";

/**
 * Keeps a data key unless there is one of its id already; gives the one that there is. So all
 * gateways have the same key under a name.
 */
export async function keepDataKey({ db }: Engine, key: WrappedDataKey): Promise<WrappedDataKey> {
  await db
    .insertInto("content_keys")
    .values(keyColumns(key))
    .onConflict((conflict) => conflict.column("id").doNothing())
    .execute();
  const row = await db
    .selectFrom("content_keys")
    .selectAll()
    .where("id", "=", key.id)
    .executeTakeFirst();
  return row === undefined ? key : dataKeyOf(row);
}

/** Reads data keys that another master key than this has wrapped, in the order of their ids. */
export async function pageKeysToRewrap(
  { db }: Engine,
  query: {
    readonly masterKey: string;
    /** Those after this id; "": the first. */
    readonly afterId: string;
    readonly limit: number;
  },
): Promise<readonly WrappedDataKey[]> {
  const rows = await db
    .selectFrom("content_keys")
    .selectAll()
    .where("master_key", "!=", query.masterKey)
    .where("id", ">", query.afterId)
    .orderBy("id")
    .limit(query.limit)
    .execute();
  return rows.map(dataKeyOf);
}

/**
 * Has a data key wrapped by another master key, unless it was erased or wrapped anew meanwhile.
 * Resolves with whether it was.
 */
export async function rewrapDataKey(
  { db }: Engine,
  change: {
    readonly id: string;
    readonly before: string;
    readonly masterKey: string;
    readonly wrapped: string;
  },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable("content_keys")
    .set({ master_key: change.masterKey, wrapped: change.wrapped })
    .where("id", "=", change.id)
    .where("wrapped", "=", change.before)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}
