import { create } from "@bufbuild/protobuf";
import { durationFromMs } from "@bufbuild/protobuf/wkt";
import { type CacheReport, CacheReportSchema } from "../../../../gen/parlance/call/v1/cache_pb.js";
import {
  type Allowance,
  AllowanceSchema,
  type CallReport,
  type Target as ReportTarget,
} from "../../../../gen/parlance/call/v1/call_report_pb.js";
import type { CacheFacts } from "../../../core/cache/cache-facts.ts";
import type { Call, Reply } from "../../../core/call.ts";
import type { RateFact, RateFacts } from "../../../core/caller/rate-facts.ts";
import { printUsd } from "../../../core/facts/nano-usd.ts";
import { guardReports } from "../../../core/guard/guard-report.ts";
import type { Cost } from "../../../core/money/cost.ts";
import type { Target } from "../../../core/target/target.ts";
import { costOfCall } from "../../../core/trace.ts";
import { attemptFacts, failureOf } from "./attempt-facts.ts";

/**
 * How an answer came about, as a message for typed callers. Literals, because `create` costs every
 * call ten times as much.
 */
export function callReport(call: Call, reply: Reply, configHash: string): CallReport {
  const { headers } = reply;
  const { budgetLeft, rates } = call.trace;
  return {
    $typeName: "parlance.call.v1.CallReport",
    callId: call.id,
    target: toReportTarget(reply.target, reply.dialect),
    attempts: call.trace.attempts.map((record) => ({
      $typeName: "parlance.call.v1.Attempt",
      target: toReportTarget(record.target, record.dialect),
      failure: failureOf(record),
      hedged: record.hedged,
      wasted: record.wasted,
      continues: record.continues,
      ...attemptFacts(record),
    })),
    overheadUs: BigInt(call.trace.overheadUs()),
    queuedUs: BigInt(call.trace.queuedUs),
    fidelity: [...reply.report],
    upstreamRequestId: headers["x-request-id"] ?? headers["request-id"] ?? "",
    configHash,
    rule: [...call.trace.rules],
    arm: call.trace.arm ?? "",
    guards: guardReports(call.trace.guards),
    ...cacheReport(call.trace.cache),
    ...costReport(costOfCall(call.trace)),
    budgetRemainingUsd: budgetLeft === undefined ? "" : printUsd(budgetLeft),
    ...(rates === undefined ? undefined : ratesReport(rates)),
  };
}

function ratesReport({ requests, tokens }: RateFacts): Pick<CallReport, "requests" | "tokens"> {
  return {
    ...(requests === undefined ? undefined : { requests: allowanceOf(requests) }),
    ...(tokens === undefined ? undefined : { tokens: allowanceOf(tokens) }),
  };
}

function allowanceOf({ limit, remaining, resetMs }: RateFact): Allowance {
  return create(AllowanceSchema, {
    limit: BigInt(Math.floor(limit)),
    remaining: BigInt(remaining),
    resetAfter: durationFromMs(Math.ceil(resetMs)),
  });
}

function costReport(cost: Cost | undefined): Pick<CallReport, "cost"> | undefined {
  if (cost === undefined) return undefined;
  const priced = cost.kind === "priced";
  return {
    cost: {
      $typeName: "parlance.call.v1.Cost",
      usd: priced ? printUsd(cost.nanoUsd) : "",
      unpriced: priced ? "" : cost.why,
      parts: priced
        ? cost.parts.map((part) => ({ $typeName: "parlance.call.v1.CostPart", ...part }))
        : [],
      estimated: priced && cost.estimated === true,
      priceVersion: priced ? cost.priceVersion : "",
      source: priced ? cost.source : "",
      ...(priced ? { nanoUsd: cost.nanoUsd } : undefined),
      ...(cost.reportedNanoUsd === undefined
        ? undefined
        : { reportedNanoUsd: cost.reportedNanoUsd }),
    },
  };
}

function cacheReport(facts: CacheFacts | undefined): Pick<CallReport, "cache"> | undefined {
  if (facts === undefined) return undefined;
  const { state, key, ageMs, saved, stale = false, shared = false, similarity, inputsHit } = facts;
  return {
    cache: create(CacheReportSchema, {
      state,
      key,
      stale,
      shared,
      inputsHit: inputsHit ?? 0,
      ...(ageMs === undefined ? undefined : { age: durationFromMs(Math.round(ageMs)) }),
      ...(similarity === undefined ? undefined : { similarity }),
      ...savedTokens(saved),
    }),
  };
}

function savedTokens(
  saved: CacheFacts["saved"],
): Pick<CacheReport, "savedInputTokens" | "savedOutputTokens"> {
  return {
    ...(saved?.inputTokens === undefined ? undefined : { savedInputTokens: saved.inputTokens }),
    ...(saved?.outputTokens === undefined ? undefined : { savedOutputTokens: saved.outputTokens }),
  };
}

function toReportTarget({ provider, model }: Target, dialect: string): ReportTarget {
  return { $typeName: "parlance.call.v1.Target", provider, model, dialect };
}
