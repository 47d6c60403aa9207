import { sql } from "kysely";
import type { Engine } from "../engine/engine.ts";
import { readErasure } from "./erasure-row.ts";
import { forgetChanges } from "./forget-changes.ts";

/** An erasure of which everything is done. */
export interface FinishedErasure {
  readonly id: string;
  /** The receipt, as JSON of the contract. */
  readonly receiptJson: string;
  /** In milliseconds since 1970. */
  readonly nowMs: number;
}

/**
 * Keeps the receipt of an erasure, and forgets who was erased. False where another one has finished
 * it: that one's receipt counts.
 */
export async function finishErasure(
  engine: Engine,
  { id, receiptJson, nowMs }: FinishedErasure,
): Promise<boolean> {
  const finished = await engine.db.transaction().execute(async (db) => {
    const erasure = await readErasure(db, id);
    if (erasure === undefined || erasure.finishedMs > 0) return false;
    await forgetChanges(engine, db, erasure);
    const rows = await db
      .updateTable("erasures")
      .set({
        finished_ms: BigInt(nowMs),
        receipt_json: receiptJson,
        person: "",
        progress_json: "",
      })
      .where("id", "=", id)
      .where("finished_ms", "=", 0n)
      .returning("id")
      .execute();
    return rows.length > 0;
  });
  // What was changed is in the log of a file of SQLite until it is made short.
  if (engine.kind === "sqlite") await sql`pragma wal_checkpoint(truncate)`.execute(engine.db);
  return finished;
}
