import { create } from "@bufbuild/protobuf";
import { type Timestamp, timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { Role } from "../../../gen/parlance/access/v1/access_pb.js";
import {
  type CallAttempt,
  CallAttemptSchema,
  type CallEntry,
  CallEntrySchema,
  CallStatus,
  UsageBucket,
  UsageDimension,
  type UsageSum,
  UsageSumSchema,
} from "../../../gen/parlance/admin/v1/usage_pb.js";
import type {
  AggregateUsageRequest,
  CallFilter as FilterMessage,
  ListCallsRequest,
  UsageService,
} from "../../../gen/parlance/admin/v1/usage_service_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { printUsd } from "../../core/facts/nano-usd.ts";
import { invalidField } from "../../core/faults/fault.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import type { LedgerAttempt, LedgerCost, LedgerRow } from "../../core/ledger/ledger-row.ts";
import type { AdminCaller, AdminMethods } from "../../edge/gateway-api.ts";
import type {
  UsageDimension as DimensionName,
  UsageQuery,
  UsageSums,
} from "../../store/ledger/aggregate-usage.ts";
import type { CallCursor, CallFilter, CallPageQuery } from "../../store/ledger/query-calls.ts";
import type { StoreLink } from "../../store/store.ts";

/** What usage is read from. */
export interface UsageWorld {
  readonly store: StoreLink | undefined;
  /** The time of day in milliseconds since 1970. */
  readonly wallMs: () => number;
}

const defaultPage = 100;
const defaultTop = 100;

/** How far back sums go where no start is named, in milliseconds: 30 days. */
const defaultSpanMs = 2_592_000_000;

/** The calls of the ledger and their sums, each caller's own unless it is an admin. */
export function createUsageDirectory({
  store,
  wallMs,
}: UsageWorld): AdminMethods<typeof UsageService> {
  const link = (): StoreLink => {
    if (store !== undefined) return store;
    const message = "this gateway has no store that records calls";
    throw new GatewayError({ reason: ErrorReason.STORE_UNAVAILABLE, message });
  };
  return {
    async listCalls(request, caller) {
      const { calls, next } = await link().request("calls.page", pageQuery(request, caller));
      return {
        calls: calls.map(entryOf),
        nextPageToken: next === undefined ? "" : printCursor(next),
      };
    },
    async aggregateUsage(request, caller) {
      const query = sumQuery(request, caller, wallMs());
      return { sums: (await link().request("usage.aggregate", query)).map(sumOf) };
    },
  };
}

function pageQuery(request: ListCallsRequest, caller: AdminCaller): CallPageQuery {
  const { filter, pageSize, pageToken, oldestFirst } = request;
  return {
    ...(filter === undefined ? {} : filterOf(filter)),
    ...ownOnly(caller, filter?.keys ?? [], "filter.keys"),
    ...(pageToken === "" ? {} : { after: parseCursor(pageToken) }),
    oldestFirst,
    limit: pageSize === 0 ? defaultPage : pageSize,
  };
}

function filterOf(filter: FilterMessage): CallFilter {
  const { startTime, endTime, statuses } = filter;
  return {
    ...(startTime === undefined ? {} : { fromMs: timestampMs(startTime) }),
    ...(endTime === undefined ? {} : { toMs: timestampMs(endTime) }),
    ...listsOf(filter, [
      "organizations",
      "teams",
      "users",
      "keys",
      "models",
      "providers",
      "targets",
      "endUsers",
      "sessions",
      "operations",
      "tags",
      "callIds",
    ]),
    ...(statuses.length === 0 ? {} : { statuses: statuses.map((one) => statusNames[one]) }),
  };
}

/** The lists that name something; an empty one means all. */
function listsOf<Name extends string>(
  from: Readonly<Record<Name, readonly string[]>>,
  names: readonly Name[],
): Partial<Record<Name, readonly string[]>> {
  const lists: Partial<Record<Name, readonly string[]>> = {};
  for (const name of names) if (from[name].length > 0) lists[name] = from[name];
  return lists;
}

/** Whoever is no admin sees the calls of its own key; asking for others is refused. */
function ownOnly(
  { access, name }: AdminCaller,
  keys: readonly string[],
  field: string,
): { readonly keys?: readonly string[] } {
  if (access.grants.some(({ role }) => role === Role.ADMIN)) return {};
  const { keyId } = access;
  if (keys.every((key) => key === keyId)) return { keys: [keyId] };
  throw new GatewayError({
    reason: ErrorReason.PERMISSION_DENIED,
    message: `key ${name} may see its own calls only: leave out ${field}, or use the admin key`,
  });
}

function sumQuery(request: AggregateUsageRequest, caller: AdminCaller, nowMs: number): UsageQuery {
  const { dimension, bucket, startTime, endTime, top } = request;
  const toMs = msOf(endTime) ?? nowMs;
  const fromMs = msOf(startTime) ?? toMs - defaultSpanMs;
  if (fromMs >= toMs) throw new GatewayError(invalidField("start_time", "must be before end_time"));
  return {
    dimension: dimensionNames[dimension],
    bucket: bucketNames[bucket],
    fromMs,
    toMs,
    ...listsOf(request, ["organizations", "teams", "users", "keys", "values"]),
    ...ownOnly(caller, request.keys, "keys"),
    top: top === 0 ? defaultTop : top,
  };
}

function msOf(time: Timestamp | undefined): number | undefined {
  return time === undefined ? undefined : timestampMs(time);
}

const dimensionNames: Readonly<Record<UsageDimension, DimensionName>> = {
  [UsageDimension.UNSPECIFIED]: "total",
  [UsageDimension.TOTAL]: "total",
  [UsageDimension.ORGANIZATION]: "organization",
  [UsageDimension.TEAM]: "team",
  [UsageDimension.USER]: "user",
  [UsageDimension.KEY]: "key",
  [UsageDimension.MODEL]: "model",
  [UsageDimension.OPERATION]: "operation",
  [UsageDimension.PROVIDER]: "provider",
  [UsageDimension.TARGET]: "target",
  [UsageDimension.END_USER]: "end_user",
  [UsageDimension.TAG]: "tag",
  [UsageDimension.SESSION]: "session",
  [UsageDimension.STATUS]: "status",
  [UsageDimension.REASON]: "reason",
  [UsageDimension.ARM]: "arm",
  [UsageDimension.CACHE]: "cache",
  [UsageDimension.CLIENT_DIALECT]: "client_dialect",
};

const bucketNames: Readonly<Record<UsageBucket, UsageQuery["bucket"]>> = {
  [UsageBucket.UNSPECIFIED]: "all",
  [UsageBucket.ALL]: "all",
  [UsageBucket.HOUR]: "hour",
  [UsageBucket.DAY]: "day",
};

const statusNames: Readonly<Record<CallStatus, LedgerRow["status"]>> = {
  [CallStatus.UNSPECIFIED]: "whole",
  [CallStatus.WHOLE]: "whole",
  [CallStatus.BROKEN]: "broken",
  [CallStatus.LEFT]: "left",
};

const statuses: Readonly<Record<LedgerRow["status"], CallStatus>> = {
  whole: CallStatus.WHOLE,
  broken: CallStatus.BROKEN,
  left: CallStatus.LEFT,
};

function printCursor({ endedMs, callId }: CallCursor): string {
  return `${endedMs}.${callId}`;
}

function parseCursor(token: string): CallCursor {
  const match = /^(\d{1,16})\.(.+)$/.exec(token);
  if (match?.[1] !== undefined && match[2] !== undefined)
    return { endedMs: Number(match[1]), callId: match[2] };
  throw new GatewayError(invalidField("page_token", "must be next_page_token of an answer"));
}

function entryOf(row: LedgerRow): CallEntry {
  const { endedMs, tags, rules, status, estimated, durationUs, firstTokenUs, ...rest } = row;
  const { attempts, cost, overheadUs, queuedUs, usage, ...plain } = rest;
  return create(CallEntrySchema, {
    ...plain,
    endTime: timestampFromMs(endedMs),
    tags: [...tags],
    rules: [...rules],
    status: statuses[status],
    ...(usage === undefined ? {} : { usage }),
    usageEstimated: estimated,
    ...costOf(cost),
    durationUs: BigInt(durationUs),
    ...(firstTokenUs === undefined ? {} : { firstTokenUs: BigInt(firstTokenUs) }),
    overheadUs: BigInt(overheadUs),
    queuedUs: BigInt(queuedUs),
    attempts: attempts.map(attemptOf),
  });
}

function costOf(cost: LedgerCost) {
  const vendor = cost.vendorNanoUsd === undefined ? {} : { vendorCostNanoUsd: cost.vendorNanoUsd };
  if (cost.kind === "unpriced") return { ...vendor, unpriced: cost.why };
  return {
    ...vendor,
    costNanoUsd: cost.nanoUsd,
    costUsd: signedUsd(cost.nanoUsd),
    costPartsNanoUsd: { ...cost.parts },
    priceVersion: cost.priceVersion,
    priceSource: cost.source,
  };
}

function attemptOf(attempt: LedgerAttempt): CallAttempt {
  const { target, answeredModel, dialect, why, httpStatus, status, reason } = attempt;
  const { provider, hedged, wasted, continues, estimated, durationUs, firstTokenUs } = attempt;
  return create(CallAttemptSchema, {
    ...{ target, provider, answeredModel, dialect, why, reason, hedged, wasted, continues },
    upstreamStatus: httpStatus,
    status: statuses[status],
    ...(attempt.usage === undefined ? {} : { usage: attempt.usage }),
    usageEstimated: estimated,
    ...costOf(attempt.cost),
    durationUs: BigInt(durationUs),
    ...(firstTokenUs === undefined ? {} : { firstTokenUs: BigInt(firstTokenUs) }),
  });
}

function sumOf({ bucketMs, value, sums }: UsageSums): UsageSum {
  return create(UsageSumSchema, {
    startTime: timestampFromMs(bucketMs),
    value,
    calls: sums.calls,
    failedCalls: sums.failed_calls,
    leftCalls: sums.left_calls,
    cachedCalls: sums.cached_calls,
    unpricedCalls: sums.unpriced_calls,
    inputTokens: sums.input_tokens,
    cacheReadTokens: sums.cache_read_tokens,
    cacheWriteTokens: sums.cache_write_tokens,
    outputTokens: sums.output_tokens,
    reasoningTokens: sums.reasoning_tokens,
    costNanoUsd: sums.cost_nano_usd,
    costUsd: signedUsd(sums.cost_nano_usd),
    cacheSavedNanoUsd: sums.cache_saved_nano_usd,
    hedgeWasteNanoUsd: sums.hedge_waste_nano_usd,
    durationUs: sums.duration_us,
    firstTokenUs: sums.first_token_us,
    firstTokenCalls: sums.first_token_calls,
  });
}

function signedUsd(nanoUsd: bigint): string {
  return nanoUsd < 0n ? `-${printUsd(-nanoUsd)}` : printUsd(nanoUsd);
}
