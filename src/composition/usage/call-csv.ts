import { signedUsd } from "../../core/ledger/call-entry.ts";
import type { LedgerRow } from "../../core/ledger/ledger-row.ts";
import { csvLine } from "./csv-line.ts";

type Cell = (row: LedgerRow) => string | number | bigint | undefined;

/** The columns of calls as CSV. */
const columns: readonly (readonly [name: string, cell: Cell])[] = [
  ["call_id", ({ callId }) => callId],
  ["end_time", ({ endedMs }) => new Date(endedMs).toISOString()],
  ["organization", ({ organization }) => organization],
  ["team", ({ team }) => team],
  ["user", ({ user }) => user],
  ["key", ({ key }) => key],
  ["principal", ({ principal }) => principal],
  ["end_user", ({ endUser }) => endUser],
  ["session", ({ session }) => session],
  ["tags", ({ tags }) => listOf(tags)],
  ["operation", ({ operation }) => operation],
  ["stream", ({ stream }) => String(stream)],
  ["client_dialect", ({ clientDialect }) => clientDialect],
  ["client_address", ({ clientAddress }) => clientAddress],
  ["model", ({ model }) => model],
  ["target", ({ target }) => target],
  ["provider", ({ provider }) => provider],
  ["answered_model", ({ answeredModel }) => answeredModel],
  ["attempts", ({ attempts }) => attempts.length],
  ["arm", ({ arm }) => arm],
  ["rules", ({ rules }) => listOf(rules)],
  ["status", ({ status }) => status],
  ["reason", ({ reason }) => reason],
  ["cache", ({ cache }) => cache],
  ["input_tokens", ({ usage }) => usage?.inputTokens],
  ["cache_read_tokens", ({ usage }) => usage?.cacheReadTokens],
  ["cache_write_tokens", ({ usage }) => usage?.cacheWriteTokens],
  ["output_tokens", ({ usage }) => usage?.outputTokens],
  ["reasoning_tokens", ({ usage }) => usage?.reasoningTokens],
  ["usage_estimated", ({ estimated }) => String(estimated)],
  ["cost_usd", ({ cost }) => (cost.kind === "priced" ? signedUsd(cost.nanoUsd) : undefined)],
  ["unpriced", ({ cost }) => (cost.kind === "unpriced" ? cost.why : undefined)],
  ["price_version", ({ cost }) => (cost.kind === "priced" ? cost.priceVersion : undefined)],
  ["price_source", ({ cost }) => (cost.kind === "priced" ? cost.source : undefined)],
  ["vendor_cost_usd", ({ cost }) => usdOf(cost.vendorNanoUsd)],
  ["cache_saved_usd", ({ cacheSavedNanoUsd }) => signedUsd(cacheSavedNanoUsd)],
  ["hedge_waste_usd", ({ hedgeWasteNanoUsd }) => signedUsd(hedgeWasteNanoUsd)],
  ["duration_us", ({ durationUs }) => durationUs],
  ["first_token_us", ({ firstTokenUs }) => firstTokenUs],
  ["overhead_us", ({ overheadUs }) => overheadUs],
  ["queued_us", ({ queuedUs }) => queuedUs],
  ["config_hash", ({ configHash }) => configHash],
];

/** The line of names. */
export function csvHead(): string {
  return csvLine(columns.map(([name]) => name));
}

/** The line of a call. What is not known is empty. */
export function csvOf(row: LedgerRow): string {
  return csvLine(columns.map(([, cell]) => cell(row)));
}

function listOf(texts: readonly string[]): string {
  return texts.length === 0 ? "" : JSON.stringify(texts);
}

function usdOf(nanoUsd: bigint | undefined): string | undefined {
  return nanoUsd === undefined ? undefined : signedUsd(nanoUsd);
}
