import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { UsageSchema } from "../../../gen/parlance/chat/v1/usage_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { PricesSchema } from "../../../gen/parlance/model/v1/model_facts_pb.js";
import type { OpenAttempt } from "../../../src/core/attempt-record.ts";
import type { End } from "../../../src/core/life.ts";
import { costOfCall, createTrace, type Trace } from "../../../src/core/trace.ts";

const entry = {
  prices: create(PricesSchema, { tokens: { input: 1_000_000_000n, output: 4_000_000_000n } }),
  version: "v1",
  source: "test",
};
const usage = create(UsageSchema, { inputTokens: 10n, outputTokens: 5n });

function broken(reason: ErrorReason, upstreamStatus?: number): End {
  const fault = { reason, message: "" };
  return {
    kind: "broken",
    fault: upstreamStatus === undefined ? fault : { ...fault, upstreamStatus },
  };
}

function begin(trace: Trace): OpenAttempt {
  const attempt = trace.begin({ provider: "p", model: "m" });
  attempt.billing = { entry, inputTokens: () => 3 };
  attempt.sent("openai-chat");
  return attempt;
}

const ends: readonly (readonly [title: string, end: End, cost: object])[] = [
  ["whole, by the vendor's usage", { kind: "whole", usage }, { nanoUsd: 30_000n }],
  ["whole without usage, unpriced", { kind: "whole" }, { kind: "unpriced" }],
  ["left, by the usage that came", { kind: "left", usage }, { nanoUsd: 30_000n }],
  ["refused by the vendor, nothing", broken(ErrorReason.UPSTREAM_INTERNAL, 500), { nanoUsd: 0n }],
  ["never at the vendor, nothing", broken(ErrorReason.UPSTREAM_UNREACHABLE), { nanoUsd: 0n }],
  ["cut off, estimated", broken(ErrorReason.UPSTREAM_CUT), { nanoUsd: 3_000n, estimated: true }],
  ["too late, estimated", broken(ErrorReason.DEADLINE_EXCEEDED), { estimated: true }],
];

describe("what a try costs that ends", () => {
  for (const [title, end, cost] of ends)
    it(title, () => {
      const trace = createTrace(() => 0);
      const attempt = begin(trace);
      attempt.ended(end);
      expect(attempt.cost).toMatchObject(cost);
    });

  it("counts frames and their text where a stream was cut off", () => {
    const trace = createTrace(() => 0);
    const attempt = begin(trace);
    for (const bytes of [200, 204, 203]) attempt.received(bytes);
    attempt.ended({
      kind: "left",
      usage: create(UsageSchema, { inputTokens: 10n, outputTokens: 1n }),
    });
    // Three frames, with seven bytes of text: three tokens.
    expect(attempt.cost).toMatchObject({ nanoUsd: 10_000n + 3n * 4_000n, estimated: true });
  });
});

describe("what a call costs", () => {
  it("is the sum of its tries, those that failed and lost a race too", () => {
    const trace = createTrace(() => 0);
    begin(trace).ended({ kind: "left", usage });
    begin(trace).ended(broken(ErrorReason.UPSTREAM_OVERLOADED, 529));
    begin(trace).ended({ kind: "whole", usage });
    expect(costOfCall(trace)).toMatchObject({
      kind: "priced",
      nanoUsd: 60_000n,
      priceVersion: "v1",
    });
  });

  it("is not known while a try runs", () => {
    const trace = createTrace(() => 0);
    begin(trace).ended({ kind: "whole", usage });
    begin(trace);
    expect(costOfCall(trace)).toBeUndefined();
  });

  it("is unpriced where one of its tries is, and keeps what is known of the others", () => {
    const trace = createTrace(() => 0);
    begin(trace).ended({ kind: "whole", usage });
    begin(trace).ended({ kind: "whole" });
    expect(costOfCall(trace)).toMatchObject({ kind: "unpriced", knownNanoUsd: 30_000n });
  });
});
