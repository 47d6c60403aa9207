import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { FieldOutcome } from "../../../gen/parlance/call/v1/call_report_pb.js";
import { ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import {
  ReasoningEffort,
  ReasoningMode,
  type ReasoningOptionsSchema,
  ReasoningSummary,
} from "../../../gen/parlance/chat/v1/generation_pb.js";
import { Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import { createDialects } from "../../../src/adapters/dialects.ts";

const { loaded, load } = createDialects();
await load(["openai-chat", "ollama", "cohere", "anthropic-messages", "bedrock-converse"]);

const { AUTO, CONCISE, DETAILED, OMITTED } = ReasoningSummary;
const effort = ReasoningEffort.HIGH;
const budgetTokens = 2048;
const off = ReasoningMode.DISABLED;

type Options = MessageInitShape<typeof ReasoningOptionsSchema>;

const rows: readonly (readonly [
  dialect: string,
  model: string,
  quirks: Readonly<Record<string, unknown>>,
  reasoning: Options,
  outcome: keyof typeof FieldOutcome,
])[] = [
  ["openai-chat", "deepseek-r1", {}, { effort, summary: AUTO }, "EMULATED"],
  ["openai-chat", "deepseek-r1", {}, { effort, summary: CONCISE }, "EMULATED"],
  ["openai-chat", "deepseek-r1", {}, { effort, summary: OMITTED }, "DROPPED"],
  ["openai-chat", "deepseek-r1", {}, { mode: off, summary: AUTO }, "DROPPED"],
  ["openai-chat", "gpt-5", { reasoningField: "none" }, { effort, summary: AUTO }, "DROPPED"],
  ["ollama", "gpt-oss:20b", {}, { effort, summary: DETAILED }, "EMULATED"],
  ["ollama", "gpt-oss:20b", {}, { mode: off, summary: AUTO }, "DROPPED"],
  ["cohere", "command-a-reasoning", {}, { budgetTokens, summary: AUTO }, "MAPPED"],
  ["cohere", "command-a-reasoning", {}, { budgetTokens, summary: CONCISE }, "EMULATED"],
  ["anthropic-messages", "claude-sonnet-4-5", {}, { budgetTokens, summary: AUTO }, "MAPPED"],
  ["anthropic-messages", "claude-sonnet-4-5", {}, { budgetTokens, summary: OMITTED }, "DROPPED"],
  [
    "bedrock-converse",
    "anthropic.claude-sonnet-4-5",
    {},
    { budgetTokens, summary: AUTO },
    "MAPPED",
  ],
];

describe("a summary of the reasoning that is requested of a vendor without any of its own", () => {
  for (const [name, model, quirks, reasoning, outcome] of rows) {
    it(`is ${outcome} by ${name} for ${JSON.stringify(reasoning)} of ${model}`, () => {
      const content = { case: "text", value: { text: "hi" } } as const;
      const chat = create(ChatSchema, {
        model,
        messages: [{ role: Role.USER, parts: [{ content }] }],
        reasoning,
        maxOutputTokens: 9999,
      });
      const options = { model, stream: false, quirks };
      const encoded = loaded.get(name)?.codecs.chat?.encodeRequest(chat, options);
      if (encoded?.ok !== true) throw new Error(JSON.stringify(encoded?.fault));
      const entries = encoded.value.report.filter(({ field }) => field === "reasoning.summary");
      expect(entries.map((entry) => FieldOutcome[entry.outcome])).toEqual([outcome]);
    });
  }
});
