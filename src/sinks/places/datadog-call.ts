import type { DatadogSettings } from "../../config/settings.ts";
import type { NameProvider } from "../otlp/conventions.ts";
import { callTrace } from "../otlp/trace-context.ts";
import type { SinkRow } from "../sink.ts";
import { callJson } from "./call-json.ts";
import { callNames, failureOf } from "./call-names.ts";

type Named = Pick<DatadogSettings, "service" | "tags">;

/** A call as a log of Datadog, as JSON: https://docs.datadoghq.com/api/latest/logs/send-logs (2026-11) */
export function datadogLog(row: SinkRow, { service, tags }: Named): string {
  const failure = failureOf(row);
  const head = JSON.stringify({
    ddsource: "parlance",
    ddtags: tags.join(","),
    service,
    status: failure === "" ? "info" : "error",
    message: `${row.operation} ${row.model} ${failure || "ok"} ${Math.round(row.durationUs / 1000)} ms`,
    timestamp: row.endedMs,
  });
  // Content is for spans alone.
  return `${head.slice(0, -1)},"call":${callJson(row)}}`;
}

/**
 * A call as a span of LLM Observability:
 * https://docs.datadoghq.com/llm_observability/instrumentation/api (2026-11)
 */
export function datadogSpan(row: SinkRow, { service, tags }: Named, name: NameProvider): object {
  const trace = callTrace(row.callId, row.traceparent);
  const failure = failureOf(row);
  const kind = kinds[row.operation] ?? "task";
  return {
    parent_id: "undefined",
    trace_id: decimal(trace.traceId),
    span_id: decimal(trace.spanId),
    name: row.model === "" ? row.operation : row.model,
    start_ns: Math.round(row.endedMs * 1000 - row.durationUs) * 1000,
    duration: row.durationUs * 1000,
    status: failure === "" ? "ok" : "error",
    ...(row.session === "" ? undefined : { session_id: row.session }),
    tags: [...tags, `service:${service}`, ...row.tags.map((tag) => `tag:${tag}`)],
    meta: {
      kind,
      model_name: row.answeredModel || row.model,
      model_provider: row.provider === "" ? "" : name(row.provider),
      ...(kind === "llm" ? messagesOf(row) : undefined),
      ...(failure === "" ? undefined : { error: { type: failure, message: failure } }),
      metadata: { ...callNames(row), ...(row.content?.cut === true ? { content_cut: true } : {}) },
    },
    metrics: metricsOf(row),
  };
}

const kinds: Readonly<Record<string, string>> = { chat: "llm", embed: "embedding" };

function messagesOf({ content }: SinkRow) {
  if (content === undefined) return { input: { messages: [] }, output: { messages: [] } };
  const { messages, answer } = content;
  return {
    input: { messages: messages.map(({ role, text }) => ({ role, content: text })) },
    output: { messages: answer === "" ? [] : [{ role: "assistant", content: answer }] },
  };
}

/** Times are in seconds, costs in USD. */
function metricsOf({ usage, cost, firstTokenUs }: SinkRow): Readonly<Record<string, number>> {
  const { inputTokens, outputTokens } = usage ?? {};
  const counts = {
    input_tokens: inputTokens,
    output_tokens: outputTokens,
    total_tokens: usage && (inputTokens ?? 0n) + (outputTokens ?? 0n),
    cache_read_input_tokens: usage?.cacheReadTokens,
    cache_write_input_tokens: usage?.cacheWriteTokens,
    reasoning_output_tokens: usage?.reasoningTokens,
  };
  return {
    ...Object.fromEntries(
      Object.entries(counts).flatMap(([name, count]) =>
        count === undefined ? [] : [[name, Number(count)]],
      ),
    ),
    ...(cost.kind === "priced" ? { total_cost: Number(cost.nanoUsd) / 1e9 } : undefined),
    ...(firstTokenUs === undefined ? undefined : { time_to_first_token: firstTokenUs / 1e6 }),
  };
}

function decimal(hex: string): string {
  return BigInt(`0x${hex}`).toString();
}
