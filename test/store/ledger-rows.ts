import { create } from "@bufbuild/protobuf";
import { UsageSchema } from "../../gen/parlance/chat/v1/usage_pb.js";
import type { LedgerAttempt, LedgerRow } from "../../src/core/ledger/ledger-row.ts";

/** A cost of some nano-USD. */
export function priced(nanoUsd: bigint): LedgerRow["cost"] {
  return {
    kind: "priced",
    nanoUsd,
    parts: { input: nanoUsd },
    priceVersion: "v1",
    source: "facts",
  };
}

/** An attempt that answered whole. */
export function attemptRow(over: Partial<LedgerAttempt> = {}): LedgerAttempt {
  return {
    target: "openai/gpt-5-mini",
    provider: "openai",
    answeredModel: "gpt-5-mini-2025-08-07",
    dialect: "openai-chat",
    why: "the only one",
    httpStatus: 200,
    status: "whole",
    reason: "",
    hedged: false,
    wasted: false,
    continues: false,
    durationUs: 900,
    firstTokenUs: 700,
    usage: create(UsageSchema, { inputTokens: 10n, outputTokens: 5n, cacheReadTokens: 4n }),
    estimated: false,
    cost: priced(1_500n),
    ...over,
  };
}

/** A call of the key `dev` that was answered at the first attempt. */
export function callRow(callId: string, over: Partial<LedgerRow> = {}): LedgerRow {
  return {
    callId,
    endedMs: Date.UTC(2026, 4, 3, 10, 30),
    organization: "acme",
    team: "support",
    user: "",
    key: "dev",
    principal: "dev",
    endUser: "eve",
    session: "s1",
    tags: ["web", "eu"],
    operation: "chat",
    stream: true,
    clientDialect: "openai-chat",
    clientAddress: "127.0.0.1",
    model: "fast",
    target: "openai/gpt-5-mini",
    provider: "openai",
    answeredModel: "gpt-5-mini-2025-08-07",
    arm: "",
    rules: ["cheap"],
    guards: [],
    status: "whole",
    reason: "",
    cache: "miss",
    cacheSavedNanoUsd: 3n,
    hedgeWasteNanoUsd: 0n,
    durationUs: 1_000,
    firstTokenUs: 800,
    overheadUs: 100,
    queuedUs: 0,
    configHash: "abc",
    usage: create(UsageSchema, {
      inputTokens: 10n,
      outputTokens: 5n,
      cacheReadTokens: 4n,
      toolUses: { web_search_requests: 2n },
    }),
    estimated: false,
    cost: priced(1_500n),
    attempts: [attemptRow()],
    ...over,
  };
}
