import { create } from "@bufbuild/protobuf";
import { UsageSchema } from "../../../../gen/parlance/chat/v1/usage_pb.js";
import { roundUsd } from "../../../core/facts/round-usd.ts";
import type { LedgerRow } from "../../../core/ledger/ledger-row.ts";
import { type LitellmRow, membersOfRow, textOf } from "./litellm-rows.ts";

/** Our operations by LiteLLM's types of calls. */
const operations: Readonly<Record<string, string>> = {
  completion: "chat",
  acompletion: "chat",
  text_completion: "chat",
  atext_completion: "chat",
  responses: "chat",
  aresponses: "chat",
  anthropic_messages: "chat",
  embedding: "embed",
  aembedding: "embed",
  rerank: "rerank",
  arerank: "rerank",
  moderation: "moderate",
  amoderation: "moderate",
};

/** A row of LiteLLM's spend logs as a call of the ledger, at the price that LiteLLM says. */
export function ledgerRowOfLog(row: LitellmRow): LedgerRow {
  const members = membersOfRow(row);
  const endedMs = members.time("endTime") ?? members.time("startTime") ?? 0;
  const startMs = members.time("startTime") ?? endedMs;
  const firstMs = members.time("completionStartTime");
  const provider = textOf(row, "custom_llm_provider");
  const answeredModel = textOf(row, "model");
  const isFailure = textOf(row, "status") === "failure";
  const tags = members.value("request_tags");
  const taken = takenBy(row);
  const shared = {
    ...taken,
    target: provider === "" ? answeredModel : `${provider}/${answeredModel}`,
    provider,
    answeredModel,
    status: isFailure ? ("broken" as const) : ("whole" as const),
    reason: isFailure ? "UPSTREAM_INTERNAL" : "",
    durationUs: Math.max(0, endedMs - startMs) * 1_000,
    firstTokenUs: firstMs === undefined ? undefined : Math.max(0, firstMs - startMs) * 1_000,
  };
  const type = textOf(row, "call_type");
  return {
    ...shared,
    callId: textOf(row, "request_id"),
    endedMs,
    organization: textOf(row, "organization_id"),
    team: textOf(row, "team_id"),
    user: textOf(row, "user"),
    key: textOf(row, "api_key"),
    principal: textOf(row, "api_key"),
    endUser: textOf(row, "end_user"),
    session: textOf(row, "session_id"),
    tags: Array.isArray(tags) ? tags.filter((tag) => typeof tag === "string") : [],
    operation: operations[type] ?? type.slice(0, 64),
    stream: false,
    guards: [],
    clientDialect: "",
    clientAddress: textOf(row, "requester_ip_address").slice(0, 64),
    model: textOf(row, "model_group") || answeredModel,
    arm: "",
    rules: [],
    cache: textOf(row, "cache_hit") === "True" ? "hit" : "",
    cacheSavedNanoUsd: 0n,
    hedgeWasteNanoUsd: 0n,
    overheadUs: 0,
    queuedUs: 0,
    configHash: "",
    attempts: [
      {
        ...shared,
        dialect: "",
        why: "",
        httpStatus: 0,
        hedged: false,
        wasted: false,
        continues: false,
      },
    ],
  };
}

function takenBy(row: LitellmRow) {
  const nanoUsd = roundUsd(row.get("spend") ?? "0");
  return {
    usage: create(UsageSchema, {
      inputTokens: countOf(row, "prompt_tokens"),
      outputTokens: countOf(row, "completion_tokens"),
    }),
    estimated: false,
    cost:
      nanoUsd === undefined
        ? { kind: "unpriced" as const, why: "LiteLLM has no amount for it" }
        : {
            kind: "priced" as const,
            nanoUsd,
            parts: {},
            priceVersion: "litellm",
            source: "litellm",
          },
  };
}

function countOf(row: LitellmRow, column: string): bigint {
  const text = row.get(column) ?? "0";
  return /^\d{1,18}$/.test(text) ? BigInt(text) : 0n;
}
