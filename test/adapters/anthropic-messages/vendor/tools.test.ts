import type { MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import type { ChatSchema } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import {
  ReasoningEffort,
  ReasoningMode,
  ReasoningSummary,
  SearchContextSize,
} from "../../../../gen/parlance/chat/v1/generation_pb.js";
import { ToolChoiceMode } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { assistant, call, chatOf, result, send, user } from "../encode-chat.ts";

type ChatInit = MessageInitShape<typeof ChatSchema>;
type Row = readonly [
  title: string,
  chat: ChatInit,
  model: string,
  expected: object,
  report: readonly string[],
];

const tools = [
  {
    tool: { case: "function", value: { name: "f", parametersJson: '{"type":"object"}' } },
  } as const,
];
const mode = (value: ToolChoiceMode): ChatInit["toolChoice"] => ({
  choice: { case: "mode", value },
});
const opus = "claude-opus-4-6";

function check(rows: readonly Row[]): void {
  for (const [title, chat, model, expected, report] of rows) {
    it(title, () => {
      const { body, report: told } = send(chatOf(chat), model);
      for (const [key, value] of Object.entries(expected))
        expect([key, body[key]]).toEqual([key, value]);
      expect(told).toEqual(report);
    });
  }
}

describe("tools of a request", () => {
  check([
    [
      "sends a function with its schema, and strictness where it is said",
      {
        tools: [
          {
            tool: {
              case: "function",
              value: {
                name: "f",
                description: "d",
                strict: true,
                extrasJson: { "anthropic-messages": '{"defer_loading":true}', other: "{}" },
              },
            },
          },
        ],
      },
      opus,
      {
        tools: [
          {
            name: "f",
            description: "d",
            input_schema: { type: "object", properties: {} },
            strict: true,
            defer_loading: true,
          },
        ],
      },
      ['tools[0].function.extras_json["other"] DROPPED'],
    ],
    [
      "adds the type that the vendor demands of a schema",
      {
        tools: [
          { tool: { case: "function", value: { name: "f", parametersJson: '{"properties":{}}' } } },
        ],
      },
      opus,
      { tools: [{ name: "f", input_schema: { properties: {}, type: "object" } }] },
      ["tools[0].function.parameters_json MAPPED"],
    ],
    [
      "sends its own built-in tools as they are and drops those of others",
      {
        tools: [
          {
            tool: {
              case: "builtin",
              value: {
                dialect: "anthropic-messages",
                json: '{"type":"bash_20250124","name":"bash"}',
              },
            },
          },
          { tool: { case: "builtin", value: { dialect: "openai-chat", json: "{}" } } },
        ],
      },
      opus,
      { tools: [{ type: "bash_20250124", name: "bash" }] },
      ["tools[1].builtin DROPPED"],
    ],
    [
      "asks for web search by the vendor's tool",
      {
        webSearch: {
          searchContextSize: SearchContextSize.HIGH,
          userLocation: { city: "Bern", country: "CH" },
        },
      },
      opus,
      {
        tools: [
          {
            type: "web_search_20250305",
            name: "web_search",
            user_location: { type: "approximate", city: "Bern", country: "CH" },
          },
        ],
      },
      ["web_search EMULATED", "web_search.search_context_size DROPPED"],
    ],
  ]);
});

describe("the choice of tools", () => {
  check([
    [
      "none",
      { tools, toolChoice: mode(ToolChoiceMode.NONE), parallelToolCalls: false },
      opus,
      { tool_choice: { type: "none" } },
      ["parallel_tool_calls MAPPED"],
    ],
    [
      "auto",
      { tools, toolChoice: mode(ToolChoiceMode.AUTO) },
      opus,
      { tool_choice: { type: "auto" } },
      [],
    ],
    [
      "required",
      { tools, toolChoice: mode(ToolChoiceMode.REQUIRED) },
      opus,
      { tool_choice: { type: "any" } },
      [],
    ],
    [
      "one",
      { tools, toolChoice: { choice: { case: "name", value: "f" } } },
      opus,
      { tool_choice: { type: "tool", name: "f" } },
      [],
    ],
    [
      "parallel use, allowed",
      { tools, parallelToolCalls: true },
      opus,
      { tool_choice: { type: "auto", disable_parallel_tool_use: false } },
      [],
    ],
    [
      "parallel use, forbidden",
      { tools, toolChoice: mode(ToolChoiceMode.REQUIRED), parallelToolCalls: false },
      opus,
      { tool_choice: { type: "any", disable_parallel_tool_use: true } },
      [],
    ],
    [
      "nothing that must be chosen from",
      { toolChoice: mode(ToolChoiceMode.AUTO) },
      opus,
      { tool_choice: undefined },
      ["tool_choice MAPPED"],
    ],
    [
      "nothing to choose from",
      { toolChoice: mode(ToolChoiceMode.REQUIRED), parallelToolCalls: true },
      opus,
      { tool_choice: undefined },
      ["parallel_tool_calls MAPPED", "tool_choice DROPPED"],
    ],
    [
      "an allowed set, by sending only those tools",
      {
        tools: [...tools, { tool: { case: "function", value: { name: "g" } } }],
        toolChoice: {
          choice: { case: "allowed", value: { mode: ToolChoiceMode.REQUIRED, names: ["f"] } },
        },
      },
      opus,
      { tools: [{ name: "f", input_schema: { type: "object" } }], tool_choice: { type: "any" } },
      ["tool_choice.allowed EMULATED"],
    ],
    [
      "a forced tool while the model thinks, which the vendor refuses",
      {
        tools,
        toolChoice: mode(ToolChoiceMode.REQUIRED),
        reasoning: { effort: ReasoningEffort.LOW },
      },
      "claude-sonnet-4-5",
      { tool_choice: { type: "auto" }, thinking: { type: "enabled", budget_tokens: 1024 } },
      ["reasoning.effort EMULATED", "tool_choice CLAMPED"],
    ],
  ]);
});

const closed = '{"type":"object","additionalProperties":false,"properties":{"a":{"const":1.0}}}';
const format = (schemaJson: string, strict?: boolean): ChatInit["responseFormat"] => ({
  format: {
    case: "jsonSchema",
    value: { name: "n", schemaJson, ...(strict === undefined ? {} : { strict }) },
  },
});

describe("the form of the answer", () => {
  const native = { format: { type: "json_schema", schema: JSON.parse(closed) } };
  check([
    [
      "is native where the model has it",
      { responseFormat: format(closed, true) },
      "claude-sonnet-4-5",
      { output_config: native, tools: undefined },
      ["response_format.json_schema.name MAPPED"],
    ],
    [
      "is text where text is asked for",
      { responseFormat: { format: { case: "text", value: {} } } },
      opus,
      { output_config: undefined },
      [],
    ],
  ]);
});

describe("reasoning of a request", () => {
  const { ENABLED, ADAPTIVE, DISABLED } = ReasoningMode;
  const { LOW, HIGH, XHIGH, MINIMAL, NONE } = ReasoningEffort;
  const continued = [user("hi"), assistant(call("t", "f", "{}")), result("t", "x")];
  check([
    [
      "passes a budget on",
      { maxOutputTokens: 9000, reasoning: { mode: ENABLED, budgetTokens: 5000 } },
      "claude-sonnet-4-5",
      { max_tokens: 9000, thinking: { type: "enabled", budget_tokens: 5000 } },
      [],
    ],
    [
      "raises an open bound above the budget",
      { reasoning: { budgetTokens: 40000 } },
      "claude-sonnet-4-5",
      { max_tokens: 44096 },
      [],
    ],
    [
      "lowers a budget below the caller's bound",
      { maxOutputTokens: 2000, reasoning: { budgetTokens: 5000 } },
      "claude-sonnet-4-5",
      { max_tokens: 2000, thinking: { type: "enabled", budget_tokens: 1999 } },
      ["reasoning.budget_tokens CLAMPED"],
    ],
    [
      "does without where the bound leaves no room",
      { maxOutputTokens: 500, reasoning: { effort: HIGH } },
      "claude-sonnet-4-5",
      { max_tokens: 500, thinking: undefined },
      ["reasoning.effort EMULATED", "reasoning DROPPED"],
    ],
    [
      "raises a budget to the least",
      { reasoning: { budgetTokens: 10 } },
      "claude-sonnet-4-5",
      { thinking: { type: "enabled", budget_tokens: 1024 } },
      ["reasoning.budget_tokens CLAMPED"],
    ],
    [
      "asks a model that decides by itself for effort",
      { reasoning: { effort: LOW } },
      opus,
      { thinking: { type: "adaptive" }, output_config: { effort: "low" } },
      ["reasoning.effort MAPPED"],
    ],
    [
      "says only the effort to a model that thinks anyway",
      { reasoning: { effort: XHIGH } },
      "claude-opus-5",
      { thinking: undefined, output_config: { effort: "xhigh" } },
      [],
    ],
    [
      "sends the nearest effort",
      { reasoning: { mode: ADAPTIVE, effort: XHIGH } },
      opus,
      { output_config: { effort: "high" } },
      ["reasoning.effort CLAMPED"],
    ],
    [
      "sends the least effort for minimal",
      { reasoning: { mode: ADAPTIVE, effort: MINIMAL } },
      opus,
      { output_config: { effort: "low" } },
      ["reasoning.effort MAPPED"],
    ],
    [
      "makes a budget adaptive where there are no budgets",
      { reasoning: { mode: ENABLED, budgetTokens: 2000 } },
      "claude-opus-4-8",
      { thinking: { type: "adaptive" } },
      ["reasoning.budget_tokens DROPPED", "reasoning.mode MAPPED"],
    ],
    [
      "makes adaptive a budget where nothing else is known",
      { reasoning: { mode: ADAPTIVE } },
      "claude-haiku-4-5",
      { thinking: { type: "enabled", budget_tokens: 4096 } },
      ["reasoning.mode EMULATED"],
    ],
    [
      "switches thinking off",
      { reasoning: { mode: DISABLED } },
      "claude-sonnet-5",
      { thinking: { type: "disabled" } },
      [],
    ],
    [
      "switches thinking off by effort",
      { reasoning: { effort: NONE } },
      "claude-sonnet-5",
      { thinking: { type: "disabled" }, output_config: undefined },
      ["reasoning.effort MAPPED"],
    ],
    [
      "cannot switch it off where the model always thinks",
      { reasoning: { mode: DISABLED } },
      "claude-fable-5-1",
      { thinking: undefined },
      ["reasoning.mode DROPPED"],
    ],
    [
      "cannot make a model think that does not",
      { reasoning: { effort: HIGH } },
      "claude-3-5-haiku-latest",
      { thinking: undefined },
      ["reasoning.effort DROPPED"],
    ],
    [
      "says how thinking is told",
      { reasoning: { mode: ADAPTIVE, summary: ReasoningSummary.OMITTED } },
      opus,
      { thinking: { type: "adaptive", display: "omitted" } },
      [],
    ],
    [
      "does without where tools were called without signed thinking",
      { messages: continued, reasoning: { effort: HIGH } },
      "claude-sonnet-4-5",
      { thinking: undefined },
      ["reasoning.effort EMULATED", "reasoning DROPPED"],
    ],
    [
      "drops knobs that the vendor refuses with thinking",
      { sampling: { temperature: 0.2, topK: 3, topP: 0.1 }, reasoning: { mode: ADAPTIVE } },
      opus,
      { temperature: undefined, top_k: undefined, top_p: 0.95 },
      ["sampling.temperature DROPPED", "sampling.top_p CLAMPED", "sampling.top_k DROPPED"],
    ],
  ]);
});
