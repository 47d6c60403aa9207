import { create } from "@bufbuild/protobuf";
import {
  type Span,
  Span_SpanKind,
  SpanSchema,
  Status_StatusCode,
} from "../../../gen/opentelemetry/proto/trace/v1/trace_pb.js";
import type { AttemptRecord } from "../../core/attempt-record.ts";
import type { Fault } from "../../core/faults/fault.ts";
import { describeGuard } from "../../core/guard/guard-report.ts";
import type { CallContent } from "../../core/ledger/call-content.ts";
import {
  answeringAttempt,
  type CallRecord,
  cacheOutcome,
  reasonOf,
} from "../../core/ledger/call-record.ts";
import type { BaggageMember } from "../../sinks/otlp/baggage.ts";
import {
  costAttributes,
  type NameProvider,
  operationName,
  usageAttributes,
} from "../../sinks/otlp/conventions.ts";
import {
  type Attributes,
  attributesOf,
  hexBytes,
  nanoOf,
} from "../../sinks/otlp/otlp-attributes.ts";
import { attemptSpanId, type CallTrace } from "../../sinks/otlp/trace-context.ts";
import { contentAttributes } from "./content-attributes.ts";

/** A call that is over, with the times of both clocks when it ended, in milliseconds. */
export interface EndedCall {
  readonly record: CallRecord;
  readonly trace: CallTrace;
  /** Since 1970. */
  readonly endedMs: number;
  /** On the monotonic clock, which attempts go by. */
  readonly endedMonoMs: number;
  /** What was said in it. Absent: spans have none of it. */
  readonly content?: CallContent | undefined;
  /** What its caller sends along, as far as spans have it. */
  readonly baggage: readonly BaggageMember[];
}

/**
 * A span for a call and one for each attempt, by the conventions for generative AI
 * (https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/, 2026-11) and, for what they do
 * not name, with attributes of `parlance.`. They hold no content but that of the call.
 */
export function callSpans(call: EndedCall, nameProvider: NameProvider): readonly Span[] {
  const { record, trace } = call;
  return [
    callSpan(call, nameProvider),
    ...record.attempts.map((attempt, at) =>
      attemptSpan(call, attempt, { nameProvider, spanId: attemptSpanId(trace, at) }),
    ),
  ];
}

function callSpan(call: EndedCall, nameProvider: NameProvider): Span {
  const { record, trace, endedMs } = call;
  const answering = answeringAttempt(record);
  const tenants = (record.tenants ?? []).map(
    ({ kind, id }) => [`parlance.${kind}.id`, id] as const,
  );
  return create(SpanSchema, {
    traceId: hexBytes(trace.traceId),
    spanId: hexBytes(trace.spanId),
    parentSpanId: hexBytes(trace.parent?.spanId ?? ""),
    name: nameOf(record.operation, record.model),
    kind: Span_SpanKind.SERVER,
    startTimeUnixNano: nanoOf(endedMs - record.durationMs),
    endTimeUnixNano: nanoOf(endedMs),
    attributes: attributesOf({
      ...baggageAttributes(call.baggage),
      "gen_ai.operation.name": operationName(record.operation),
      "gen_ai.request.model": record.model,
      "gen_ai.request.stream": record.stream || undefined,
      "gen_ai.response.time_to_first_chunk": firstChunkOf(record, record.firstTokenUs),
      ...contentAttributes(call.content),
      "gen_ai.provider.name": answering && nameProvider(answering.target.provider),
      "gen_ai.response.model": answering?.answeredModel,
      "gen_ai.conversation.id": record.session,
      ...usageAttributes(record.usage),
      "error.type": errorOf(record),
      "client.address": record.clientAddress,
      "parlance.call.id": record.callId,
      "parlance.principal": record.principal,
      "parlance.team": record.team,
      "parlance.end_user": record.endUser,
      "parlance.tags": record.tags,
      "parlance.rules": record.rules,
      "parlance.guards": record.guards?.map(describeGuard),
      "parlance.arm": record.arm,
      "parlance.cache": cacheOutcome(record),
      "parlance.client.dialect": record.clientDialect,
      "parlance.stream": record.stream,
      "parlance.time_to_first_token_us": record.firstTokenUs,
      "parlance.overhead_us": record.overheadUs,
      "parlance.queued_us": record.queuedUs,
      "parlance.config.hash": record.configHash,
      ...costAttributes(record.cost),
      ...Object.fromEntries(tenants),
    }),
    status: statusOf(record.fault),
  });
}

function attemptSpan(
  { record, trace, endedMs, endedMonoMs, baggage }: EndedCall,
  attempt: AttemptRecord,
  { nameProvider, spanId }: { readonly nameProvider: NameProvider; readonly spanId: string },
): Span {
  const { target, waitedSinceMs = endedMonoMs } = attempt;
  const wallOf = (monoMs: number) => nanoOf(endedMs - Math.max(0, endedMonoMs - monoMs));
  return create(SpanSchema, {
    traceId: hexBytes(trace.traceId),
    spanId: hexBytes(spanId),
    parentSpanId: hexBytes(trace.spanId),
    name: nameOf(record.operation, target.model),
    kind: Span_SpanKind.CLIENT,
    startTimeUnixNano: wallOf(waitedSinceMs),
    endTimeUnixNano: wallOf(attempt.endedMs ?? endedMonoMs),
    attributes: attributesOf({
      ...baggageAttributes(baggage),
      "gen_ai.operation.name": operationName(record.operation),
      "gen_ai.request.model": target.model,
      "gen_ai.request.stream": record.stream || undefined,
      "gen_ai.response.time_to_first_chunk": firstChunkOf(record, attempt.firstTokenUs),
      "gen_ai.provider.name": nameProvider(target.provider),
      "gen_ai.response.model": attempt.answeredModel,
      ...usageAttributes(attempt.usage ?? attempt.estimate),
      "error.type": attempt.fault && reasonOf(attempt.fault),
      "http.response.status_code": attempt.status || undefined,
      "parlance.provider": target.provider,
      "parlance.dialect": attempt.dialect,
      "parlance.why": attempt.why,
      "parlance.hedged": attempt.hedged || undefined,
      "parlance.wasted": attempt.wasted || undefined,
      "parlance.continues": attempt.continues || undefined,
      "parlance.usage.estimated": attempt.estimate === undefined ? undefined : true,
      "parlance.time_to_first_token_us": attempt.firstTokenUs,
      ...(attempt.cost === undefined ? undefined : costAttributes(attempt.cost)),
    }),
    status: statusOf(attempt.fault),
  });
}

function nameOf(operation: string, model: string): string {
  return [operationName(operation), model].filter((part) => part !== "").join(" ");
}

function errorOf({ fault, callerGone }: CallRecord): string | undefined {
  return callerGone ? "CANCELLED" : fault && reasonOf(fault);
}

/** Not with the message of the fault, in which a vendor may repeat what it was sent. */
function statusOf(fault: Fault | undefined) {
  return fault === undefined
    ? { code: Status_StatusCode.UNSET }
    : { code: Status_StatusCode.ERROR, message: reasonOf(fault) };
}

/** In seconds; undefined where the answer is not streamed. */
function firstChunkOf({ stream }: CallRecord, firstTokenUs: number | undefined) {
  return stream && firstTokenUs !== undefined ? { double: firstTokenUs / 1_000_000 } : undefined;
}

/** By their own keys. What the gateway says itself goes over them. */
function baggageAttributes(members: readonly BaggageMember[]): Attributes {
  return Object.fromEntries(members.map(({ key, value }) => [key, value]));
}
