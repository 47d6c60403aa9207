import type { LedgerRow } from "../../core/ledger/ledger-row.ts";
import type { Engine } from "../engine/engine.ts";
import { withoutErased } from "./late-calls.ts";

/** Records that a database has refused, which lie beside the journal. */
export interface RefusedRecords {
  /** Changes them; gives how many were changed. */
  readonly rewriteRefused: (
    change: (rows: readonly LedgerRow[]) => Promise<readonly LedgerRow[]>,
  ) => Promise<number>;
}

/** Has refused records lose those who were erased too. Undefined: there is no database now. */
export async function eraseRefused(
  engine: Engine | undefined,
  refused: RefusedRecords,
): Promise<void> {
  if (engine === undefined) return;
  await refused.rewriteRefused((rows) =>
    engine.db.transaction().execute((db) => withoutErased(engine, db, rows)),
  );
}
