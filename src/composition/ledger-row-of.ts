import { CacheState } from "../../gen/parlance/call/v1/cache_pb.js";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import type { Fault } from "../core/faults/fault.ts";
import type {
  LedgerAttempt,
  LedgerCost,
  LedgerRow,
  LedgerStatus,
} from "../core/ledger/ledger-row.ts";
import type { AttemptRecord } from "../core/trace.ts";
import type { CallRecord } from "../policies/trace.ts";

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
    cacheSavedNanoUsd: record.promptCacheSaved ?? 0n,
    hedgeWasteNanoUsd: 0n,
    durationUs: micros(record.durationMs),
    firstTokenUs: record.firstTokenUs,
    overheadUs: record.overheadUs ?? 0,
    queuedUs: record.queuedUs ?? 0,
    configHash: record.configHash ?? "",
    usage: record.usage,
    estimated: false,
    cost: attempts.length === 0 ? free : unpriced,
    attempts,
  };
}

/** What no vendor was sent costs nothing. */
const free: LedgerCost = { kind: "priced", nanoUsd: 0n, parts: {}, priceVersion: "", source: "" };
const unpriced: LedgerCost = { kind: "unpriced", why: "no price is known" };

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
  const { target, why, dialect, status, hedged, wasted, continues, end, usage } = attempt;
  return {
    target: `${target.provider}/${target.model}`,
    provider: target.provider,
    answeredModel: "",
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
    usage,
    estimated: false,
    cost: dialect === "" && usage === undefined ? free : unpriced,
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
