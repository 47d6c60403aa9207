import { create } from "@bufbuild/protobuf";
import { type Timestamp, timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import type { CallFilter as FilterMessage } from "../../../gen/parlance/admin/v1/call_filter_pb.js";
import type { EstimateCostResponse } from "../../../gen/parlance/admin/v1/usage_estimate_pb.js";
import { UsageBucket, UsageDimension } from "../../../gen/parlance/admin/v1/usage_pb.js";
import {
  type CostRevision,
  CostRevisionSchema,
} from "../../../gen/parlance/admin/v1/usage_repricing_pb.js";
import type {
  AggregateUsageRequest,
  ListCallsRequest,
  UsageService,
} from "../../../gen/parlance/admin/v1/usage_service_pb.js";
import type { Chat } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { type Fault, invalidField } from "../../core/faults/fault.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import { entryOf, signedUsd } from "../../core/ledger/call-entry.ts";
import type { AdminCaller, AdminMethods } from "../../edge/gateway-api.ts";
import type { CallFilter } from "../../store/ledger/call-filter.ts";
import type { CallCursor, CallPageQuery } from "../../store/ledger/query-calls.ts";
import type { CostRevision as StoredRevision } from "../../store/ledger/reprice-calls.ts";
import type {
  UsageDimension as DimensionName,
  UsageQuery,
} from "../../store/ledger/usage-query.ts";
import type { StoreLink } from "../../store/store.ts";
import { filterOf, listsOf, scopeOf } from "../usage/call-scope.ts";
import { exportCalls } from "../usage/export-calls.ts";
import { reconcileUsage } from "../usage/reconcile-usage.ts";
import { type RepriceOptions, repriceCalls } from "../usage/reprice-calls.ts";
import { sumOf } from "../usage/sum-of.ts";
import { watchCalls } from "../usage/watch-calls.ts";

/** A configuration and the prices of its targets. */
export type PricedSnapshot = Pick<RepriceOptions, "settings" | "pricesAt">;

/** What usage is read from. */
export interface UsageWorld {
  readonly store: StoreLink | undefined;
  /** The time of day in milliseconds since 1970. */
  readonly wallMs: () => number;
  /** The configuration in force, with its prices. */
  readonly snapshot: () => PricedSnapshot;
  /** Says what a chat of a caller would cost. */
  readonly estimate: (chat: Chat, caller: AdminCaller) => Promise<EstimateCostResponse>;
}

const defaultPage = 100;
const defaultTop = 100;

/** How far back sums go where no start is named, in milliseconds: 30 days. */
const defaultSpanMs = 2_592_000_000;

/** The calls of the ledger and their sums, each caller's own unless it is an admin. */
export function createUsageDirectory({
  store,
  wallMs,
  snapshot,
  estimate,
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
    exportCalls({ filter, format }, caller, signal) {
      const wanted = seenFilter(filter, caller);
      // What ends while it runs is for the next file.
      const toMs = wanted.toMs ?? wallMs();
      return exportCalls({ store: link(), filter: { ...wanted, toMs }, format, signal });
    },
    watchUsage({ filter }, caller, signal) {
      return watchCalls(link(), seenFilter(filter, caller), signal);
    },
    repriceCalls({ startTime, endTime, dryRun }, _, signal) {
      const [fromMs = 0, toMs = wallMs()] = [msOf(startTime), msOf(endTime)];
      if (fromMs >= toMs)
        throw new GatewayError(invalidField("start_time", "must be before end_time"));
      const { settings, pricesAt } = snapshot();
      const job = { store: link(), settings, pricesAt, nowMs: wallMs };
      return repriceCalls({ ...job, fromMs, toMs, dryRun, signal });
    },
    async listCostRevisions({ callId }, caller) {
      const query = { callIds: [callId], limit: 1, ...scopeOf(caller, [], "") };
      const { calls } = await link().request("calls.page", query);
      if (calls.length === 0) throw new GatewayError(noCall(callId));
      const found = await link().request("calls.revisions", [callId]);
      return { revisions: found.map(revisionOf) };
    },
    reconcileUsage: async (request) => reconcileUsage(link(), request),
    async estimateCost({ chat }, caller) {
      if (chat === undefined) throw new GatewayError(invalidField("chat", "is required"));
      return estimate(chat, caller);
    },
  };
}

function noCall(callId: string): Fault {
  return { reason: ErrorReason.NOT_FOUND, message: `there is no call ${callId} that you may see` };
}

function revisionOf({ attempt, atMs, cost }: StoredRevision): CostRevision {
  const time = timestampFromMs(atMs);
  const at = attempt === undefined ? {} : { attempt };
  if (cost.kind === "unpriced") return create(CostRevisionSchema, { ...at, time });
  return create(CostRevisionSchema, {
    ...at,
    time,
    costNanoUsd: cost.nanoUsd,
    costUsd: signedUsd(cost.nanoUsd),
    priceVersion: cost.priceVersion,
    priceSource: cost.source,
  });
}

/** What a caller wants to see, of what it may. */
function seenFilter(filter: FilterMessage | undefined, caller: AdminCaller): CallFilter {
  return {
    ...(filter === undefined ? {} : filterOf(filter)),
    ...scopeOf(caller, filter?.keys ?? [], "filter.keys"),
  };
}

function pageQuery(request: ListCallsRequest, caller: AdminCaller): CallPageQuery {
  const { filter, pageSize, pageToken, oldestFirst } = request;
  return {
    ...seenFilter(filter, caller),
    ...(pageToken === "" ? {} : { after: parseCursor(pageToken) }),
    oldestFirst,
    limit: pageSize === 0 ? defaultPage : pageSize,
  };
}

function sumQuery(request: AggregateUsageRequest, caller: AdminCaller, nowMs: number): UsageQuery {
  const { dimension, bucket, startTime, endTime, top, filter, thenBy } = request;
  const toMs = msOf(endTime) ?? nowMs;
  const fromMs = msOf(startTime) ?? toMs - defaultSpanMs;
  if (fromMs >= toMs) throw new GatewayError(invalidField("start_time", "must be before end_time"));
  return {
    dimension: dimensionNames[dimension],
    bucket: bucketNames[bucket],
    fromMs,
    toMs,
    ...listsOf(request, ["organizations", "teams", "users", "keys", "values"]),
    ...scopeOf(caller, request.keys, "keys"),
    ...(filter === undefined ? {} : { filter: filterOf(filter) }),
    ...(thenBy === UsageDimension.UNSPECIFIED ? {} : { thenBy: dimensionNames[thenBy] }),
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
  [UsageDimension.RULE]: "rule",
  [UsageDimension.ANSWERED_MODEL]: "answered_model",
  [UsageDimension.CONFIG_HASH]: "config_hash",
};

const bucketNames: Readonly<Record<UsageBucket, UsageQuery["bucket"]>> = {
  [UsageBucket.UNSPECIFIED]: "all",
  [UsageBucket.ALL]: "all",
  [UsageBucket.HOUR]: "hour",
  [UsageBucket.DAY]: "day",
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
