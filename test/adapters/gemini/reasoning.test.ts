import { describe, expect, test } from "vitest";
import {
  ReasoningEffort,
  ReasoningMode,
  ReasoningSummary,
} from "../../../gen/parlance/chat/v1/generation_pb.js";
import { type ChatInit, encode } from "./builders.ts";

type Reasoning = ChatInit["reasoning"];

const told = (thinking: object) => ({ includeThoughts: true, ...thinking });

const cases: readonly (readonly [
  model: string,
  reasoning: Reasoning,
  expected: unknown,
  report?: string,
])[] = [
  [
    "gemini-3-pro-preview",
    { effort: ReasoningEffort.MINIMAL },
    told({ thinkingLevel: "low" }),
    "reasoning.effort CLAMPED",
  ],
  ["gemini-3-pro-preview", { effort: ReasoningEffort.LOW }, told({ thinkingLevel: "low" })],
  [
    "gemini-3-pro-preview",
    { effort: ReasoningEffort.MEDIUM },
    told({ thinkingLevel: "high" }),
    "reasoning.effort CLAMPED",
  ],
  ["gemini-3.1-pro-preview", { effort: ReasoningEffort.MEDIUM }, told({ thinkingLevel: "medium" })],
  [
    "gemini-3-flash-preview",
    { effort: ReasoningEffort.MINIMAL },
    told({ thinkingLevel: "minimal" }),
  ],
  [
    "gemini-3-flash-preview",
    { effort: ReasoningEffort.MAX },
    told({ thinkingLevel: "high" }),
    "reasoning.effort CLAMPED",
  ],
  [
    "gemini-3-flash-preview",
    { effort: ReasoningEffort.NONE },
    { thinkingLevel: "minimal" },
    "reasoning.effort CLAMPED",
  ],
  ["gemini-flash-latest", { effort: ReasoningEffort.LOW }, told({ thinkingLevel: "low" })],
  [
    "gemini-2.5-flash",
    { effort: ReasoningEffort.MINIMAL },
    told({ thinkingBudget: 1 }),
    "reasoning.effort EMULATED",
  ],
  [
    "gemini-2.5-pro",
    { effort: ReasoningEffort.MINIMAL },
    told({ thinkingBudget: 128 }),
    "reasoning.effort EMULATED",
  ],
  [
    "gemini-2.5-flash-lite",
    { effort: ReasoningEffort.MINIMAL },
    told({ thinkingBudget: 512 }),
    "reasoning.effort EMULATED",
  ],
  [
    "gemini-2.5-flash",
    { effort: ReasoningEffort.LOW },
    told({ thinkingBudget: 1024 }),
    "reasoning.effort EMULATED",
  ],
  [
    "gemini-2.5-flash",
    { effort: ReasoningEffort.MEDIUM },
    told({ thinkingBudget: 2048 }),
    "reasoning.effort EMULATED",
  ],
  [
    "gemini-2.5-flash",
    { effort: ReasoningEffort.HIGH },
    told({ thinkingBudget: 4096 }),
    "reasoning.effort EMULATED",
  ],
  [
    "gemini-2.5-flash",
    { effort: ReasoningEffort.NONE },
    { thinkingBudget: 0 },
    "reasoning.effort MAPPED",
  ],
  [
    "gemini-2.5-pro",
    { effort: ReasoningEffort.NONE },
    { thinkingBudget: 128 },
    "reasoning.effort CLAMPED",
  ],
  ["gemini-2.5-flash", { mode: ReasoningMode.ENABLED, budgetTokens: 0 }, { thinkingBudget: 0 }],
  [
    "gemini-2.5-flash",
    { mode: ReasoningMode.ENABLED, budgetTokens: 100 },
    told({ thinkingBudget: 100 }),
  ],
  [
    "gemini-2.5-pro",
    { budgetTokens: 100 },
    told({ thinkingBudget: 128 }),
    "reasoning.budget_tokens CLAMPED",
  ],
  ["gemini-3-pro-preview", { budgetTokens: 100 }, told({ thinkingBudget: 100 })],
  [
    "gemini-2.5-flash",
    { mode: ReasoningMode.ADAPTIVE },
    told({ thinkingBudget: -1 }),
    "reasoning.mode MAPPED",
  ],
  [
    "gemini-3-flash-preview",
    { mode: ReasoningMode.ENABLED },
    { includeThoughts: true },
    "reasoning.mode MAPPED",
  ],
  [
    "gemini-2.5-flash",
    { mode: ReasoningMode.DISABLED },
    { thinkingBudget: 0 },
    "reasoning.mode MAPPED",
  ],
  ["gemini-2.5-flash", { summary: ReasoningSummary.AUTO }, { includeThoughts: true }],
  [
    "gemini-3-pro-preview",
    { effort: ReasoningEffort.HIGH, summary: ReasoningSummary.OMITTED },
    { thinkingLevel: "high" },
    "reasoning.summary MAPPED",
  ],
  ["gemini-2.0-flash", { effort: ReasoningEffort.HIGH }, undefined, "reasoning DROPPED"],
];

describe("thinking", () => {
  for (const [model, reasoning, expected, report] of cases) {
    test(`${model} is asked for ${JSON.stringify(reasoning)}`, () => {
      const encoded = encode({ reasoning }, model);
      expect(encoded.body.generationConfig?.thinkingConfig).toEqual(expected);
      expect(encoded.report).toEqual(report === undefined ? [] : [report]);
    });
  }

  test("a quirk overrides what the name says", () => {
    const encoded = encode({ reasoning: { effort: ReasoningEffort.LOW } }, "tuned-1", {
      thinking: "level",
    });
    expect(encoded.body.generationConfig.thinkingConfig).toEqual(told({ thinkingLevel: "low" }));
  });
});
