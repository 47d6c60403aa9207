import { CacheState } from "../../gen/parlance/call/v1/cache_pb.js";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import type { Fault } from "../core/faults/fault.ts";
import type { LedgerAttempt, LedgerRow, LedgerStatus } from "../core/ledger/ledger-row.ts";
import { knownOf, unpriced } from "../core/money/cost.ts";
import type { AttemptRecord } from "../core/trace.ts";
import { sumUsage } from "../events/merge-usage.ts";
import type { CallRecord } from "../policies/trace.ts";
import { ledgerCost } from "./ledger-cost.ts";

/** The row that the ledger keeps of a call; `endedMs` is the time of day. */
export function ledgerRowOf(record: CallRecord, endedMs: number): LedgerRow {
  const attempts = record.attempts.map(attemptOf);
  const answering = record.attempts.findIndex(
    ({ end, wasted }) => end?.kind === "whole" && !wasted,
  );
  const last = attempts.at(answering < 0 ? -1 : answering);
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
    arm: record.arm ?? "",
    rules: record.rules,
    status: statusOf(record),
    reason: reasonOf(record.fault),
    cache: cacheOf(record),
    cacheSavedNanoUsd: (record.promptCacheSaved ?? 0n) + (record.cacheSaved ?? 0n),
    hedgeWasteNanoUsd: record.attempts.reduce(wasteIn, 0n),
    durationUs: micros(record.durationMs),
    firstTokenUs: record.firstTokenUs,
    overheadUs: record.overheadUs ?? 0,
    queuedUs: record.queuedUs ?? 0,
    configHash: record.configHash ?? "",
    ...usageOf(record),
    cost: ledgerCost(record.cost),
    attempts,
  };
}

/** Adds what a try cost that lost a race. */
function wasteIn(sum: bigint, { wasted, cost }: AttemptRecord): bigint {
  return wasted && cost !== undefined ? sum + knownOf(cost) : sum;
}

/** What a call took: what its vendors say, with what had to be estimated of some tries. */
function usageOf({ attempts, usage }: CallRecord): Pick<LedgerRow, "usage" | "estimated"> {
  if (attempts.every(({ estimate }) => estimate === undefined)) return { usage, estimated: false };
  const took = attempts.map((attempt) => attempt.estimate ?? attempt.usage);
  return { usage: sumUsage(took), estimated: true };
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
    durationUs: micros(attempt.durationUs / 1000),
    firstTokenUs: attempt.firstTokenUs,
    usage: attempt.estimate ?? attempt.usage,
    estimated: attempt.estimate !== undefined,
    cost: ledgerCost(attempt.cost ?? unpriced("it had not ended")),
  };
}

function statusOf({ fault, callerGone }: CallRecord): LedgerStatus {
  if (callerGone) return "left";
  return fault === undefined ? "whole" : "broken";
}

function reasonOf(fault: Fault | undefined): string {
  return fault === undefined ? "" : ErrorReason[fault.reason];
}

function cacheOf({ cache }: CallRecord): string {
  return cache === undefined ? "" : CacheState[cache.state].toLowerCase();
}

function micros(ms: number): number {
  return Math.max(0, Math.round(ms * 1000));
}
