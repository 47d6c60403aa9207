import type { Engine } from "../engine/engine.ts";

/** How long what is kept, in milliseconds. Absent: for ever. */
export interface Retention {
  /** The rows of calls. */
  readonly callsMs?: number;
  /** The sums of hours. */
  readonly hoursMs?: number;
}

/** Rows of one transaction: others wait no longer than these take. */
const chunkRows = 1_000;

/**
 * Deletes calls and sums of hours that are older than they are kept, in small transactions, as long
 * as `goesOn` says so. Resolves with the number of calls.
 */
export async function deleteOld(
  { db }: Engine,
  { callsMs, hoursMs }: Retention,
  { nowMs, goesOn }: { readonly nowMs: number; readonly goesOn: () => Promise<boolean> },
): Promise<number> {
  let deleted = 0;
  while (callsMs !== undefined && (await goesOn())) {
    const before = BigInt(Math.floor(nowMs - callsMs));
    const count = await db.transaction().execute(async (transaction) => {
      const old = await transaction
        .selectFrom("calls")
        .select("call_id")
        .where("ended_ms", "<", before)
        .orderBy("ended_ms")
        .orderBy("call_id")
        .limit(chunkRows)
        .execute();
      const ids = old.map(({ call_id }) => call_id);
      if (ids.length === 0) return 0;
      await transaction.deleteFrom("cost_revisions").where("call_id", "in", ids).execute();
      await transaction.deleteFrom("attempts").where("call_id", "in", ids).execute();
      await transaction.deleteFrom("calls").where("call_id", "in", ids).execute();
      return ids.length;
    });
    deleted += count;
    if (count < chunkRows) break;
  }
  if (hoursMs !== undefined && (await goesOn())) {
    const before = BigInt(Math.floor(nowMs - hoursMs));
    for (const table of ["rollups", "tenant_rollups"] as const)
      await db
        .deleteFrom(table)
        .where("grain", "=", "hour")
        .where("bucket_ms", "<", before)
        .execute();
  }
  return deleted;
}
