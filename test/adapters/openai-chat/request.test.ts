import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { FieldOutcome } from "../../../gen/parlance/call/v1/call_report_pb.js";
import { ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { ReasoningMode } from "../../../gen/parlance/chat/v1/generation_pb.js";
import { type MessageSchema, Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import type { PartSchema } from "../../../gen/parlance/chat/v1/part_pb.js";
import { ToolChoiceMode } from "../../../gen/parlance/chat/v1/tool_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { openAiChat } from "../../../src/adapters/openai-chat/index.ts";

type ChatInit = MessageInitShape<typeof ChatSchema>;
type Quirks = Parameters<typeof openAiChat.encodeRequest>[1]["quirks"];

const hello: MessageInitShape<typeof MessageSchema> = {
  role: Role.USER,
  parts: [{ content: { case: "text", value: { text: "Hi" } } }],
};
const said = [{ role: "user", content: "Hi" }];
const text = (value: string): MessageInitShape<typeof PartSchema> => ({
  content: { case: "text", value: { text: value } },
});

function encode(chat: ChatInit, quirks: Quirks = {}, stream = false) {
  return openAiChat.encodeRequest(create(ChatSchema, { model: "m", messages: [hello], ...chat }), {
    model: "vendor-model",
    stream,
    quirks,
  });
}

/** The members a chat adds to the plain body, and the paths of its report. */
const cases: readonly (readonly [
  title: string,
  chat: ChatInit,
  quirks: Quirks,
  body: object,
  report: readonly string[],
])[] = [
  ["a lone text as a string", {}, {}, { messages: said }, []],
  [
    "instructions of the developer as system where the vendor has no such role",
    { messages: [{ role: Role.DEVELOPER, parts: [text("Be brief")] }, hello] },
    {},
    { messages: [{ role: "system", content: "Be brief" }, ...said] },
    ["messages[0].role MAPPED"],
  ],
  [
    "instructions of the developer as such where the vendor knows them",
    { messages: [{ role: Role.DEVELOPER, parts: [text("Be brief")] }, hello] },
    { developerRole: true },
    { messages: [{ role: "developer", content: "Be brief" }, ...said] },
    [],
  ],
  [
    "tool results of a user message first, then what the user says",
    {
      messages: [
        {
          role: Role.USER,
          parts: [
            text("And?"),
            {
              content: {
                case: "toolResult",
                value: { toolCallId: "c1", content: [text("sunny")], isError: true },
              },
            },
          ],
        },
      ],
    },
    {},
    {
      messages: [
        { role: "tool", tool_call_id: "c1", content: "sunny" },
        { role: "user", content: "And?" },
      ],
    },
    ["messages[0].parts[1].is_error DROPPED"],
  ],
  [
    "pictures of tool results in a user message after all results in a row",
    {
      messages: [
        {
          role: Role.TOOL,
          parts: [
            {
              content: {
                case: "toolResult",
                value: {
                  toolCallId: "c1",
                  content: [{ content: { case: "image", value: { source: { case: "url", value: "https://a" } } } }],
                },
              },
            },
          ],
        },
        {
          role: Role.TOOL,
          parts: [{ content: { case: "toolResult", value: { toolCallId: "c2", content: [text("two")] } } }],
        },
      ],
    },
    {},
    {
      messages: [
        { role: "tool", tool_call_id: "c1", content: "" },
        { role: "tool", tool_call_id: "c2", content: "two" },
        { role: "user", content: [{ type: "image_url", image_url: { url: "https://a" } }] },
      ],
    },
    ["messages[0].parts[0].content[0] EMULATED"],
  ],
  [
    "cache marks not at all",
    {
      messages: [{ role: Role.USER, parts: [{ content: { case: "text", value: { text: "Hi" } }, cache: {} }] }],
      cache: {},
    },
    {},
    { messages: said },
    ["messages[0].parts[0].cache DROPPED", "cache DROPPED"],
  ],
  [
    "earlier reasoning in the vendor's field",
    {
      messages: [
        hello,
        { role: Role.ASSISTANT, parts: [{ content: { case: "reasoning", value: { text: "hm" } } }, text("A")] },
      ],
    },
    { reasoningField: "reasoning" },
    { messages: [...said, { role: "assistant", content: "A", reasoning: "hm" }] },
    [],
  ],
  [
    "earlier reasoning not at all where the vendor takes none",
    {
      messages: [
        hello,
        { role: Role.ASSISTANT, parts: [{ content: { case: "reasoning", value: { text: "hm" } } }, text("A")] },
      ],
    },
    { reasoningField: "none" },
    { messages: [...said, { role: "assistant", content: "A" }] },
    ["messages[1].parts[0] DROPPED"],
  ],
  [
    "a budget for thinking as the nearest effort",
    { reasoning: { budgetTokens: 4000 } },
    {},
    { messages: said, reasoning_effort: "medium" },
    ["reasoning.budget_tokens EMULATED"],
  ],
  [
    "thinking switched off as no effort",
    { reasoning: { mode: ReasoningMode.DISABLED } },
    {},
    { messages: said, reasoning_effort: "none" },
    ["reasoning.mode MAPPED"],
  ],
  [
    "the bound of tokens and the seed in the vendor's fields",
    { maxOutputTokens: 7, sampling: { seed: 3n } },
    { maxTokensField: "max_completion_tokens", seedField: "random_seed" },
    { messages: said, max_completion_tokens: 7, random_seed: 3 },
    [],
  ],
  [
    "knobs the vendor lacks not at all",
    { parallelToolCalls: true, sampling: { topK: 4 }, previousResponseId: "r" },
    { parallelToolCalls: false, extendedSampling: false },
    { messages: said },
    ["parallel_tool_calls DROPPED", "sampling.top_k DROPPED", "previous_response_id DROPPED"],
  ],
  [
    "a schema in words where the vendor enforces none",
    { responseFormat: { format: { case: "jsonSchema", value: { schemaJson: '{"type":"object"}' } } } },
    { jsonSchema: false },
    {
      messages: [
        {
          role: "system",
          content: 'Answer with one JSON object and nothing else that follows this JSON Schema:\n{"type":"object"}',
        },
        ...said,
      ],
      response_format: { type: "json_object" },
    },
    ["response_format.json_schema EMULATED"],
  ],
  [
    "tools and rules of another dialect not at all",
    {
      tools: [{ tool: { case: "builtin", value: { dialect: "anthropic-messages", json: "{}" } } }],
      toolChoice: { choice: { case: "mode", value: ToolChoiceMode.REQUIRED } },
      parallelToolCalls: true,
    },
    {},
    { messages: said },
    ["tools[0] DROPPED", "tool_choice DROPPED", "parallel_tool_calls DROPPED"],
  ],
  [
    "a rule for some tools with the kind of each",
    {
      tools: [{ tool: { case: "custom", value: { name: "c" } } }],
      toolChoice: { choice: { case: "allowed", value: { mode: ToolChoiceMode.AUTO, names: ["c", "f"] } } },
    },
    {},
    {
      messages: said,
      tools: [{ type: "custom", custom: { name: "c" } }],
      tool_choice: {
        type: "allowed_tools",
        allowed_tools: {
          mode: "auto",
          tools: [
            { type: "custom", custom: { name: "c" } },
            { type: "function", function: { name: "f" } },
          ],
        },
      },
    },
    [],
  ],
  [
    "extras that no declared field says",
    { extrasJson: { "openai-chat": '{"future":1,"model":"x","stream":true,"n":5}', other: "{}" }, n: 2 },
    {},
    { messages: said, n: 2, future: 1 },
    [
      'extras_json["openai-chat"].model DROPPED',
      'extras_json["openai-chat"].stream DROPPED',
      'extras_json["openai-chat"].n DROPPED',
    ],
  ],
];

describe("encodeRequest of openai-chat", () => {
  for (const [title, chat, quirks, body, report] of cases) {
    it(`sends ${title}`, () => {
      const encoded = encode(chat, quirks);
      if (!encoded.ok) throw new Error(encoded.fault.message);
      expect(JSON.parse(String(encoded.value.request.body))).toEqual({ model: "vendor-model", ...body });
      expect(encoded.value.report.map(({ field, outcome }) => `${field} ${FieldOutcome[outcome]}`)).toEqual(report);
    });
  }

  it("splices schemas and long seeds in byte for byte", () => {
    const parametersJson = '{ "z":{"maximum":9007199254740993}, "a":1.0 }';
    const encoded = encode({
      tools: [{ tool: { case: "function", value: { name: "f", parametersJson } } }],
      sampling: { seed: -9223372036854775808n },
    });
    if (!encoded.ok) throw new Error(encoded.fault.message);
    expect(encoded.value.request.body).toContain(`"parameters":${parametersJson}`);
    expect(encoded.value.request.body).toContain('"seed":-9223372036854775808');
  });

  for (const [title, quirks, stream, wanted] of [
    ["asks for usage when streaming", {}, true, { include_usage: true }],
    ["does not ask a vendor that refuses it", { streamUsage: false }, true, undefined],
    ["does not ask when not streaming", {}, false, undefined],
  ] as const) {
    it(title, () => {
      const encoded = encode({}, quirks, stream);
      if (!encoded.ok) throw new Error(encoded.fault.message);
      expect(JSON.parse(String(encoded.value.request.body)).stream_options).toEqual(wanted);
    });
  }

  const refused: readonly (readonly [title: string, chat: ChatInit, field: string])[] = [
    [
      "a document by address",
      {
        messages: [
          {
            role: Role.USER,
            parts: [{ content: { case: "document", value: { source: { case: "url", value: "https://a" } } } }],
          },
        ],
      },
      "messages[0].parts[0]",
    ],
    [
      "a picture by file id",
      {
        messages: [
          {
            role: Role.USER,
            parts: [text("Hi"), { content: { case: "image", value: { source: { case: "fileId", value: "f" } } } }],
          },
        ],
      },
      "messages[0].parts[1]",
    ],
    [
      "sound of the model without an id",
      {
        messages: [
          {
            role: Role.ASSISTANT,
            parts: [{ content: { case: "audio", value: { source: { case: "data", value: new Uint8Array(2) } } } }],
          },
        ],
      },
      "messages[0].parts[0]",
    ],
  ];
  for (const [title, chat, field] of refused) {
    it(`refuses ${title}, naming the field`, () => {
      const encoded = encode(chat);
      expect(encoded.ok).toBe(false);
      if (encoded.ok) return;
      expect(encoded.fault.reason).toBe(ErrorReason.UNSUPPORTED);
      expect(encoded.fault.fields?.[0]?.field).toBe(field);
    });
  }
});
