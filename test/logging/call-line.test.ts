import { create } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CacheState } from "../../gen/parlance/call/v1/cache_pb.js";
import { UsageSchema } from "../../gen/parlance/chat/v1/usage_pb.js";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import { loadConfig } from "../../src/config/loading/load-config.ts";
import { type AttemptRecord, OpenAttempt } from "../../src/core/attempt-record.ts";
import type { CallRecord } from "../../src/core/ledger/call-record.ts";
import type { End } from "../../src/core/life.ts";
import { nothing, unpriced } from "../../src/core/money/cost.ts";
import { callFields, furtherFields } from "../../src/logging/call-fields.ts";
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
        level: "info",
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
        level: "error",
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
      { level: "warn", status: 401, reason: "UNAUTHENTICATED", attempts: 0 },
      "03:04:05.006 401 12.3ms chat bad\\u{a}\\u{1b}[31mname\\u{202e} UNAUTHENTICATED call-1",
    ],
    [
      "a caller that left",
      { ...answered, callerGone: true },
      { level: "info", status: 499, caller_gone: true },
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
    expect(callPrinter("pretty")(record, endedMs)).toBe(text);
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

const everything: CallRecord = {
  ...failed,
  usage: used,
  principal: "dev",
  clientAddress: "127.0.0.1",
  rules: ["german"],
  guards: [
    { guard: "pii", version: "0a1b2c3d", stage: "input", outcome: "mask", kinds: ["EMAIL"] },
  ],
  arm: "b",
  cost: { ...nothing, nanoUsd: 1_500_000_000n, estimated: true },
  cacheSaved: 5n,
  promptCacheSaved: -3n,
  cache: { state: CacheState.MISS, key: "k" },
  attempts: failed.attempts.toReversed(),
  fault: { ...overloaded, detail: "for operators" },
  team: "support",
  endUser: "ann",
  session: "s1",
  tags: ["blue"],
  clientDialect: "openai-chat",
  traceparent: "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01",
  overheadUs: 1500,
  queuedUs: 250,
  configHash: "c0ffee",
};

describe("the members of a line", () => {
  const membersOf = (names?: readonly string[], record = everything) =>
    Object.keys(JSON.parse(callPrinter("json", names)(record, endedMs)));

  it("are those that are named, in an order of their own", () => {
    for (const name of callFields) {
      const record = name === "unpriced" ? { ...everything, cost: unpriced("why") } : everything;
      expect(membersOf([name], record)).toEqual([name]);
    }
    const named = callFields.filter((name) => name !== "unpriced");
    expect(membersOf(named.toReversed())).toEqual(named);
  });

  it("leave out by default who is charged and where the time went", () => {
    expect(membersOf()).toEqual(
      callFields.filter(
        (name) => name !== "unpriced" && !membersOf([...furtherFields]).includes(name),
      ),
    );
  });

  it("are said to people too, and what is not named is not", () => {
    const print = callPrinter("pretty", ["time", "model", "team", "tags"]);
    expect(print(everything, endedMs)).toBe('03:04:05.006 fast {"team":"support","tags":["blue"]}');
    expect(callPrinter("pretty", ["end_user"])(answered, endedMs)).toBe("");
  });

  it("are all that a config may name, and what else it names is refused with the list", () => {
    const violations = (fields: readonly string[]) => {
      const text = JSON.stringify({
        providers: { sim: { kind: "sim" } },
        observe: { log: { fields } },
      });
      const loaded = loadConfig({ text, filename: "c.yaml" }, {}, () => "");
      return loaded.ok ? [] : loaded.violations;
    };
    expect(violations(callFields)).toEqual([]);
    expect(violations(["model", "user_agent"])).toMatchObject([
      { path: "observe.log.fields[1]", message: expect.stringContaining(callFields.join(", ")) },
    ]);
  });
});

it("tells of every attempt where it is to be detailed", () => {
  const [attempt] = answered.attempts;
  if (attempt === undefined) throw new Error("none");
  const line = callPrinter("json")(answered, endedMs, true);
  expect(JSON.parse(line).trail).toMatchObject([
    { target: "far/big", end: "whole", dialect: "openai-chat", duration_ms: 2 },
  ]);
  expect(callPrinter("pretty")(failed, endedMs, true)).toContain(
    "[far/big 2.0ms whole; far/big 5.0ms UPSTREAM_OVERLOADED]",
  );
  expect(JSON.parse(callPrinter("json")(refused, endedMs, true)).trail).toBeUndefined();
});
