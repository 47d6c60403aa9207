import type { MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import type { ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import {
  Modality,
  ReasoningEffort,
  ReasoningMode,
  ReasoningSummary,
} from "../../../gen/parlance/chat/v1/generation_pb.js";
import { ToolChoiceMode } from "../../../gen/parlance/chat/v1/tool_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { bedrockConverse as bedrockConverseDialect } from "../../../src/adapters/bedrock-converse/index.ts";
import { vendorSide } from "../sides.ts";
import {
  assistant,
  CLAUDE,
  call,
  chatOf,
  NOVA,
  objectOf,
  result,
  send,
  tool,
  unwrap,
  user,
} from "./encode-chat.ts";

const bedrockConverse = vendorSide(bedrockConverseDialect);

type ChatInit = MessageInitShape<typeof ChatSchema>;
type Case = readonly [
  title: string,
  model: string,
  chat: ChatInit,
  expected: object,
  report: readonly string[],
];

const OLD_CLAUDE = "anthropic.claude-3-5-sonnet-20240620-v1:0";
const OPUS_46 = "us.anthropic.claude-opus-4-6-v1";
const GPT_OSS = "openai.gpt-oss-120b-1:0";
const MISTRAL = "mistral.mistral-large-2402-v1:0";
const LLAMA = "meta.llama3-3-70b-instruct-v1:0";

/** The body without its messages, which these cases do not look at. */
function run(cases: readonly Case[]): void {
  for (const [title, model, chat, expected, report] of cases) {
    it(title, () => {
      const { body, report: told } = send(chatOf(chat), model);
      const { messages, ...rest } = body;
      expect(messages).toBeDefined();
      expect(rest).toEqual(expected);
      expect([...told].sort()).toEqual([...report].sort());
    });
  }
}

const required = { choice: { case: "mode", value: ToolChoiceMode.REQUIRED } } as const;
const named = { choice: { case: "name", value: "f" } } as const;
const none = { choice: { case: "mode", value: ToolChoiceMode.NONE } } as const;
const spec = (name: string) => ({ toolSpec: { name, inputSchema: { json: { type: "object" } } } });

describe("tools", () => {
  run([
    [
      "are sent with what they are for, and strict where the model is",
      CLAUDE,
      {
        tools: [
          {
            tool: {
              case: "function",
              value: { name: "f", description: "d", strict: true, parametersJson: "{}" },
            },
          },
        ],
      },
      {
        toolConfig: {
          tools: [
            {
              toolSpec: {
                name: "f",
                description: "d",
                inputSchema: { json: { type: "object" } },
                strict: true,
              },
            },
          ],
        },
      },
      ["tools[0].function.parameters_json MAPPED"],
    ],
    [
      "of the vendor's own are sent as they are",
      NOVA,
      {
        tools: [
          {
            tool: {
              case: "builtin",
              value: {
                dialect: "bedrock-converse",
                json: '{"systemTool":{"name":"nova_grounding"}}',
              },
            },
          },
        ],
      },
      { toolConfig: { tools: [{ systemTool: { name: "nova_grounding" } }] } },
      [],
    ],
    [
      "search the web where the model can",
      NOVA,
      { webSearch: {} },
      { toolConfig: { tools: [{ systemTool: { name: "nova_grounding" } }] } },
      ["web_search EMULATED"],
    ],
    ["cannot search where the model cannot", CLAUDE, { webSearch: {} }, {}, ["web_search DROPPED"]],
    [
      "may have to be used",
      CLAUDE,
      { tools: [tool("f")], toolChoice: required },
      { toolConfig: { tools: [spec("f")], toolChoice: { any: {} } } },
      [],
    ],
    [
      "may be named",
      NOVA,
      { tools: [tool("f")], toolChoice: named },
      { toolConfig: { tools: [spec("f")], toolChoice: { tool: { name: "f" } } } },
      [],
    ],
    [
      "cannot be named to every model",
      MISTRAL,
      { tools: [tool("f")], toolChoice: named },
      { toolConfig: { tools: [spec("f")], toolChoice: { any: {} } } },
      ["tool_choice CLAMPED"],
    ],
    [
      "cannot be forced on every model",
      LLAMA,
      { tools: [tool("f")], toolChoice: required },
      { toolConfig: { tools: [spec("f")], toolChoice: { auto: {} } } },
      ["tool_choice CLAMPED"],
    ],
    [
      "cannot be forced while Claude thinks",
      CLAUDE,
      { tools: [tool("f")], toolChoice: required, reasoning: { effort: ReasoningEffort.LOW } },
      {
        toolConfig: { tools: [spec("f")], toolChoice: { auto: {} } },
        additionalModelRequestFields: { thinking: { type: "enabled", budget_tokens: 1024 } },
      },
      ["reasoning.effort EMULATED", "tool_choice CLAMPED"],
    ],
    [
      "are not sent where none is to be used",
      CLAUDE,
      { tools: [tool("f")], toolChoice: none },
      {},
      ["tools EMULATED", "tool_choice EMULATED"],
    ],
    [
      "are narrowed to the allowed ones",
      CLAUDE,
      {
        tools: [tool("f"), tool("g")],
        toolChoice: {
          choice: { case: "allowed", value: { mode: ToolChoiceMode.AUTO, names: ["g"] } },
        },
      },
      { toolConfig: { tools: [spec("g")], toolChoice: { auto: {} } } },
      ["tool_choice.allowed EMULATED"],
    ],
    [
      "cannot be held to one call at a time",
      CLAUDE,
      { tools: [tool("f")], parallelToolCalls: false },
      { toolConfig: { tools: [spec("f")] } },
      ["parallel_tool_calls DROPPED"],
    ],
    [
      "cannot be held to one call where there are none, nor forbidden, which is of no account",
      CLAUDE,
      { toolChoice: none, parallelToolCalls: false },
      {},
      ["parallel_tool_calls MAPPED", "tool_choice MAPPED"],
    ],
    [
      "take the search of the web with them where none is to be used",
      NOVA,
      { tools: [tool("f")], webSearch: {}, toolChoice: none },
      {},
      ["tools EMULATED", "tool_choice EMULATED", "web_search DROPPED"],
    ],
  ]);

  it("stay where the conversation has called them, though none is to be used", () => {
    const messages = [user("a"), assistant(call("t", "f", "{}")), result("t", "x")];
    const sent = send(chatOf({ messages, tools: [tool("f")], toolChoice: none }));
    expect(sent.body.toolConfig).toEqual({ tools: [spec("f")] });
    expect(sent.report).toEqual(["tool_choice DROPPED"]);
  });
});

describe("a structured answer", () => {
  const schema =
    '{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":false}';
  const format = {
    format: { case: "jsonSchema", value: { name: "n", description: "d", schemaJson: schema } },
  } as const;
  run([
    [
      "is requested natively where the model can",
      CLAUDE,
      { responseFormat: format },
      {
        outputConfig: {
          textFormat: {
            type: "json_schema",
            structure: { jsonSchema: { schema, name: "n", description: "d" } },
          },
        },
      },
      [],
    ],
  ]);
});

describe("reasoning", () => {
  run([
    [
      "by budget is kept below the bound",
      CLAUDE,
      { reasoning: { mode: ReasoningMode.ENABLED, budgetTokens: 5000 }, maxOutputTokens: 3000 },
      {
        inferenceConfig: { maxTokens: 3000 },
        additionalModelRequestFields: { thinking: { type: "enabled", budget_tokens: 2999 } },
      },
      ["reasoning.budget_tokens CLAMPED"],
    ],
    [
      "by effort is adaptive for models that decide by themselves",
      OPUS_46,
      { reasoning: { effort: ReasoningEffort.MAX } },
      {
        outputConfig: { effort: "max" },
        additionalModelRequestFields: { thinking: { type: "adaptive" } },
      },
      ["reasoning.effort MAPPED"],
    ],
    [
      "of Nova takes an effort, and refuses knobs at the highest",
      NOVA,
      {
        reasoning: { effort: ReasoningEffort.HIGH },
        maxOutputTokens: 100,
        sampling: { temperature: 0.5 },
      },
      {
        additionalModelRequestFields: {
          reasoningConfig: { type: "enabled", maxReasoningEffort: "high" },
        },
      },
      ["max_output_tokens DROPPED", "sampling.temperature DROPPED"],
    ],
    [
      "of Nova leaves knobs alone below that",
      NOVA,
      { reasoning: { effort: ReasoningEffort.LOW }, maxOutputTokens: 100 },
      {
        inferenceConfig: { maxTokens: 100 },
        additionalModelRequestFields: {
          reasoningConfig: { type: "enabled", maxReasoningEffort: "low" },
        },
      },
      [],
    ],
    [
      "of open models takes their own word",
      GPT_OSS,
      { reasoning: { effort: ReasoningEffort.MINIMAL } },
      { additionalModelRequestFields: { reasoning_effort: "low" } },
      ["reasoning.effort MAPPED"],
    ],
    [
      "that is off takes nothing else",
      CLAUDE,
      {
        reasoning: {
          mode: ReasoningMode.DISABLED,
          effort: ReasoningEffort.HIGH,
          budgetTokens: 5000,
          summary: ReasoningSummary.AUTO,
        },
      },
      { additionalModelRequestFields: { thinking: { type: "disabled" } } },
      ["reasoning.effort MAPPED", "reasoning.budget_tokens MAPPED", "reasoning.summary MAPPED"],
    ],
    [
      "is off without a switch, as the model has none",
      LLAMA,
      { reasoning: { mode: ReasoningMode.DISABLED, budgetTokens: 0 } },
      {},
      ["reasoning.budget_tokens MAPPED", "reasoning.mode MAPPED"],
    ],
    [
      "by adaptive mode is a budget, and its effort gives way to a budget that is set",
      CLAUDE,
      {
        reasoning: {
          mode: ReasoningMode.ADAPTIVE,
          effort: ReasoningEffort.HIGH,
          budgetTokens: 5000,
        },
      },
      { additionalModelRequestFields: { thinking: { type: "enabled", budget_tokens: 5000 } } },
      ["reasoning.mode EMULATED", "reasoning.effort DROPPED"],
    ],
    [
      "of open models cannot be switched off",
      GPT_OSS,
      { reasoning: { mode: ReasoningMode.DISABLED, budgetTokens: 0 } },
      {},
      ["reasoning.mode DROPPED", "reasoning.budget_tokens DROPPED"],
    ],
    [
      "of others cannot be requested",
      LLAMA,
      { reasoning: { effort: ReasoningEffort.LOW } },
      {},
      ["reasoning.effort DROPPED"],
    ],
    [
      "behind an ARN is that of the base model",
      "arn:aws:bedrock:us-east-1:1:application-inference-profile/x",
      { reasoning: { effort: ReasoningEffort.LOW } },
      {},
      ["reasoning.effort DROPPED"],
    ],
  ]);

  it("is requested behind an ARN whose base model is declared", () => {
    const model = "arn:aws:bedrock:us-east-1:1:application-inference-profile/x";
    const chat = chatOf({ reasoning: { effort: ReasoningEffort.LOW } });
    const options = { model, baseModel: CLAUDE, stream: false, quirks: {} };
    const { request } = unwrap(bedrockConverse.encodeRequest(chat, options));
    expect(request.path).toBe(`/model/${encodeURIComponent(model)}/converse`);
    expect(objectOf(String(request.body)).additionalModelRequestFields).toEqual({
      thinking: { type: "enabled", budget_tokens: 1024 },
    });
  });
});

describe("knobs", () => {
  run([
    [
      "that say what the vendor does anyway are reported",
      CLAUDE,
      {
        n: 1,
        modalities: [Modality.TEXT],
        responseFormat: { format: { case: "text", value: {} } },
      },
      {},
      ["n MAPPED", "modalities MAPPED", "response_format.text MAPPED"],
    ],
    [
      "go to the inference configuration, and what only one maker has to the model's own fields",
      OLD_CLAUDE,
      { sampling: { temperature: 0.5, topP: 0.9, topK: 5, stop: ["x", " "] }, maxOutputTokens: 7 },
      {
        inferenceConfig: { maxTokens: 7, temperature: 0.5, topP: 0.9, stopSequences: ["x"] },
        additionalModelRequestFields: { top_k: 5 },
      },
      ["sampling.top_k MAPPED", "sampling.stop[1] DROPPED"],
    ],
    [
      "have another place at Nova",
      NOVA,
      { sampling: { topK: 5 } },
      { additionalModelRequestFields: { inferenceConfig: { topK: 5 } } },
      ["sampling.top_k MAPPED"],
    ],
    [
      "that a model does not take together are not",
      CLAUDE,
      { sampling: { temperature: 1.5, topP: 0.9 } },
      { inferenceConfig: { temperature: 1 } },
      ["sampling.temperature CLAMPED", "sampling.top_p DROPPED"],
    ],
    [
      "that nobody here has are reported",
      CLAUDE,
      {
        sampling: {
          seed: 1n,
          minP: 0.1,
          frequencyPenalty: 1,
          presencePenalty: 1,
          repetitionPenalty: 1,
          logprobs: true,
          topLogprobs: 1,
          logitBias: { "1": 1 },
        },
      },
      {},
      [
        "sampling.min_p DROPPED",
        "sampling.frequency_penalty DROPPED",
        "sampling.presence_penalty DROPPED",
        "sampling.repetition_penalty DROPPED",
        "sampling.seed DROPPED",
        "sampling.logprobs DROPPED",
        "sampling.top_logprobs DROPPED",
        "sampling.logit_bias DROPPED",
      ],
    ],
    [
      "of the call are sent or reported",
      CLAUDE,
      {
        serviceTier: "flex",
        metadata: { team: "a b", ü: "x" },
        user: "u",
        safetyIdentifier: "s",
        promptCacheKey: "k",
        store: true,
      },
      { serviceTier: { type: "flex" }, requestMetadata: { team: "a b" } },
      [
        'metadata["ü"] DROPPED',
        "store DROPPED",
        "user DROPPED",
        "safety_identifier DROPPED",
        "prompt_cache_key DROPPED",
      ],
    ],
  ]);
});

describe("extras", () => {
  it("are merged into the body last", () => {
    const extras = {
      guardrailConfig: { guardrailIdentifier: "g", guardrailVersion: "1" },
      performanceConfig: { latency: "optimized" },
      additionalModelRequestFields: { anthropic_beta: ["x"] },
    };
    const sent = send(
      chatOf({ sampling: { topK: 3 }, extrasJson: { "bedrock-converse": JSON.stringify(extras) } }),
      OLD_CLAUDE,
    );
    expect(sent.body).toMatchObject({
      ...extras,
      additionalModelRequestFields: { top_k: 3, anthropic_beta: ["x"] },
    });
  });

  const refused: readonly (readonly [
    title: string,
    chat: ChatInit,
    reason: ErrorReason,
    field: string,
  ])[] = [
    [
      "that are no object are refused",
      { extrasJson: { "bedrock-converse": "[]" } },
      ErrorReason.INVALID_REQUEST,
      'extras_json["bedrock-converse"]',
    ],
    ["more than one answer is refused", { n: 2 }, ErrorReason.UNSUPPORTED, "n"],
    [
      "a picture that would have to be fetched is refused",
      {
        messages: [
          user({
            content: {
              case: "image",
              value: { source: { case: "url", value: "https://a.example/b.png" } },
            },
          }),
        ],
      },
      ErrorReason.UNSUPPORTED,
      "messages[0].parts[0].image.url",
    ],
  ];
  for (const [title, chat, reason, field] of refused) {
    it(title, () => {
      const encoded = bedrockConverse.encodeRequest(chatOf(chat), {
        model: CLAUDE,
        stream: false,
        quirks: {},
      });
      expect(encoded).toMatchObject({ ok: false, fault: { reason, fields: [{ field }] } });
    });
  }
});

describe("a count of tokens", () => {
  it("is requested with the prompt and nothing else", () => {
    const { countTokens } = bedrockConverse;
    if (countTokens === undefined) throw new Error("no count");
    const chat = chatOf({
      messages: [user("a")],
      tools: [tool("f")],
      maxOutputTokens: 5,
      serviceTier: "flex",
    });
    const { request } = unwrap(
      countTokens.encodeRequest(chat, { model: CLAUDE, stream: false, quirks: {} }),
    );
    expect(request.path).toBe("/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/count-tokens");
    expect(objectOf(String(request.body))).toEqual({
      input: {
        converse: {
          messages: [{ role: "user", content: [{ text: "a" }] }],
          toolConfig: { tools: [spec("f")] },
        },
      },
    });
    expect(countTokens.decodeResponse({ inputTokens: 12 })).toEqual({ ok: true, value: 12 });
    expect(countTokens.decodeResponse({})).toMatchObject({ ok: false });
  });
});
