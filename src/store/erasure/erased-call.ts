import type { LedgerRow } from "../../core/ledger/ledger-row.ts";
import type { CallTable } from "../engine/tables.ts";
import type { Erasure } from "./erasure-row.ts";
import type { StoredPerson } from "./person-hash.ts";

/**
 * What is in the place of a person. It is the same for all, so that nobody can tell which calls are
 * of one person; the sums of all that were erased are together under it.
 */
export const erasedName = "(erased)";

/** What becomes of a column of a call: it stays, or it is erased for a kind of person or for both. */
export type ColumnFate = "kept" | StoredPerson["kind"] | "both";

/** The decision on every column of a call; docs/privacy.md has the reasons. */
export const columnFates: Readonly<Record<keyof CallTable, ColumnFate>> = {
  call_id: "kept",
  ended_ms: "kept",
  organization_id: "kept",
  team_id: "kept",
  user_id: "user",
  key_id: "user",
  principal: "user",
  end_user: "end_user",
  session: "both",
  tags_json: "both",
  client_address: "both",
  operation: "kept",
  stream: "kept",
  client_dialect: "kept",
  model: "kept",
  target: "kept",
  provider: "kept",
  answered_model: "kept",
  attempt_count: "kept",
  arm: "kept",
  rules_json: "kept",
  guards_json: "kept",
  status: "kept",
  reason: "kept",
  cache: "kept",
  cache_saved_nano_usd: "kept",
  hedge_waste_nano_usd: "kept",
  duration_us: "kept",
  first_token_us: "kept",
  overhead_us: "kept",
  queued_us: "kept",
  config_hash: "kept",
  input_tokens: "kept",
  cache_read_tokens: "kept",
  cache_write_tokens: "kept",
  output_tokens: "kept",
  reasoning_tokens: "kept",
  usage_json: "kept",
  estimated: "kept",
  cost_nano_usd: "kept",
  cost_json: "kept",
};

/** What the columns of a call become. */
export function erasedColumns(kind: StoredPerson["kind"]): Partial<CallTable> {
  const nowhere = { session: "", tags_json: "", client_address: "" };
  return kind === "user"
    ? { ...nowhere, user_id: erasedName, key_id: erasedName, principal: erasedName }
    : { ...nowhere, end_user: erasedName };
}

/** The same of a row that is not written yet. */
export function erasedRow(row: LedgerRow, kind: StoredPerson["kind"]): LedgerRow {
  const nowhere = { ...row, session: "", tags: [], clientAddress: "" };
  return kind === "user"
    ? { ...nowhere, user: erasedName, key: erasedName, principal: erasedName }
    : { ...nowhere, endUser: erasedName };
}

/** A row without a person; the same row where it is not of that one. */
export function withoutPerson(
  row: LedgerRow,
  { kind, name, organizationId, teamId, progress }: Erasure,
): LedgerRow {
  const isOf =
    kind === "user"
      ? row.user === name || progress.keys.includes(row.key)
      : row.endUser === name &&
        (organizationId === "" || row.organization === organizationId) &&
        (teamId === "" || row.team === teamId);
  return isOf ? erasedRow(row, kind) : row;
}
