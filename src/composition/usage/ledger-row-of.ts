import type { AttemptRecord } from "../../core/attempt-record.ts";
import {
  answeringAttempt,
  type CallRecord,
  cacheOutcome,
  microsOf,
  reasonOf,
  statusOf,
  takenOf,
} from "../../core/ledger/call-record.ts";
import type { LedgerAttempt, LedgerCost, LedgerRow } from "../../core/ledger/ledger-row.ts";
import { knownOf, unpriced } from "../../core/money/cost.ts";
import { ledgerCost } from "./ledger-cost.ts";

/** The row that the ledger keeps of a call; `endedMs` is the time of day. */
export function ledgerRowOf(record: CallRecord, endedMs: number): LedgerRow {
  const attempts = record.attempts.map(attemptOf);
  const answering = answeringAttempt(record);
  const last = answering && attempts[record.attempts.indexOf(answering)];
  return {
    callId: record.callId,
    endedMs: Math.trunc(endedMs),
    ...tenantsOf(record),
    principal: record.principal ?? "",
    endUser: record.endUser ?? "",
    session: record.session ?? "",
    tags: record.tags ?? [],
    operation: record.operation,
    stream: record.stream,
    clientDialect: record.clientDialect ?? "",
    clientAddress: record.clientAddress,
    model: record.model,
    target: last?.target ?? "",
    provider: last?.provider ?? "",
    answeredModel: last?.answeredModel ?? "",
    ...policiesOf(record),
    status: statusOf(record),
    reason: reasonOf(record.fault),
    cache: cacheOutcome(record),
    cacheSavedNanoUsd: (record.promptCacheSaved ?? 0n) + (record.cacheSaved ?? 0n),
    hedgeWasteNanoUsd: record.attempts.reduce(wasteIn, 0n),
    durationUs: microsOf(record.durationMs),
    firstTokenUs: record.firstTokenUs,
    overheadUs: record.overheadUs ?? 0,
    queuedUs: record.queuedUs ?? 0,
    configHash: record.configHash ?? "",
    ...takenOf(record),
    cost: costOfCall(record, attempts),
    attempts,
  };
}

/** What policies made of it. */
function policiesOf({ arm = "", rules, guards = [] }: CallRecord) {
  return { arm, rules, guards };
}

/** That of its attempt, where there is one: what is the same is written once. */
function costOfCall({ cost, attempts }: CallRecord, rows: readonly LedgerAttempt[]): LedgerCost {
  const [row] = rows;
  const isOfAttempt = row !== undefined && rows.length === 1 && attempts[0]?.cost === cost;
  return isOfAttempt ? row.cost : ledgerCost(cost);
}

/** Adds what a try cost that lost a race. */
function wasteIn(sum: bigint, { wasted, cost }: AttemptRecord): bigint {
  return wasted && cost !== undefined ? sum + knownOf(cost) : sum;
}

/** Keys and teams that nothing bounds are no tenants, and have their names as ids all the same. */
function tenantsOf({ tenants = [], team = "", principal = "" }: CallRecord) {
  const idOf = (kind: string) => tenants.find((one) => one.kind === kind)?.id ?? "";
  return {
    organization: idOf("organization"),
    team: idOf("team") || team,
    user: idOf("user"),
    key: idOf("key") || principal,
  };
}

function attemptOf(attempt: AttemptRecord): LedgerAttempt {
  const { target, why, dialect, status, hedged, wasted, continues, end } = attempt;
  return {
    target: `${target.provider}/${target.model}`,
    provider: target.provider,
    answeredModel: attempt.answeredModel,
    dialect,
    why,
    httpStatus: status,
    status: end?.kind ?? "left",
    reason: reasonOf(attempt.fault),
    hedged,
    wasted,
    continues,
    durationUs: microsOf(attempt.durationUs / 1000),
    firstTokenUs: attempt.firstTokenUs,
    usage: attempt.estimate ?? attempt.usage,
    estimated: attempt.estimate !== undefined,
    cost: ledgerCost(attempt.cost ?? unpriced("it had not ended")),
  };
}
