import { create } from "@bufbuild/protobuf";
import {
  type LogRecord,
  LogRecordSchema,
  SeverityNumber,
} from "../../../gen/opentelemetry/proto/logs/v1/logs_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { errorBehaviour } from "../../core/faults/error-behaviour.ts";
import type { LedgerRow } from "../../core/ledger/ledger-row.ts";
import type { Notice } from "../../core/notice.ts";
import type { SinkRow } from "../sink.ts";
import {
  costAttributes,
  type NameProvider,
  operationName,
  usageAttributes,
} from "./conventions.ts";
import { type Attributes, anyValueOf, attributesOf, hexBytes, nanoOf } from "./otlp-attributes.ts";
import { callTrace } from "./trace-context.ts";

/**
 * A call as a record of the log, within the span of the call: with the names of the conventions for
 * generative AI, and for what they do not name with attributes of `parlance.`. It holds no content.
 */
export function callLogRecord(row: SinkRow, nameProvider: NameProvider): LogRecord {
  const trace = callTrace(row.callId, row.traceparent);
  const time = nanoOf(row.endedMs);
  return create(LogRecordSchema, {
    timeUnixNano: time,
    observedTimeUnixNano: time,
    ...severities[severityOf(row)],
    eventName: "parlance.call",
    body: anyValueOf(bodyOf(row)),
    attributes: attributesOf(attributesOfCall(row, nameProvider)),
    traceId: hexBytes(trace.traceId),
    spanId: hexBytes(trace.spanId),
  });
}

/** A notice as a record of the log; `nowMs` is its time, in milliseconds since 1970. */
export function noticeLogRecord(notice: Notice, nowMs: number): LogRecord {
  const { event, message, level = "warn", details = {} } = notice;
  const named = Object.entries(details).map(
    ([name, value]) => [`parlance.${name}`, value] as const,
  );
  return create(LogRecordSchema, {
    timeUnixNano: nanoOf(nowMs),
    observedTimeUnixNano: nanoOf(nowMs),
    ...severities[level],
    eventName: `parlance.${event}`,
    body: anyValueOf(message),
    attributes: attributesOf(Object.fromEntries(named)),
  });
}

const severities = {
  info: { severityNumber: SeverityNumber.INFO, severityText: "INFO" },
  warn: { severityNumber: SeverityNumber.WARN, severityText: "WARN" },
  error: { severityNumber: SeverityNumber.ERROR, severityText: "ERROR" },
} as const;

/** As the log has it: the caller's failures warn, those of vendors and the gateway are errors. */
function severityOf({ status, reason }: LedgerRow): keyof typeof severities {
  if (status !== "broken") return "info";
  const known = Object.entries(ErrorReason).find(([name]) => name === reason)?.[1];
  return typeof known === "number" && errorBehaviour(known).http < 500 ? "warn" : "error";
}

function bodyOf({ operation, model, status, reason }: LedgerRow): string {
  return [operation, model, status, reason].filter((word) => word !== "").join(" ");
}

function attributesOfCall(row: LedgerRow, nameProvider: NameProvider): Attributes {
  return {
    "gen_ai.operation.name": operationName(row.operation),
    "gen_ai.provider.name": row.provider === "" ? "" : nameProvider(row.provider),
    "gen_ai.request.model": row.model,
    "gen_ai.response.model": row.answeredModel,
    "gen_ai.conversation.id": row.session,
    ...usageAttributes(row.usage),
    "error.type": row.status === "left" ? "CANCELLED" : row.reason,
    "client.address": row.clientAddress,
    "parlance.call.id": row.callId,
    "parlance.status": row.status,
    "parlance.principal": row.principal,
    "parlance.organization.id": row.organization,
    "parlance.team.id": row.team,
    "parlance.user.id": row.user,
    "parlance.key.id": row.key,
    "parlance.end_user": row.endUser,
    "parlance.tags": row.tags,
    "parlance.target": row.target,
    "parlance.attempts": row.attempts.length,
    "parlance.rules": row.rules,
    "parlance.arm": row.arm,
    "parlance.cache": row.cache,
    "parlance.client.dialect": row.clientDialect,
    "parlance.stream": row.stream,
    "parlance.duration_us": row.durationUs,
    "parlance.time_to_first_token_us": row.firstTokenUs,
    "parlance.overhead_us": row.overheadUs,
    "parlance.queued_us": row.queuedUs,
    "parlance.usage.estimated": row.estimated || undefined,
    "parlance.config.hash": row.configHash,
    ...costAttributes(row.cost),
  };
}
