import { describe, expect, it } from "vitest";
import { FieldOutcome } from "../../../gen/parlance/call/v1/call_report_pb.js";
import {
  anthropicTier,
  openaiRequestTier,
  openaiTier,
} from "../../../src/adapters/foreign/service-tier.ts";
import { chatFidelity } from "../../../src/adapters/openai-chat/fidelity.ts";
import { createReport } from "../../../src/core/fidelity/encode-report.ts";

const { MAPPED, DROPPED } = FieldOutcome;

describe("a service tier", () => {
  const requests: readonly (readonly [string, string | undefined, FieldOutcome?])[] = [
    ["", undefined],
    ["auto", "auto"],
    ["default", "default"],
    ["flex", "flex"],
    ["priority", "priority"],
    ["on_demand", "on_demand"],
    ["standard", "default", MAPPED],
    ["standard_only", "default", MAPPED],
    ["batch", undefined, DROPPED],
  ];
  for (const [tier, sent, outcome] of requests) {
    it(`is asked of OpenAI in its words: ${tier || "none"}`, () => {
      const report = createReport(chatFidelity);
      expect(openaiRequestTier(tier, report)).toBe(sent);
      expect(report.entries.map((entry) => entry.outcome)).toEqual(
        outcome === undefined ? [] : [outcome],
      );
    });
  }

  const replies: readonly (readonly [string, string | undefined, string | undefined])[] = [
    ["", undefined, undefined],
    ["default", "default", "standard"],
    ["standard", "default", "standard"],
    ["flex", "flex", "standard"],
    ["priority", "priority", "priority"],
    ["scale", "scale", "priority"],
    ["batch", "default", "batch"],
  ];
  for (const [tier, openai, anthropic] of replies)
    it(`is read by each client in its own words: ${tier || "none"}`, () =>
      expect([openaiTier(tier), anthropicTier(tier)]).toEqual([openai, anthropic]));
});
