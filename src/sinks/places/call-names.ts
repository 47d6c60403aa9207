import type { LedgerRow } from "../../core/ledger/ledger-row.ts";

/** What names a call, and whom it is charged to, for places that show such as metadata. */
export function callNames(row: LedgerRow): Readonly<Record<string, string>> {
  return namesOf({
    call_id: row.callId,
    operation: row.operation,
    model: row.model,
    target: row.target,
    organization: row.organization,
    team: row.team,
    user: row.user,
    key: row.key,
    end_user: row.endUser,
    client_dialect: row.clientDialect,
    arm: row.arm,
    cache: row.cache,
    config_hash: row.configHash,
  });
}

/** Texts by their names, without those that are empty. */
export function namesOf(texts: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== ""));
}

/** Why a call failed; "": it did not. */
export function failureOf({ status, reason }: LedgerRow): string {
  return status === "left" ? "CANCELLED" : reason;
}
