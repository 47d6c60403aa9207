import { create, type MessageInitShape } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FieldOutcome } from "../../../gen/parlance/call/v1/call_report_pb.js";
import { ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { type MessageSchema, Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import { ImageDetail, type PartSchema } from "../../../gen/parlance/chat/v1/part_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { huggingfaceTgi as huggingfaceTgiDialect } from "../../../src/adapters/huggingface-tgi/index.ts";
import { parseJson } from "../../../src/json/json.ts";
import { chat as anyChat } from "../../arbitraries/chat.ts";
import { vendorSide } from "../sides.ts";

const huggingfaceTgi = vendorSide(huggingfaceTgiDialect);

type ChatInit = MessageInitShape<typeof ChatSchema>;
type PartInit = MessageInitShape<typeof PartSchema>;
type MessageInit = MessageInitShape<typeof MessageSchema>;

const text = (value: string): PartInit => ({ content: { case: "text", value: { text: value } } });
const hello: MessageInit = { role: Role.USER, parts: [text("Hi")] };

function encode(chat: ChatInit, stream = false, quirks = {}) {
  const message = create(ChatSchema, { model: "m", messages: [hello], ...chat });
  return huggingfaceTgi.encodeRequest(message, { model: "m", stream, quirks });
}

const marked: PartInit = {
  content: {
    case: "image",
    value: {
      source: { case: "url", value: "https://a.example" },
      mediaType: "image/png",
      detail: ImageDetail.AUTO,
    },
  },
};
const plain = { return_full_text: false, details: true };

/** The prompt and the parameters that a chat becomes, and its report. */
const cases: readonly (readonly [
  title: string,
  chat: ChatInit,
  inputs: string,
  parameters: object,
  report: readonly string[],
])[] = [
  ["one message as it is", {}, "Hi", {}, []],
  [
    "a conversation by the template",
    {
      messages: [
        { role: Role.SYSTEM, parts: [text("Be brief.")] },
        { role: Role.USER, parts: [text("Hello")] },
        { role: Role.ASSISTANT, parts: [text("Hi!")] },
        { role: Role.USER, parts: [text("How are"), text("you?")] },
      ],
    },
    "System: Be brief.\nUser: Hello\nAssistant: Hi!\nUser: How are\nyou?\nAssistant:",
    {},
    ["messages EMULATED"],
  ],
  [
    "an answer that is to be gone on with",
    { messages: [hello, { role: Role.ASSISTANT, parts: [text("Once upon")] }] },
    "User: Hi\nAssistant: Once upon",
    {},
    ["messages EMULATED"],
  ],
  [
    "pictures in Markdown",
    {
      messages: [
        {
          role: Role.USER,
          parts: [
            {
              content: {
                case: "image",
                value: { source: { case: "url", value: "https://a.example/b.png" } },
              },
            },
            {
              content: {
                case: "image",
                value: {
                  source: { case: "data", value: Uint8Array.of(1) },
                  mediaType: "image/png",
                },
              },
            },
            text("What is it?"),
          ],
        },
      ],
    },
    "![](https://a.example/b.png)\n![](data:image/png;base64,AQ==)\nWhat is it?",
    {},
    ["messages MAPPED"],
  ],
  [
    "calls and results in words",
    {
      messages: [
        {
          role: Role.ASSISTANT,
          parts: [
            {
              content: {
                case: "toolCall",
                value: { id: "c", name: "f", input: { case: "argumentsJson", value: '{"a":1}' } },
              },
            },
          ],
        },
        {
          role: Role.TOOL,
          parts: [
            {
              content: {
                case: "toolResult",
                value: { toolCallId: "c", content: [text("5")], isError: true },
              },
            },
          ],
        },
      ],
    },
    'Assistant: [call c: f({"a":1})]\nTool: [result of c failed: 5]\nAssistant:',
    {},
    [
      "messages EMULATED",
      "messages[0].parts[0].tool_call EMULATED",
      "messages[1].parts[0].tool_result EMULATED",
    ],
  ],
  [
    "instructions of developers as the system's, and refusals as text",
    {
      messages: [
        { role: Role.DEVELOPER, parts: [text("Be brief.")] },
        { role: Role.ASSISTANT, parts: [{ content: { case: "refusal", value: { text: "No." } } }] },
      ],
    },
    "System: Be brief.\nAssistant: No.",
    {},
    ["messages EMULATED", "messages[0].role MAPPED", "messages[1].parts[0].refusal MAPPED"],
  ],
  [
    "nothing of marks inside of results",
    {
      messages: [
        {
          role: Role.TOOL,
          parts: [
            {
              content: {
                case: "toolResult",
                value: {
                  toolCallId: "c",
                  content: [{ content: { case: "text", value: { text: "5" } }, cache: {} }, marked],
                },
              },
            },
          ],
        },
      ],
    },
    "Tool: [result of c: 5\n![](https://a.example)]\nAssistant:",
    {},
    [
      "messages EMULATED",
      "messages[0].parts[0].tool_result EMULATED",
      "messages[0].parts[0].tool_result.content[1].image.media_type MAPPED",
      "messages[0].parts[0].tool_result.content[1].image.detail DROPPED",
      "messages[0].parts[0].tool_result.content[0].cache DROPPED",
    ],
  ],
  [
    "no defaults",
    {
      n: 1,
      responseFormat: { format: { case: "text", value: {} } },
      sampling: { logprobs: true, topLogprobs: 0 },
    },
    "Hi",
    { top_n_tokens: 1 },
    [
      "sampling.logprobs MAPPED",
      "sampling.top_logprobs MAPPED",
      "response_format.text MAPPED",
      "n MAPPED",
    ],
  ],
  [
    "knobs as parameters",
    {
      maxOutputTokens: 7,
      sampling: {
        temperature: 0.5,
        topP: 0.9,
        topK: 4,
        seed: 18n,
        stop: ["END"],
        repetitionPenalty: 1.1,
        frequencyPenalty: 0.2,
        logprobs: true,
        topLogprobs: 3,
      },
    },
    "Hi",
    {
      max_new_tokens: 7,
      temperature: 0.5,
      top_p: 0.9,
      top_k: 4,
      seed: 18,
      stop: ["END"],
      repetition_penalty: 1.1,
      frequency_penalty: 0.2,
      top_n_tokens: 3,
    },
    ["sampling.logprobs MAPPED"],
  ],
  [
    "no knobs that change nothing, which the server refuses",
    { sampling: { temperature: 0, topP: 1, topK: -1, seed: -1n } },
    "Hi",
    { do_sample: false },
    [
      "sampling.temperature MAPPED",
      "sampling.top_p MAPPED",
      "sampling.top_k MAPPED",
      "sampling.seed DROPPED",
    ],
  ],
  [
    "the least top_p",
    { sampling: { topP: 0 } },
    "Hi",
    { top_p: 0.001 },
    ["sampling.top_p CLAMPED"],
  ],
  [
    "a schema as a grammar",
    { responseFormat: { format: { case: "jsonSchema", value: { schemaJson: '{"z":1}' } } } },
    "Hi",
    { grammar: { type: "json", value: { z: 1 } } },
    [],
  ],
  [
    "no grammar of any object, which the server refuses",
    { responseFormat: { format: { case: "jsonObject", value: {} } } },
    "Hi",
    {},
    ["response_format.json_object DROPPED"],
  ],
  [
    "extras beside what is declared",
    { extrasJson: { "huggingface-tgi": '{"parameters":{"typical_p":0.5,"details":false}}' } },
    "Hi",
    { typical_p: 0.5 },
    ['extras_json["huggingface-tgi"].parameters.details DROPPED'],
  ],
  [
    "no tools",
    {
      tools: [{ tool: { case: "function", value: { name: "f" } } }],
      parallelToolCalls: true,
      user: "u",
    },
    "Hi",
    {},
    ["parallel_tool_calls MAPPED", "tools DROPPED", "user DROPPED"],
  ],
];

describe("a request of huggingface-tgi", () => {
  for (const [title, chat, inputs, parameters, report] of cases) {
    it(`says ${title}`, () => {
      const encoded = encode(chat);
      if (!encoded.ok) throw new Error(encoded.fault.message);
      const body = JSON.parse(String(encoded.value.request.body));
      expect(body).toEqual({ inputs, parameters: { ...plain, ...parameters } });
      expect(
        encoded.value.report
          .map(({ field, outcome }) => `${field} ${FieldOutcome[outcome]}`)
          .sort(),
      ).toEqual([...report].sort());
    });
  }

  const places: readonly (readonly [
    stream: boolean,
    quirks: Readonly<Record<string, boolean>>,
    path: string,
    tells: boolean | undefined,
  ])[] = [
    [false, {}, "/generate", undefined],
    [true, {}, "/generate_stream", undefined],
    [false, { singlePath: true }, "/", false],
    [true, { singlePath: true }, "/", true],
  ];
  for (const [stream, quirks, path, tells] of places) {
    it(`goes to ${path} ${stream ? "for a stream" : "for a whole answer"}, as its own bytes do`, () => {
      const encoded = encode({}, stream, quirks);
      if (!encoded.ok) throw new Error(encoded.fault.message);
      expect([
        encoded.value.request.path,
        JSON.parse(String(encoded.value.request.body)).stream,
      ]).toEqual([path, tells]);
      const body = Buffer.from('{"inputs":"a"}');
      const request = huggingfaceTgi.passthrough.request("chat", body, {
        model: "m",
        stream,
        quirks,
      });
      const wanted = tells === undefined ? '{"inputs":"a"}' : `{"inputs":"a","stream":${tells}}`;
      expect([request.path, Buffer.from(request.body).toString()]).toEqual([path, wanted]);
    });
  }

  it("is refused with several answers, with sound and with a schema of any JSON", () => {
    const sound: PartInit = {
      content: { case: "audio", value: { source: { case: "data", value: Uint8Array.of(1) } } },
    };
    const anyJson = { format: { case: "jsonSchema", value: {} } } as const;
    for (const chat of [
      { n: 2 },
      { messages: [{ role: Role.USER, parts: [sound] }] },
      { responseFormat: anyJson },
    ]) {
      const encoded = encode(chat);
      expect(encoded.ok ? undefined : encoded.fault.reason).toBe(ErrorReason.UNSUPPORTED);
    }
  });

  it("is JSON, whatever chat it says", () => {
    fc.assert(
      fc.property(anyChat, fc.boolean(), (given, stream) => {
        const encoded = huggingfaceTgi.encodeRequest(given, { model: "m", stream, quirks: {} });
        if (encoded.ok) expect(parseJson(String(encoded.value.request.body)).ok).toBe(true);
        else expect(encoded.fault.reason).toBe(ErrorReason.UNSUPPORTED);
      }),
    );
  });
});

describe("a count of tokens of huggingface-tgi", () => {
  const { countTokens } = huggingfaceTgi;

  it("asks for the tokens of the same prompt and counts them", () => {
    const chat = create(ChatSchema, { model: "m", messages: [hello] });
    const encoded = countTokens?.encodeRequest(chat, { model: "m", stream: false, quirks: {} });
    expect(encoded).toMatchObject({
      ok: true,
      value: { request: { path: "/tokenize", body: '{"inputs":"Hi"}' } },
    });
    expect(countTokens?.decodeResponse([{ id: 1 }, { id: 2 }])).toEqual({ ok: true, value: 2 });
    expect(countTokens?.decodeResponse({ error: "no", error_type: "overloaded" })).toMatchObject({
      fault: { reason: ErrorReason.UPSTREAM_OVERLOADED },
    });
    expect(countTokens?.decodeResponse("no")).toMatchObject({
      fault: { reason: ErrorReason.UPSTREAM_MALFORMED },
    });
  });
});
