import type { Usage } from "../../gen/parlance/chat/v1/usage_pb.js";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import type { Settings } from "../config/settings.ts";
import type { AttemptRecord } from "../core/attempt-record.ts";
import type { Call, Layer } from "../core/call.ts";
import { sessionOf, userOf } from "../core/caller/caller-unit.ts";
import { tagsOf } from "../core/caller/tags-of.ts";
import type { Tenant } from "../core/caller/tenant.ts";
import type { Stage } from "../core/compose.ts";
import { priceUsage, promptCacheSaving } from "../core/facts/price-usage.ts";
import type { Fault } from "../core/faults/fault.ts";
import type { CallRecord } from "../core/ledger/call-record.ts";
import type { End } from "../core/life.ts";
import { nothing, unpriced } from "../core/money/cost.ts";
import type { Target } from "../core/target/target.ts";
import { costOfCall } from "../core/trace.ts";
import type { PriceList } from "./routing/price-list.ts";

/**
 * The record of a request that was refused before it became a call: nothing was tried, and no time
 * passed.
 */
export function recordRefusal(
  {
    operation,
    principal,
    clientAddress = "",
    fault,
  }: {
    operation: string;
    principal?: string | undefined;
    clientAddress?: string;
    fault: Fault;
  },
  callId: string,
): CallRecord {
  return {
    callId,
    operation,
    stream: false,
    model: "",
    principal,
    clientAddress,
    attempts: [],
    rules: [],
    arm: undefined,
    durationMs: 0,
    usage: undefined,
    fault,
    callerGone: false,
    cost: nothing,
  };
}

/** What the trace needs of the world. */
export interface TraceOptions {
  /** Notes that so many more calls are under way. Absent: nobody counts. */
  readonly underWay?: ((more: 1 | -1) => void) | undefined;
  /** Takes the record of each call, once. Must not throw and must not wait. */
  readonly record: (record: CallRecord) => void;
  /** A monotonic clock in milliseconds. */
  readonly nowMs: () => number;
  /** Absent: no price is known. */
  readonly priceList?: PriceList;
  /** Absent: it is not recorded. */
  readonly configHash?: string;
  /** Whether the `baggage` of callers is recorded. Default: false. */
  readonly baggage?: boolean;
  /** Absent: targets are taken by their names. */
  readonly findTarget?: FindTarget;
}

/** The stage of the layer below. */
export function tracePolicy(settings: Settings, world: TraceOptions): Stage {
  return {
    name: "trace",
    layer: trace({
      ...world,
      configHash: settings.hash,
      baggage: (settings.tracing?.baggage.size ?? 0) > 0,
      findTarget: targetFinder(settings),
    }),
  };
}

/** Finds a target of a model by its names: that of the config, which says what is known of it. */
function targetFinder({ resolve }: Settings): FindTarget {
  return (model, made) =>
    resolve(model)?.targets.find(
      (target) => target.provider === made.provider && target.model === made.model,
    ) ?? made;
}

/** Finds the target of a model that has these names. */
type FindTarget = (model: string, made: Target) => Target;

/**
 * Records each call once, when it is over: answered whole, broken off, left by its caller, or
 * refused.
 */
export function trace(options: TraceOptions): Layer {
  return (next) => (call) => {
    options.underWay?.(1);
    call.life.atEnd((end) => {
      const { nowMs, configHash, baggage } = options;
      options.underWay?.(-1);
      options.record(
        withSaving(recordOf(call, end, { nowMs: nowMs(), configHash, baggage }), options),
      );
    });
    return next(call);
  };
}

/** Adds what caches saved. Calls without any take no more time. */
function withSaving(record: CallRecord, options: TraceOptions): CallRecord {
  const { cache } = record;
  const saved = withPromptSaving(record, options.priceList);
  if (cache?.saved === undefined || cache.madeBy === undefined) return saved;
  const { findTarget = (_: string, made: Target) => made } = options;
  const prices = options.priceList?.of(findTarget(record.model, cache.madeBy));
  const cacheSaved = prices && priceUsage(cache.saved, prices);
  return cacheSaved === undefined ? saved : { ...saved, cacheSaved };
}

/** Adds what prompt caches saved in all tries. */
function withPromptSaving(record: CallRecord, priceList: PriceList | undefined): CallRecord {
  let saved: bigint | undefined;
  for (const { usage, target } of record.attempts) {
    if (usage === undefined || !usesPromptCache(usage)) continue;
    const prices = priceList?.of(target);
    const saving = prices && promptCacheSaving(usage, prices);
    if (saving === undefined) return record;
    saved = (saved ?? 0n) + saving;
  }
  return saved === undefined ? record : { ...record, promptCacheSaved: saved };
}

function usesPromptCache({ cacheReadTokens = 0n, cacheWriteTokens = 0n }: Usage): boolean {
  return cacheReadTokens > 0n || cacheWriteTokens > 0n;
}

/** The record of a call that has ended at a time, made with a configuration. */
export function recordOf(
  call: Call,
  end: End,
  {
    nowMs,
    configHash,
    baggage = false,
  }: {
    readonly nowMs: number;
    readonly configHash?: string | undefined;
    readonly baggage?: boolean | undefined;
  },
): CallRecord {
  const { trace, origin, request } = call;
  const { principal, attempts, rules, arm, cache, content, toStore, guards, heldBackUs } = trace;
  const times = trace.times(nowMs, request.stream);
  const firstMs = answeredMs(attempts);
  const caller = call.principal ?? trace.caller;
  const { endUser, session, tags } = namedBy(call);
  // All members, in one order: every record has the same shape, which is read faster.
  return {
    callId: call.id,
    operation: request.operation.name,
    stream: request.stream,
    model: call.model,
    principal,
    clientAddress: call.clientAddress ?? "",
    attempts,
    rules,
    arm,
    durationMs: nowMs - trace.startedMs,
    usage: end.usage,
    fault: end.kind === "broken" ? end.fault : undefined,
    callerGone: end.kind === "left",
    cache,
    promptCacheSaved: undefined,
    cost: costOfCall(trace) ?? unpriced("an attempt had not ended"),
    cacheSaved: undefined,
    tenants: caller?.tenants ?? noTenants,
    team: caller?.team,
    endUser,
    session,
    tags,
    clientDialect: origin?.dialect,
    firstTokenUs:
      firstMs === undefined ? undefined : Math.round((firstMs - trace.startedMs) * 1000),
    overheadUs: Math.round((times.policyMs + times.translateMs) * 1000),
    queuedUs: trace.queuedUs,
    times,
    traceparent: call.header("traceparent"),
    baggage: baggage ? call.header("baggage") : undefined,
    configHash,
    guards: guards.length === 0 ? undefined : guards,
    guardHeldUs: heldBackUs === 0 ? undefined : heldBackUs,
    content,
    toStore,
  };
}

const noTenants: readonly Tenant[] = [];

/**
 * The record of a call that has not ended, as it is if its process ends now; undefined where no
 * vendor was called.
 */
export function recordIfEnded(
  call: Call,
  options: Parameters<typeof recordOf>[2],
): CallRecord | undefined {
  const attempts = call.trace.attemptsIfEnded(processEnd);
  if (attempts.every(({ dialect }) => dialect === "")) return undefined;
  const cost = costOfCall({ attempts }) ?? unpriced("an attempt had not ended");
  return { ...recordOf(call, processEnd, options), attempts, cost };
}

const processEnd: End = {
  kind: "broken",
  fault: {
    reason: ErrorReason.PROCESS_ENDED,
    message: "the process of the gateway ended before the call did",
  },
};

/** What a request names. One that cannot be read was refused for that. */
function namedBy(call: Call): Pick<CallRecord, "endUser" | "session" | "tags"> {
  // The call as it came may not say who calls, and then its tags are without those of the key.
  const own = call.principal === undefined ? (call.trace.caller?.tags ?? []) : [];
  const { addedTags } = call.trace;
  try {
    const named = tagsOf(call);
    const tags =
      own.length === 0 && addedTags.length === 0
        ? named
        : [...new Set([...own, ...named, ...addedTags])];
    return { endUser: userOf(call), session: sessionOf(call), tags };
  } catch {
    return { tags: call.principal?.tags ?? own };
  }
}

/** When the first content of the answer was in hand, on the monotonic clock. */
function answeredMs(attempts: readonly AttemptRecord[]): number | undefined {
  for (const { firstTokenUs, wasted, waitedUntilMs } of attempts)
    if (firstTokenUs !== undefined && !wasted && waitedUntilMs !== undefined) return waitedUntilMs;
  return undefined;
}
