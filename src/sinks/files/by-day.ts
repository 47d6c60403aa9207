import type { LedgerRow } from "../../core/ledger/ledger-row.ts";

/** Rows by the folder of the day on which calls ended, in UTC, such as `day=2026-11-30`. */
export function rowsByDay<Row extends LedgerRow>(
  rows: readonly Row[],
): ReadonlyMap<string, readonly Row[]> {
  return Map.groupBy(rows, ({ endedMs }) => `day=${new Date(endedMs).toISOString().slice(0, 10)}`);
}
