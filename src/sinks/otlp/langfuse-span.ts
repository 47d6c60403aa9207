import { create } from "@bufbuild/protobuf";
import {
  type Span,
  Span_SpanKind,
  SpanSchema,
  Status_StatusCode,
} from "../../../gen/opentelemetry/proto/trace/v1/trace_pb.js";
import { callNames, failureOf } from "../places/call-names.ts";
import type { SinkRow } from "../sink.ts";
import { type Attributes, attributesOf, hexBytes, nanoOf } from "./otlp-attributes.ts";
import { callTrace } from "./trace-context.ts";

/**
 * A call as an observation of Langfuse: https://langfuse.com/integrations/native/opentelemetry
 * (2026-11). Its ids follow from that of the call, so that it is the same when it comes again.
 */
export function langfuseSpan(row: SinkRow): Span {
  const trace = callTrace(row.callId, row.traceparent);
  const startMs = row.endedMs - row.durationUs / 1000;
  const failure = failureOf(row);
  return create(SpanSchema, {
    traceId: hexBytes(trace.traceId),
    spanId: hexBytes(trace.spanId),
    name: row.model === "" ? row.operation : row.model,
    kind: Span_SpanKind.SERVER,
    startTimeUnixNano: nanoOf(startMs),
    endTimeUnixNano: nanoOf(row.endedMs),
    attributes: attributesOf({
      "langfuse.observation.type": types[row.operation] ?? "span",
      "langfuse.trace.name": row.model === "" ? row.operation : row.model,
      "langfuse.user.id": row.endUser || row.user,
      "langfuse.session.id": row.session,
      "langfuse.trace.tags": row.tags,
      "langfuse.observation.model.name": row.answeredModel || row.model,
      "langfuse.observation.usage_details": usageOf(row),
      "langfuse.observation.cost_details": costOf(row),
      "langfuse.observation.completion_start_time": firstTokenOf(row, startMs),
      "langfuse.observation.level": failure === "" ? "DEFAULT" : "ERROR",
      "langfuse.observation.status_message": failure,
      ...contentOf(row),
      ...metadataOf(row),
    }),
    ...(failure === "" ? undefined : { status: { code: Status_StatusCode.ERROR } }),
  });
}

const types: Readonly<Record<string, string>> = { chat: "generation", embed: "embedding" };

/** The classes add up: what is a part of another is taken off it. */
function usageOf({ usage }: SinkRow): string | undefined {
  if (usage === undefined) return undefined;
  const [input = 0n, output = 0n] = [usage.inputTokens, usage.outputTokens];
  const { cacheReadTokens: read = 0n, cacheWriteTokens: written = 0n } = usage;
  const { reasoningTokens: reasoning = 0n } = usage;
  const counts = {
    input: rest(input, read + written),
    input_cached_tokens: read,
    input_cache_creation: written,
    output: rest(output, reasoning),
    output_reasoning_tokens: reasoning,
    total: input + output,
  };
  const known = Object.entries(counts).filter(([, count]) => count > 0n);
  return JSON.stringify(Object.fromEntries(known.map(([name, count]) => [name, Number(count)])));
}

function rest(whole: bigint, part: bigint): bigint {
  return part < whole ? whole - part : 0n;
}

/** In USD: numbers hold any sum of a call to a nano-USD. */
function costOf({ cost }: SinkRow): string | undefined {
  if (cost.kind !== "priced") return undefined;
  return JSON.stringify({ total: Number(cost.nanoUsd) / 1e9 });
}

function firstTokenOf({ firstTokenUs }: SinkRow, startMs: number): string | undefined {
  if (firstTokenUs === undefined) return undefined;
  return new Date(startMs + firstTokenUs / 1000).toISOString();
}

function contentOf({ content }: SinkRow): Attributes {
  if (content === undefined) return {};
  const { messages, answer } = content;
  const said = messages.map(({ role, text }) => ({ role, content: text }));
  return {
    "langfuse.observation.input": JSON.stringify(said),
    "langfuse.observation.output":
      answer === "" ? "" : JSON.stringify({ role: "assistant", content: answer }),
    "langfuse.observation.metadata.content_cut": content.cut || undefined,
  };
}

function metadataOf(row: SinkRow): Attributes {
  const facts = {
    ...callNames(row),
    attempts: row.attempts.length,
    stream: row.stream,
    overhead_us: row.overheadUs,
    usage_estimated: row.estimated,
    rules: row.rules,
    unpriced: row.cost.kind === "unpriced" ? row.cost.why : undefined,
  };
  return Object.fromEntries(
    Object.entries(facts).map(([name, fact]) => [`langfuse.observation.metadata.${name}`, fact]),
  );
}
