import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { FieldOutcome } from "../../../../gen/parlance/call/v1/call_report_pb.js";
import { ChatSchema } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import { ReasoningMode } from "../../../../gen/parlance/chat/v1/generation_pb.js";
import { type MessageSchema, Role } from "../../../../gen/parlance/chat/v1/message_pb.js";
import type { PartSchema } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { ToolChoiceMode } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import { openAiChat as openAiChatDialect } from "../../../../src/adapters/openai-chat/index.ts";
import { vendorSide } from "../../sides.ts";

const openAiChat = vendorSide(openAiChatDialect);

type ChatInit = MessageInitShape<typeof ChatSchema>;
type Quirks = Parameters<typeof openAiChat.encodeRequest>[1]["quirks"];

const hello: MessageInitShape<typeof MessageSchema> = {
  role: Role.USER,
  parts: [{ content: { case: "text", value: { text: "Hi" } } }],
};
/** An answer that calls tools, and how it is sent. */
const calling = (...ids: readonly string[]) => ({
  role: Role.ASSISTANT,
  parts: ids.map((id) => ({
    content: {
      case: "toolCall",
      value: { id, name: "f", input: { case: "argumentsJson", value: "{}" } },
    } as const,
  })),
});
const called = (...ids: readonly string[]) => ({
  role: "assistant",
  content: null,
  tool_calls: ids.map((id) => ({
    id,
    type: "function",
    function: { name: "f", arguments: "{}" },
  })),
});

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
        calling("c1"),
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
        called("c1"),
        { role: "tool", tool_call_id: "c1", content: "sunny" },
        { role: "user", content: "And?" },
      ],
    },
    ["messages[1].parts[1].tool_result.is_error DROPPED"],
  ],
  [
    "pictures of tool results in a user message after all results in a row",
    {
      messages: [
        calling("c1", "c2"),
        {
          role: Role.TOOL,
          parts: [
            {
              content: {
                case: "toolResult",
                value: {
                  toolCallId: "c1",
                  content: [
                    {
                      content: {
                        case: "image",
                        value: { source: { case: "url", value: "https://a" } },
                      },
                    },
                  ],
                },
              },
            },
          ],
        },
        {
          role: Role.TOOL,
          parts: [
            {
              content: { case: "toolResult", value: { toolCallId: "c2", content: [text("two")] } },
            },
          ],
        },
      ],
    },
    {},
    {
      messages: [
        called("c1", "c2"),
        { role: "tool", tool_call_id: "c1", content: "" },
        { role: "tool", tool_call_id: "c2", content: "two" },
        { role: "user", content: [{ type: "image_url", image_url: { url: "https://a" } }] },
      ],
    },
    ["messages[1].parts[0].tool_result.content[0] EMULATED"],
  ],
  [
    "cache marks not at all",
    {
      messages: [
        {
          role: Role.USER,
          parts: [{ content: { case: "text", value: { text: "Hi" } }, cache: {} }],
        },
      ],
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
        {
          role: Role.ASSISTANT,
          parts: [{ content: { case: "reasoning", value: { text: "hm" } } }, text("A")],
        },
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
        {
          role: Role.ASSISTANT,
          parts: [{ content: { case: "reasoning", value: { text: "hm" } } }, text("A")],
        },
      ],
    },
    { reasoningField: "none" },
    { messages: [...said, { role: "assistant", content: "A" }] },
    ["messages[1].parts[0].reasoning DROPPED"],
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
    {
      parallelToolCalls: true,
      sampling: { topK: 4 },
      tools: [{ tool: { case: "custom", value: { name: "c" } } }],
    },
    { parallelToolCalls: false, extendedSampling: false },
    { messages: said, tools: [{ type: "custom", custom: { name: "c" } }] },
    ["parallel_tool_calls DROPPED", "sampling.top_k DROPPED"],
  ],
  [
    "a schema in words where the vendor enforces none",
    {
      responseFormat: {
        format: { case: "jsonSchema", value: { schemaJson: '{"type":"object"}' } },
      },
    },
    { jsonSchema: false },
    {
      messages: [
        {
          role: "system",
          content:
            'Answer with one JSON object and nothing else that follows this JSON Schema:\n{"type":"object"}',
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
    ["tools[0].builtin DROPPED", "tool_choice DROPPED", "parallel_tool_calls MAPPED"],
  ],
  [
    "only the words of reasoning where the vendor takes no more, and tells what stands beside them",
    {
      messages: [
        hello,
        {
          role: Role.ASSISTANT,
          parts: [
            {
              content: {
                case: "reasoning",
                value: {
                  text: "hm",
                  summaries: ["s"],
                  signature: "proof",
                  encrypted: "sealed",
                  id: "rs_1",
                },
              },
            },
            { content: { case: "reasoning", value: { summaries: ["so"] } } },
            { content: { case: "reasoning", value: { encrypted: "sealed" } } },
            text("A"),
          ],
        },
      ],
    },
    {},
    { messages: [...said, { role: "assistant", content: "A", reasoning_content: "hmso" }] },
    [
      "messages[1].parts[0].reasoning.signature DROPPED",
      "messages[1].parts[0].reasoning.encrypted DROPPED",
      "messages[1].parts[0].reasoning.id DROPPED",
      "messages[1].parts[0].reasoning.summaries DROPPED",
      "messages[1].parts[1].reasoning.summaries MAPPED",
      "messages[1].parts[2].reasoning DROPPED",
    ],
  ],
  [
    "the title of a document in pieces before them, and no citations",
    {
      messages: [
        {
          role: Role.USER,
          parts: [
            {
              content: {
                case: "document",
                value: {
                  title: "T",
                  mediaType: "text/plain",
                  citationsEnabled: false,
                  source: {
                    case: "content",
                    value: {
                      parts: [
                        {
                          content: {
                            case: "text",
                            value: { text: "x", citations: [{ title: "t" }] },
                          },
                        },
                      ],
                    },
                  },
                },
              },
            },
          ],
        },
      ],
    },
    {},
    {
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "T" },
            { type: "text", text: "x" },
          ],
        },
      ],
    },
    [
      "messages[0].parts[0].document.citations_enabled MAPPED",
      "messages[0].parts[0].document.content EMULATED",
      "messages[0].parts[0].document.content.parts[0].text.citations DROPPED",
      "messages[0].parts[0].document.media_type MAPPED",
      "messages[0].parts[0].document.title EMULATED",
    ],
  ],
  [
    "sound of the model by its id only, and sound by address without more",
    {
      messages: [
        hello,
        {
          role: Role.ASSISTANT,
          parts: [
            {
              content: {
                case: "audio",
                value: {
                  source: { case: "id", value: "audio_1" },
                  transcript: "said",
                  expiresAtUnixS: 7n,
                },
              },
            },
          ],
        },
        {
          role: Role.USER,
          parts: [
            {
              content: {
                case: "audio",
                value: {
                  source: { case: "url", value: "https://a" },
                  format: "wav",
                  transcript: "heard",
                },
              },
            },
            {
              content: {
                case: "image",
                value: { source: { case: "url", value: "https://b" }, mediaType: "image/png" },
              },
            },
          ],
        },
      ],
    },
    {},
    {
      messages: [
        ...said,
        { role: "assistant", content: null, audio: { id: "audio_1" } },
        {
          role: "user",
          content: [
            { type: "audio_url", audio_url: { url: "https://a" } },
            { type: "image_url", image_url: { url: "https://b" } },
          ],
        },
      ],
    },
    [
      "messages[1].parts[0].audio MAPPED",
      "messages[1].parts[0].audio.expires_at_unix_s MAPPED",
      "messages[2].parts[0].audio.format MAPPED",
      "messages[2].parts[0].audio.transcript DROPPED",
      "messages[2].parts[1].image.media_type MAPPED",
    ],
  ],
  [
    "words of a tool that are no result as those of a user, and tells of marks that the vendor has not",
    {
      messages: [
        { role: Role.TOOL, parts: [text("Hi")] },
        calling("c"),
        {
          role: Role.TOOL,
          parts: [
            {
              content: {
                case: "toolResult",
                value: { toolCallId: "c", name: "f", isError: false },
              },
            },
          ],
        },
      ],
    },
    {},
    { messages: [...said, called("c"), { role: "tool", tool_call_id: "c", content: "" }] },
    [
      "messages[0].role MAPPED",
      "messages[2].parts[0].tool_result.is_error MAPPED",
      "messages[2].parts[0].tool_result.name MAPPED",
    ],
  ],
  [
    "no citations of a prediction, nor formats and rules written for another dialect",
    {
      prediction: { content: [{ text: "likely", citations: [{ title: "t" }] }] },
      responseFormat: { format: { case: "opaque", value: { dialect: "another", json: "{}" } } },
      toolChoice: { choice: { case: "opaque", value: { dialect: "another", json: "{}" } } },
    },
    {},
    { messages: said, prediction: { type: "content", content: "likely" } },
    [
      "prediction.content[0].citations DROPPED",
      "response_format.opaque DROPPED",
      "tool_choice.opaque DROPPED",
    ],
  ],
  [
    "no effort where the vendor knows none",
    {
      reasoning: { mode: ReasoningMode.ENABLED },
      sampling: { temperature: 0.5 },
      maxOutputTokens: 5,
    },
    { unsupported: ["reasoning_effort", "temperature", "max_tokens"] },
    { messages: said },
    ["max_output_tokens DROPPED", "reasoning DROPPED", "sampling.temperature DROPPED"],
  ],
  [
    "a rule for some tools with the kind of each",
    {
      tools: [{ tool: { case: "custom", value: { name: "c" } } }],
      toolChoice: {
        choice: { case: "allowed", value: { mode: ToolChoiceMode.AUTO, names: ["c", "f"] } },
      },
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
    {
      extrasJson: { "openai-chat": '{"future":1,"model":"x","stream":true,"n":5}', other: "{}" },
      n: 2,
    },
    {},
    { messages: said, n: 2, future: 1 },
    [
      'extras_json["openai-chat"].model DROPPED',
      'extras_json["openai-chat"].stream DROPPED',
      'extras_json["openai-chat"].n DROPPED',
      'extras_json["other"] DROPPED',
    ],
  ],
];

describe("encodeRequest of openai-chat", () => {
  for (const [title, chat, quirks, body, report] of cases) {
    it(`sends ${title}`, () => {
      const encoded = encode(chat, quirks);
      if (!encoded.ok) throw new Error(encoded.fault.message);
      expect(JSON.parse(String(encoded.value.request.body))).toEqual({
        model: "vendor-model",
        ...body,
      });
      const told = encoded.value.report.map(
        ({ field, outcome }) => `${field} ${FieldOutcome[outcome]}`,
      );
      expect(told.sort()).toEqual([...report].sort());
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

  const refused: readonly (readonly [
    title: string,
    chat: ChatInit,
    field: string,
    reason?: ErrorReason,
  ])[] = [
    [
      "a document by address",
      {
        messages: [
          {
            role: Role.USER,
            parts: [
              {
                content: {
                  case: "document",
                  value: { source: { case: "url", value: "https://a" } },
                },
              },
            ],
          },
        ],
      },
      "messages[0].parts[0].document.url",
    ],
    [
      "a picture by file id",
      {
        messages: [
          {
            role: Role.USER,
            parts: [
              text("Hi"),
              { content: { case: "image", value: { source: { case: "fileId", value: "f" } } } },
            ],
          },
        ],
      },
      "messages[0].parts[1].image.file_id",
    ],
    [
      "sound of the model without an id",
      {
        messages: [
          {
            role: Role.ASSISTANT,
            parts: [
              {
                content: {
                  case: "audio",
                  value: { source: { case: "data", value: new Uint8Array(2) } },
                },
              },
            ],
          },
        ],
      },
      "messages[0].parts[0].audio",
    ],
    [
      "extras that are no object",
      { extrasJson: { "openai-chat": "[1]" } },
      'extras_json["openai-chat"]',
      ErrorReason.INVALID_REQUEST,
    ],
    [
      "extras of a tool that are no object",
      {
        tools: [
          {
            tool: {
              case: "function",
              value: { name: "f", extrasJson: { "openai-chat": '{"function":1}' } },
            },
          },
        ],
      },
      'tools[0].function.extras_json["openai-chat"].function',
      ErrorReason.INVALID_REQUEST,
    ],
    [
      "a schema that would break the body",
      { tools: [{ tool: { case: "function", value: { name: "f", parametersJson: '{"type":' } } }] },
      "tools[0].function.parameters_json",
      ErrorReason.INVALID_REQUEST,
    ],
    [
      "content in its own words that would break the body",
      {
        messages: [
          {
            role: Role.USER,
            parts: [{ content: { case: "opaque", value: { dialect: "openai-chat", json: "}" } } }],
          },
        ],
      },
      "messages[0].parts[0].opaque.json",
      ErrorReason.INVALID_REQUEST,
    ],
  ];
  for (const [title, chat, field, reason] of refused) {
    it(`refuses ${title}, naming the field`, () => {
      const encoded = encode(chat);
      expect(encoded.ok).toBe(false);
      if (encoded.ok) return;
      expect(encoded.fault.reason).toBe(reason ?? ErrorReason.UNSUPPORTED);
      expect(encoded.fault.fields?.[0]?.field).toBe(field);
    });
  }
});
