import { create } from "@bufbuild/protobuf";
import fc from "fast-check";
import { expect, it } from "vitest";
import { UsageSchema } from "../../gen/parlance/chat/v1/usage_pb.js";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import { type AttemptRecord, OpenAttempt } from "../../src/core/attempt-record.ts";
import type { CallRecord } from "../../src/core/ledger/call-record.ts";
import type { End } from "../../src/core/life.ts";
import { nothing } from "../../src/core/money/cost.ts";
import { callPrinter } from "../../src/logging/call-line.ts";

const endedMs = Date.UTC(2026, 0, 2, 3, 4, 5, 6);

const target = { provider: "far", model: "big" };
const used = create(UsageSchema, { inputTokens: 7n, outputTokens: 9n });
/** An attempt that has its first content after 2 ms, if it has any, and ends after 5. */
function attemptOf(dialect: string, end: End): AttemptRecord {
  let nowMs = 0;
  const attempt = new OpenAttempt(target, () => nowMs);
  attempt.sent(dialect);
  nowMs = 2;
  if (end.kind === "whole") attempt.answered();
  nowMs = 5;
  attempt.ended(end);
  return attempt;
}
const answered: CallRecord = {
  callId: "call-1",
  operation: "chat",
  stream: true,
  model: "fast",
  principal: "dev",
  clientAddress: "",
  attempts: [attemptOf("openai-chat", { kind: "whole", usage: used })],
  durationMs: 12.3456,
  usage: used,
  fault: undefined,
  callerGone: false,
  rules: [],
  arm: undefined,
  cost: nothing,
};
const overloaded = {
  reason: ErrorReason.UPSTREAM_OVERLOADED,
  message: "said in secret",
  upstreamStatus: 529,
};
const failed: CallRecord = {
  ...answered,
  usage: undefined,
  fault: overloaded,
  attempts: [...answered.attempts, attemptOf("x", { kind: "broken", fault: overloaded })],
};
const refused: CallRecord = {
  ...answered,
  model: "bad\n\u001b[31mname\u202e",
  principal: undefined,
  usage: undefined,
  attempts: [],
  fault: { reason: ErrorReason.UNAUTHENTICATED, message: "no key" },
};

const cases: readonly (readonly [title: string, record: CallRecord, json: object, text: string])[] =
  [
    [
      "an answer",
      answered,
      {
        target: "far/big",
        status: 200,
        duration_ms: 12.346,
        input_tokens: 7,
        output_tokens: 9,
        attempts: 1,
        first_token_ms: 2,
      },
      "03:04:05.006 200 12.3ms chat fast -> far/big 7 in, 9 out dev call-1",
    ],
    [
      "an answer by rules",
      { ...answered, rules: ["german", "cheap"] },
      {
        target: "far/big",
        status: 200,
        duration_ms: 12.346,
        input_tokens: 7,
        output_tokens: 9,
        rules: ["german", "cheap"],
        attempts: 1,
        first_token_ms: 2,
      },
      "03:04:05.006 200 12.3ms chat fast -> far/big 7 in, 9 out dev rule german, cheap call-1",
    ],
    [
      "a vendor's failure with the vendor's status",
      failed,
      {
        target: "far/big",
        status: 529,
        reason: "UPSTREAM_OVERLOADED",
        attempts: 2,
        trail: [
          {
            target: "far/big",
            end: "whole",
            duration_ms: 2,
            first_token_ms: 2,
            input_tokens: 7,
            output_tokens: 9,
          },
          {
            target: "far/big",
            end: "broken",
            reason: "UPSTREAM_OVERLOADED",
            status: 529,
            duration_ms: 5,
          },
        ],
      },
      "03:04:05.006 529 12.3ms chat fast -> far/big 2 attempts dev UPSTREAM_OVERLOADED call-1",
    ],
    [
      "a refusal, with a name that would forge lines made harmless",
      refused,
      { status: 401, reason: "UNAUTHENTICATED", attempts: 0 },
      "03:04:05.006 401 12.3ms chat bad\\u{a}\\u{1b}[31mname\\u{202e} UNAUTHENTICATED call-1",
    ],
    [
      "a caller that left",
      { ...answered, callerGone: true },
      { status: 499, caller_gone: true },
      "03:04:05.006 499 12.3ms chat fast -> far/big 7 in, 9 out dev caller gone call-1",
    ],
  ];

for (const [title, record, json, text] of cases) {
  it(`the log tells ${title}`, () => {
    const line = callPrinter("json")(record, endedMs);
    expect(line).not.toContain("\n");
    expect(line).not.toContain("secret");
    expect(JSON.parse(line)).toMatchObject({
      time: "2026-01-02T03:04:05.006Z",
      call_id: "call-1",
      ...json,
    });
    expect(callPrinter("text")(record, endedMs)).toBe(text);
  });
}

it("tells the time of each call, also where the clock is set back", () => {
  const print = callPrinter("json");
  for (const ms of [endedMs, endedMs + 1, endedMs + 993, endedMs + 994, endedMs - 1, 0, -1]) {
    expect(JSON.parse(print(answered, ms)).time).toBe(new Date(ms).toISOString());
  }
});

it("prints any name as JSON has it", () => {
  const print = callPrinter("json");
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (name) => {
      expect(
        JSON.parse(print({ ...answered, model: name, principal: name }, endedMs)),
      ).toMatchObject({
        model: name,
        principal: name,
      });
    }),
  );
});
