import { isBilledAs, printCost, printGuards, printUsage } from "../../core/ledger/ledger-json.ts";
import type { Billed, LedgerAttempt, LedgerRow } from "../../core/ledger/ledger-row.ts";
import type { AttemptTable, CallTable, CostColumns } from "../engine/tables.ts";

/** The row of a call as columns. */
export function callColumns(row: LedgerRow): CallTable {
  return {
    call_id: row.callId,
    ended_ms: BigInt(row.endedMs),
    organization_id: row.organization,
    team_id: row.team,
    user_id: row.user,
    key_id: row.key,
    principal: row.principal,
    end_user: row.endUser,
    session: row.session,
    tags_json: listOf(row.tags),
    operation: row.operation,
    stream: BigInt(row.stream),
    client_dialect: row.clientDialect,
    client_address: row.clientAddress,
    model: row.model,
    target: row.target,
    provider: row.provider,
    answered_model: row.answeredModel,
    attempt_count: BigInt(row.attempts.length),
    arm: row.arm,
    rules_json: listOf(row.rules),
    guards_json: printGuards(row.guards),
    status: row.status,
    reason: row.reason,
    cache: row.cache,
    cache_saved_nano_usd: row.cacheSavedNanoUsd,
    hedge_waste_nano_usd: row.hedgeWasteNanoUsd,
    duration_us: BigInt(row.durationUs),
    first_token_us: maybe(row.firstTokenUs),
    overhead_us: BigInt(row.overheadUs),
    queued_us: BigInt(row.queuedUs),
    config_hash: row.configHash,
    ...costColumns(row),
  };
}

/** The rows of its attempts as columns; `call` are those of the call itself. */
export function attemptColumns(row: LedgerRow, call: CallTable): readonly AttemptTable[] {
  return row.attempts.map((attempt, at) => columnsOfAttempt(row, attempt, { call, at }));
}

function columnsOfAttempt(
  row: LedgerRow,
  attempt: LedgerAttempt,
  { call, at }: { readonly call: CallTable; readonly at: number },
): AttemptTable {
  return {
    call_id: row.callId,
    number: BigInt(at),
    ended_ms: BigInt(row.endedMs),
    target: attempt.target,
    provider: attempt.provider,
    answered_model: attempt.answeredModel,
    dialect: attempt.dialect,
    why: attempt.why,
    http_status: BigInt(attempt.httpStatus),
    status: attempt.status,
    reason: attempt.reason,
    hedged: BigInt(attempt.hedged),
    wasted: BigInt(attempt.wasted),
    continues: BigInt(attempt.continues),
    duration_us: BigInt(attempt.durationUs),
    first_token_us: maybe(attempt.firstTokenUs),
    ...(isBilledAs(attempt, row) ? sameColumns(call) : costColumns(attempt)),
  };
}

function costColumns({ usage, estimated, cost }: Billed): CostColumns {
  return {
    input_tokens: usage?.inputTokens ?? null,
    cache_read_tokens: usage?.cacheReadTokens ?? null,
    cache_write_tokens: usage?.cacheWriteTokens ?? null,
    output_tokens: usage?.outputTokens ?? null,
    reasoning_tokens: usage?.reasoningTokens ?? null,
    usage_json: printUsage(usage),
    estimated: BigInt(estimated),
    cost_nano_usd: cost.kind === "priced" ? cost.nanoUsd : null,
    cost_json: printCost(cost),
  };
}

/** What the call took and cost, which is printed once. */
function sameColumns(call: CallTable): CostColumns {
  return {
    input_tokens: call.input_tokens,
    cache_read_tokens: call.cache_read_tokens,
    cache_write_tokens: call.cache_write_tokens,
    output_tokens: call.output_tokens,
    reasoning_tokens: call.reasoning_tokens,
    usage_json: call.usage_json,
    estimated: call.estimated,
    cost_nano_usd: call.cost_nano_usd,
    cost_json: call.cost_json,
  };
}

/** A list without members takes no room. */
function listOf(list: readonly string[]): string {
  return list.length === 0 ? "" : JSON.stringify(list);
}

function maybe(number: number | undefined): bigint | null {
  return number === undefined ? null : BigInt(number);
}
