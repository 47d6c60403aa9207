import { createHash } from "node:crypto";
import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import type { LedgerCost } from "../../core/ledger/ledger-row.ts";
import type { SinkRow } from "../sink.ts";
import { callNames, failureOf, namesOf } from "./call-names.ts";

/** A call as a run of LangSmith, with content where the row has it: https://docs.langchain.com/langsmith/run-data-format (2026-11). */
export function langsmithRun(row: SinkRow, project: string): object {
  const id = runId(row.callId);
  const startMs = row.endedMs - Math.ceil(row.durationUs / 1000);
  const failure = failureOf(row);
  return {
    id,
    trace_id: id,
    dotted_order: `${dottedTime(startMs)}${id}`,
    name: row.model === "" ? row.operation : row.model,
    run_type: row.operation === "chat" ? "llm" : "chain",
    session_name: project,
    start_time: new Date(startMs).toISOString(),
    end_time: new Date(row.endedMs).toISOString(),
    inputs: inputsOf(row),
    outputs: outputsOf(row),
    ...(failure === "" ? undefined : { error: failure }),
    tags: row.tags,
    extra: { metadata: metadataOf(row) },
  };
}

function inputsOf({ content }: SinkRow): object {
  if (content === undefined) return {};
  return { messages: content.messages.map(({ role, text }) => ({ role, content: text })) };
}

function outputsOf({ content }: SinkRow): object {
  if (content === undefined || content.answer === "") return {};
  return { messages: [{ role: "assistant", content: content.answer }] };
}

function metadataOf(row: SinkRow) {
  const { usage, cost, firstTokenUs } = row;
  return {
    ...namesOf({
      ls_provider: row.provider,
      ls_model_name: row.answeredModel,
      session_id: row.session,
    }),
    ...callNames(row),
    ls_model_type: "chat",
    stream: row.stream,
    attempts: row.attempts.length,
    ...(row.rules.length === 0 ? undefined : { rules: row.rules }),
    ...(usage === undefined ? undefined : { usage_metadata: usageOf(usage, cost) }),
    usage_estimated: row.estimated,
    ...(row.content?.cut === true ? { content_cut: true } : undefined),
    ...(cost.kind === "unpriced" ? { unpriced: cost.why } : undefined),
    ...(firstTokenUs === undefined ? undefined : { first_token_us: firstTokenUs }),
    overhead_us: row.overheadUs,
  };
}

function usageOf(usage: Usage, cost: LedgerCost) {
  const { inputTokens = 0n, outputTokens = 0n, cacheReadTokens, cacheWriteTokens } = usage;
  const { reasoningTokens } = usage;
  return {
    input_tokens: Number(inputTokens),
    output_tokens: Number(outputTokens),
    total_tokens: Number(inputTokens + outputTokens),
    input_token_details: counts({ cache_read: cacheReadTokens, cache_creation: cacheWriteTokens }),
    output_token_details: counts({ reasoning: reasoningTokens }),
    // It takes numbers, which hold any sum of a call to a nano-USD.
    ...(cost.kind === "priced" ? { total_cost: Number(cost.nanoUsd) / 1e9 } : undefined),
  };
}

function counts(all: Readonly<Record<string, bigint | undefined>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, count]) =>
      count === undefined ? [] : [[name, Number(count)]],
    ),
  );
}

/** Ids of runs are UUIDs; those of calls mostly are. */
function runId(callId: string): string {
  if (/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(callId)) return callId.toLowerCase();
  const hex = createHash("sha256").update(callId).digest("hex");
  const part = (from: number, to: number) => hex.slice(from, to);
  return `${part(0, 8)}-${part(8, 12)}-8${part(13, 16)}-8${part(17, 20)}-${part(20, 32)}`;
}

/** Such as `20261130T120000000000Z`: microseconds, without marks between them. */
function dottedTime(ms: number): string {
  return new Date(ms).toISOString().replace("Z", "000Z").replaceAll(/[-:.]/g, "");
}
