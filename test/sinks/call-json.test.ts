import { create, toJsonString } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CallEntrySchema } from "../../gen/parlance/admin/v1/usage_pb.js";
import { UsageSchema } from "../../gen/parlance/chat/v1/usage_pb.js";
import { entryOf } from "../../src/core/ledger/call-entry.ts";
import type { LedgerCost, LedgerRow } from "../../src/core/ledger/ledger-row.ts";
import { callJson } from "../../src/sinks/places/call-json.ts";

const text = fc.constantFrom("", "a", 'ü"\n');
const amount = fc.constantFrom(0n, 1n, 9_007_199_254_740_993n);
const count = fc.constantFrom(0, 1, 86_400_000_000);
const status = fc.constantFrom("whole", "broken", "left");
const vendor = fc.record({ vendorNanoUsd: amount }, { requiredKeys: [] });
const cost = fc.oneof(
  fc
    .record({
      nanoUsd: fc.oneof(amount, fc.constant(-5n)),
      parts: fc.dictionary(fc.constantFrom("input", "output"), amount),
      priceVersion: text,
      source: text,
      vendor,
    })
    .map(({ vendor: said, ...one }): LedgerCost => ({ kind: "priced", ...one, ...said })),
  fc
    .record({ why: text, vendor })
    .map(({ vendor: said, ...one }): LedgerCost => ({ kind: "unpriced", ...one, ...said })),
);
const usage = fc.option(
  fc
    .record(
      {
        inputTokens: amount,
        cacheWrite5mTokens: amount,
        toolUses: fc.dictionary(fc.constantFrom("search", "code"), amount),
        serviceTier: text,
        extrasJson: fc.dictionary(fc.constantFrom("one", "two"), text),
      },
      { requiredKeys: [] },
    )
    .map((init) => create(UsageSchema, init)),
  { nil: undefined },
);
const billed = { usage, estimated: fc.boolean(), cost };
const shared = {
  ...{ target: text, provider: text, answeredModel: text, status, reason: text },
  ...{ durationUs: count, firstTokenUs: fc.option(count, { nil: undefined }) },
  ...billed,
};
const attempt = fc.record({
  ...shared,
  ...{ dialect: text, why: text, httpStatus: fc.constantFrom(0, 200, 503) },
  ...{ hedged: fc.boolean(), wasted: fc.boolean(), continues: fc.boolean() },
});
const guard = fc.record({
  guard: text,
  version: text,
  stage: fc.constantFrom("input" as const, "tool_arguments" as const),
  outcome: fc.constantFrom("pass" as const, "mask" as const, "unavailable" as const),
  kinds: fc.array(text, { maxLength: 2 }),
});

const row = fc.record({
  ...shared,
  ...{ callId: text, organization: text, team: text, user: text, key: text, principal: text },
  ...{ endUser: text, session: text, operation: text, clientDialect: text, clientAddress: text },
  ...{ model: text, arm: text, cache: text, configHash: text, stream: fc.boolean() },
  endedMs: fc.constantFrom(0, 1_700_000_000_000, 1_700_000_000_120),
  tags: fc.array(text, { maxLength: 2 }),
  rules: fc.array(text, { maxLength: 2 }),
  guards: fc.array(guard, { maxLength: 2 }),
  ...{ cacheSavedNanoUsd: amount, hedgeWasteNanoUsd: amount },
  ...{ overheadUs: count, queuedUs: count },
  attempts: fc.array(attempt, { maxLength: 2 }),
});

describe("the JSON of a call", () => {
  it("is that of its message", () => {
    fc.assert(
      fc.property(row, (one: LedgerRow) => {
        const options = { useProtoFieldName: true };
        expect(callJson(one)).toBe(toJsonString(CallEntrySchema, entryOf(one), options));
      }),
    );
  });
});
