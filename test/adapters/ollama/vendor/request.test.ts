import { create, type MessageInitShape } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FieldOutcome } from "../../../../gen/parlance/call/v1/call_report_pb.js";
import { ChatSchema } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import {
  ReasoningEffort,
  ReasoningMode,
  Verbosity,
} from "../../../../gen/parlance/chat/v1/generation_pb.js";
import { type MessageSchema, Role } from "../../../../gen/parlance/chat/v1/message_pb.js";
import {
  CacheTtl,
  ImageDetail,
  type PartSchema,
} from "../../../../gen/parlance/chat/v1/part_pb.js";
import { ToolChoiceMode, type ToolSchema } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import { ollama as ollamaDialect } from "../../../../src/adapters/ollama/index.ts";
import { parseJson } from "../../../../src/json/json.ts";
import { chat as anyChat } from "../../../arbitraries/chat.ts";
import { vendorSide } from "../../sides.ts";

const ollama = vendorSide(ollamaDialect);

type ChatInit = MessageInitShape<typeof ChatSchema>;
type PartInit = MessageInitShape<typeof PartSchema>;
type MessageInit = MessageInitShape<typeof MessageSchema>;
type ToolInit = MessageInitShape<typeof ToolSchema>;

const text = (value: string): PartInit => ({ content: { case: "text", value: { text: value } } });
const picture = (value: number[]): PartInit => ({
  content: { case: "image", value: { source: { case: "data", value: Uint8Array.from(value) } } },
});
const call = (id: string, name: string, value: string): PartInit => ({
  content: { case: "toolCall", value: { id, name, input: { case: "argumentsJson", value } } },
});
const result = (toolCallId: string, ...content: PartInit[]): PartInit => ({
  content: { case: "toolResult", value: { toolCallId, content } },
});
const fn = (name: string): ToolInit => ({
  tool: { case: "function", value: { name, parametersJson: "{}" } },
});
const sentFn = (name: string) => ({ type: "function", function: { name, parameters: {} } });

const hello: MessageInit = { role: Role.USER, parts: [text("Hi")] };
const said = [{ role: "user", content: "Hi" }];

function encode(chat: ChatInit, stream = false) {
  const message = create(ChatSchema, { model: "m", messages: [hello], ...chat });
  return ollama.encodeRequest(message, { model: "qwen3:4b", stream, quirks: {} });
}

/** The members a chat adds to the plain body, and its report. */
const cases: readonly (readonly [
  title: string,
  chat: ChatInit,
  body: object,
  report: readonly string[],
])[] = [
  ["a lone text", {}, { messages: said }, []],
  [
    "instructions of the developer as the system's",
    { messages: [{ role: Role.DEVELOPER, parts: [text("Be brief")] }, hello] },
    { messages: [{ role: "system", content: "Be brief" }, ...said] },
    ["messages[0].role MAPPED"],
  ],
  [
    "several texts as one, and pictures in a list before it",
    { messages: [{ role: Role.USER, parts: [text("a"), picture([1]), picture([2]), text("b")] }] },
    { messages: [{ role: "user", content: "a\nb", images: ["AQ==", "Ag=="] }] },
    [
      "messages[0].parts[1].image MAPPED",
      "messages[0].parts[2].image MAPPED",
      "messages[0].parts MAPPED",
    ],
  ],
  [
    "sound among the pictures",
    {
      messages: [
        {
          role: Role.USER,
          parts: [
            {
              content: {
                case: "audio",
                value: { source: { case: "data", value: Uint8Array.of(3) }, format: "wav" },
              },
            },
          ],
        },
      ],
    },
    { messages: [{ role: "user", content: "", images: ["Aw=="] }] },
    ["messages[0].parts[0].audio MAPPED"],
  ],
  [
    "thinking, and calls with their very arguments",
    {
      messages: [
        hello,
        {
          role: Role.ASSISTANT,
          parts: [
            { content: { case: "reasoning", value: { text: "hm", signature: "s", dialect: "x" } } },
            call("c1", "add", '{"b":1.0,"a":12345678901234567890}'),
            call("c2", "add", ""),
          ],
        },
      ],
    },
    {
      messages: [
        ...said,
        {
          role: "assistant",
          content: "",
          thinking: "hm",
          tool_calls: [
            {
              id: "c1",
              function: { index: 0, name: "add", arguments: '{"b":1.0,"a":12345678901234567890}' },
            },
            { id: "c2", function: { index: 1, name: "add", arguments: "{}" } },
          ],
        },
      ],
    },
    ["messages[1].parts[0].reasoning.signature DROPPED"],
  ],
  [
    "arguments that are not JSON inside of an object",
    { messages: [{ role: Role.ASSISTANT, parts: [call("c", "f", '{"cut":')] }] },
    {
      messages: [
        {
          role: "assistant",
          content: "",
          tool_calls: [
            {
              id: "c",
              function: { index: 0, name: "f", arguments: '{"_raw_arguments":"{\\"cut\\":"}' },
            },
          ],
        },
      ],
    },
    ["messages[0].parts[0].tool_call.arguments_json EMULATED"],
  ],
  [
    "results of tools by the names of their calls, before what else their message says",
    {
      messages: [
        { role: Role.ASSISTANT, parts: [call("c1", "add", "{}"), call("c2", "see", "{}")] },
        {
          role: Role.USER,
          parts: [text("And?"), result("c1", text("5")), result("c2", picture([9]))],
        },
      ],
    },
    {
      messages: [
        {
          role: "assistant",
          content: "",
          tool_calls: [
            { id: "c1", function: { index: 0, name: "add", arguments: "{}" } },
            { id: "c2", function: { index: 1, name: "see", arguments: "{}" } },
          ],
        },
        { role: "tool", content: "5", tool_name: "add", tool_call_id: "c1" },
        { role: "tool", content: "", images: ["CQ=="], tool_name: "see", tool_call_id: "c2" },
        { role: "user", content: "And?" },
      ],
    },
    [],
  ],
  [
    "knobs as options, and likelihoods beside them",
    {
      maxOutputTokens: 7,
      sampling: {
        temperature: 0,
        topP: 0.5,
        topK: -1,
        minP: 0.1,
        seed: 42n,
        stop: ["END"],
        repetitionPenalty: 1.1,
        presencePenalty: 0.2,
        frequencyPenalty: 0.3,
        logprobs: true,
        topLogprobs: 2,
        logitBias: { "1": 1 },
      },
    },
    {
      messages: said,
      logprobs: true,
      top_logprobs: 2,
      options: {
        temperature: 0,
        top_p: 0.5,
        top_k: -1,
        min_p: 0.1,
        seed: 42,
        stop: ["END"],
        repeat_penalty: 1.1,
        presence_penalty: 0.2,
        frequency_penalty: 0.3,
        num_predict: 7,
      },
    },
    ["sampling.logit_bias DROPPED"],
  ],
  [
    "extras beside what is declared, which stays",
    {
      sampling: { temperature: 1 },
      extrasJson: {
        ollama: '{"keep_alive":"5m","stream":true,"options":{"num_ctx":8192,"temperature":2}}',
        gemini: "{}",
      },
    },
    { messages: said, options: { temperature: 1, num_ctx: 8192 }, keep_alive: "5m" },
    [
      'extras_json["ollama"].stream DROPPED',
      'extras_json["ollama"].options.temperature DROPPED',
      'extras_json["gemini"] DROPPED',
    ],
  ],
  [
    "any JSON object as the format json",
    { responseFormat: { format: { case: "jsonObject", value: {} } } },
    { messages: said, format: "json" },
    [],
  ],
  [
    "a schema as the format",
    {
      responseFormat: {
        format: {
          case: "jsonSchema",
          value: { name: "n", schemaJson: '{"z":1,"a":2}', strict: true },
        },
      },
    },
    { messages: said, format: { z: 1, a: 2 } },
    ["response_format.json_schema.name MAPPED", "response_format.json_schema.strict MAPPED"],
  ],
  [
    "what the server has nothing for not at all",
    {
      user: "u",
      store: true,
      metadata: { a: "b" },
      verbosity: Verbosity.LOW,
      cache: { ttl: CacheTtl.CACHE_TTL_5M },
    },
    { messages: said },
    ["store DROPPED", "verbosity DROPPED", "user DROPPED", "metadata DROPPED", "cache DROPPED"],
  ],
  [
    "no tools where none may be used",
    { tools: [fn("f")], toolChoice: { choice: { case: "mode", value: ToolChoiceMode.NONE } } },
    { messages: said },
    ["tool_choice.mode EMULATED"],
  ],
  [
    "all tools where one must be used, for that cannot be forced",
    {
      tools: [fn("f")],
      toolChoice: { choice: { case: "mode", value: ToolChoiceMode.REQUIRED } },
      parallelToolCalls: false,
    },
    { messages: said, tools: [sentFn("f")] },
    ["tool_choice.mode CLAMPED", "parallel_tool_calls DROPPED"],
  ],
  [
    "only the tool that is named",
    { tools: [fn("f"), fn("g")], toolChoice: { choice: { case: "name", value: "g" } } },
    { messages: said, tools: [sentFn("g")] },
    ["tool_choice.name CLAMPED"],
  ],
  [
    "only the tools that are allowed",
    {
      tools: [fn("f"), fn("g")],
      toolChoice: {
        choice: { case: "allowed", value: { mode: ToolChoiceMode.AUTO, names: ["f"] } },
      },
    },
    { messages: said, tools: [sentFn("f")] },
    ["tool_choice.allowed.names EMULATED", "tool_choice.allowed.mode MAPPED"],
  ],
  [
    "a function without arguments with an empty schema",
    {
      tools: [
        { tool: { case: "function", value: { name: "now", description: "d", strict: true } } },
      ],
    },
    {
      messages: said,
      tools: [
        {
          type: "function",
          function: {
            name: "now",
            description: "d",
            parameters: { type: "object", properties: {} },
          },
        },
      ],
    },
    ["tools[0].function.strict DROPPED"],
  ],
  [
    "documents of text as text",
    {
      messages: [
        {
          role: Role.USER,
          parts: [
            {
              content: {
                case: "document",
                value: { source: { case: "text", value: "body" }, title: "T" },
              },
            },
          ],
        },
      ],
    },
    { messages: [{ role: "user", content: "T\nbody" }] },
    ["messages[0].parts[0].document EMULATED", "messages[0].parts MAPPED"],
  ],
];

/** Arguments are compared by their very text, everything else as a value. */
function bodyOf(text: string): unknown {
  const quoted = text.replaceAll(
    /"arguments":(\{(?:[^{}"]|"(?:\\.|[^"\\])*")*\})/g,
    (_, json) => `"arguments":${JSON.stringify(json)}`,
  );
  return JSON.parse(quoted);
}

describe("a request of ollama", () => {
  for (const [title, chat, body, report] of cases) {
    it(`says ${title}`, () => {
      const encoded = encode(chat);
      if (!encoded.ok) throw new Error(encoded.fault.message);
      const { request } = encoded.value;
      expect(request).toMatchObject({
        method: "POST",
        path: "/api/chat",
        headers: ["content-type", "application/json"],
      });
      expect(bodyOf(String(request.body))).toEqual({ model: "qwen3:4b", stream: false, ...body });
      expect(
        encoded.value.report.map(({ field, outcome }) => `${field} ${FieldOutcome[outcome]}`),
      ).toEqual(report);
    });
  }

  it("says whether it is streamed, for the server streams by default", () => {
    for (const stream of [true, false]) {
      const encoded = encode({}, stream);
      expect(encoded.ok && JSON.parse(String(encoded.value.request.body)).stream).toBe(stream);
    }
  });

  it("says every digit of a seed", () => {
    const encoded = encode({ sampling: { seed: 9223372036854775807n } });
    expect(encoded.ok && String(encoded.value.request.body)).toContain(
      '"seed":9223372036854775807',
    );
  });

  const thinking: readonly (readonly [
    reasoning: ChatInit["reasoning"],
    think: unknown,
    report: readonly string[],
  ])[] = [
    [{ mode: ReasoningMode.DISABLED }, false, ["reasoning.mode MAPPED"]],
    [{ mode: ReasoningMode.ENABLED }, true, ["reasoning.mode MAPPED"]],
    [{ mode: ReasoningMode.ADAPTIVE }, undefined, ["reasoning.mode DROPPED"]],
    [{ effort: ReasoningEffort.NONE }, false, ["reasoning.effort MAPPED"]],
    [{ effort: ReasoningEffort.MINIMAL }, "low", ["reasoning.effort CLAMPED"]],
    [{ effort: ReasoningEffort.MEDIUM }, "medium", []],
    [{ effort: ReasoningEffort.XHIGH }, "max", ["reasoning.effort CLAMPED"]],
    [{ effort: ReasoningEffort.MAX, budgetTokens: 5 }, "max", ["reasoning.budget_tokens DROPPED"]],
    [{ budgetTokens: 0 }, false, ["reasoning.budget_tokens EMULATED"]],
    [{ budgetTokens: 2048 }, "low", ["reasoning.budget_tokens EMULATED"]],
    [{ budgetTokens: 2049 }, "medium", ["reasoning.budget_tokens EMULATED"]],
    [
      { budgetTokens: 8193, mode: ReasoningMode.ENABLED },
      "high",
      ["reasoning.mode MAPPED", "reasoning.budget_tokens EMULATED"],
    ],
  ];
  for (const [reasoning, think, report] of thinking) {
    it(`says think: ${think} for ${JSON.stringify(reasoning)}`, () => {
      const encoded = encode(reasoning === undefined ? {} : { reasoning });
      if (!encoded.ok) throw new Error(encoded.fault.message);
      expect(JSON.parse(String(encoded.value.request.body)).think).toBe(think);
      expect(
        encoded.value.report.map(({ field, outcome }) => `${field} ${FieldOutcome[outcome]}`),
      ).toEqual(report);
    });
  }

  const refused: readonly (readonly [
    title: string,
    chat: ChatInit,
    reason: ErrorReason,
    field: string,
  ])[] = [
    ["several answers", { n: 2 }, ErrorReason.UNSUPPORTED, "n"],
    [
      "a picture by address",
      {
        messages: [
          {
            role: Role.USER,
            parts: [
              {
                content: {
                  case: "image",
                  value: { source: { case: "url", value: "https://x" }, detail: ImageDetail.LOW },
                },
              },
            ],
          },
        ],
      },
      ErrorReason.UNSUPPORTED,
      "messages[0].parts[0].image.url",
    ],
    [
      "a PDF",
      {
        messages: [
          {
            role: Role.USER,
            parts: [
              {
                content: {
                  case: "document",
                  value: { source: { case: "data", value: Uint8Array.of(1) } },
                },
              },
            ],
          },
        ],
      },
      ErrorReason.UNSUPPORTED,
      "messages[0].parts[0].document",
    ],
    [
      "a schema that would break the body",
      { tools: [{ tool: { case: "function", value: { name: "f", parametersJson: "{" } } }] },
      ErrorReason.INVALID_REQUEST,
      "tools[0].function.parameters_json",
    ],
  ];
  for (const [title, chat, reason, field] of refused) {
    it(`is refused with ${title}`, () => {
      const encoded = encode(chat);
      expect(
        encoded.ok ? undefined : [encoded.fault.reason, encoded.fault.fields?.[0]?.field],
      ).toEqual([reason, field]);
    });
  }

  it("is JSON, whatever chat it says", () => {
    fc.assert(
      fc.property(anyChat, fc.boolean(), (given, stream) => {
        const encoded = ollama.encodeRequest(given, { model: "m", stream, quirks: {} });
        if (encoded.ok) expect(parseJson(String(encoded.value.request.body)).ok).toBe(true);
        else expect(encoded.fault.reason).toBe(ErrorReason.UNSUPPORTED);
      }),
    );
  });
});
