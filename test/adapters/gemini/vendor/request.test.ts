import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Modality, Verbosity } from "../../../../gen/parlance/chat/v1/generation_pb.js";
import { Role } from "../../../../gen/parlance/chat/v1/message_pb.js";
import { CacheTtl, ImageDetail } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { ToolChoiceMode } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { printToolId } from "../../../../src/adapters/gemini/tool-id.ts";
import { encodeRequest } from "../../../../src/adapters/gemini/vendor/request.ts";
import { chat } from "../../../arbitraries/chat.ts";
import { part } from "../../../arbitraries/completion.ts";
import {
  type ChatInit,
  chatOf,
  encode,
  hello,
  type MessageInit,
  type PartInit,
  text,
  toolCall,
  toolResult,
} from "../builders.ts";

const SIGNATURE = Buffer.from("a proof").toString("base64");
const user = { role: "user", parts: [{ text: "hello" }] };
const weather = {
  tool: {
    case: "function",
    value: {
      name: "weather",
      parametersJson: '{"type":"object","properties":{"city":{"type":"string"}}}',
    },
  },
} as const;

type Case = readonly [
  title: string,
  chat: ChatInit,
  body: object,
  report?: readonly string[],
  model?: string,
];

const conversation: readonly Case[] = [
  ["a plain question", {}, { contents: [user] }],
  [
    "instructions, wherever they stand",
    {
      messages: [
        { role: Role.SYSTEM, parts: [text("be kind")] },
        hello,
        { role: Role.DEVELOPER, parts: [text("be brief")] },
      ],
    },
    { contents: [user], systemInstruction: { parts: [{ text: "be kind" }, { text: "be brief" }] } },
    ["messages[2].role MAPPED", "messages[2] MAPPED"],
  ],
  [
    "instructions alone",
    { messages: [{ role: Role.SYSTEM, parts: [text("hello")] }] },
    { contents: [user] },
    ["messages MAPPED"],
  ],
  [
    "parallel calls, each with its own proof, and their results in one turn",
    {
      messages: [
        hello,
        {
          role: Role.ASSISTANT,
          parts: [toolCall("a", "one", '{"n":1.0}', SIGNATURE), toolCall("b", "two", "")],
        },
        { role: Role.TOOL, parts: [toolResult("b", "fine")] },
        { role: Role.TOOL, parts: [toolResult("a", '{"x":12345678901234567890}')] },
        hello,
      ],
    },
    {
      contents: [
        user,
        {
          role: "model",
          parts: [
            { functionCall: { id: "a", name: "one", args: { n: 1 } }, thoughtSignature: SIGNATURE },
            { functionCall: { id: "b", name: "two", args: {} } },
          ],
        },
        {
          role: "user",
          parts: [
            { functionResponse: { id: "b", name: "two", response: { output: "fine" } } },
            { functionResponse: { id: "a", name: "one", response: { x: 12345678901234567000 } } },
          ],
        },
        user,
      ],
    },
    [],
    "gemini-3-pro-preview",
  ],
  [
    "a proof that travelled in the id comes back on its call, and ids that were made up do not",
    {
      messages: [
        hello,
        { role: Role.ASSISTANT, parts: [toolCall(printToolId("", "12", SIGNATURE), "one", "{}")] },
        { role: Role.TOOL, parts: [toolResult(printToolId("", "12", SIGNATURE), "fine")] },
      ],
    },
    {
      contents: [
        user,
        {
          role: "model",
          parts: [{ functionCall: { name: "one", args: {} }, thoughtSignature: SIGNATURE }],
        },
        {
          role: "user",
          parts: [{ functionResponse: { name: "one", response: { output: "fine" } } }],
        },
      ],
    },
    [
      "messages[1].parts[0].tool_call.id MAPPED",
      "messages[2].parts[0].tool_result.tool_call_id MAPPED",
    ],
  ],
  [
    "a call without a proof, for a model that demands one",
    {
      messages: [
        hello,
        { role: Role.ASSISTANT, parts: [toolCall("a", "one", "[1]"), toolCall("b", "one", "{}")] },
        {
          role: Role.TOOL,
          parts: [
            {
              content: {
                case: "toolResult",
                value: { toolCallId: "a", content: [text("no")], isError: true },
              },
            },
          ],
        },
      ],
    },
    {
      contents: [
        user,
        {
          role: "model",
          parts: [
            {
              functionCall: { id: "a", name: "one", args: { _raw_arguments: "[1]" } },
              thoughtSignature: "skip_thought_signature_validator",
            },
            { functionCall: { id: "b", name: "one", args: {} } },
          ],
        },
        {
          role: "user",
          parts: [{ functionResponse: { id: "a", name: "one", response: { error: "no" } } }],
        },
      ],
    },
    [
      "messages[1].parts[0].tool_call.arguments_json MAPPED",
      "messages[1].parts[0].tool_call.signature EMULATED",
    ],
    "gemini-3-flash-preview",
  ],
  [
    "the proof of a text comes back on the text",
    {
      messages: [
        hello,
        {
          role: Role.ASSISTANT,
          parts: [
            {
              content: {
                case: "reasoning",
                value: { text: "hm", signature: "s1", dialect: "gemini" },
              },
            },
            text("well"),
            { content: { case: "reasoning", value: { signature: "s2", dialect: "gemini" } } },
            { content: { case: "reasoning", value: { signature: "s3", dialect: "gemini" } } },
            {
              content: {
                case: "reasoning",
                value: { text: "mine", signature: "s4", dialect: "anthropic-messages" },
              },
            },
          ],
        },
        hello,
      ],
    },
    {
      contents: [
        user,
        {
          role: "model",
          parts: [
            { text: "hm", thought: true, thoughtSignature: "s1" },
            { text: "well", thoughtSignature: "s2" },
            { text: "", thoughtSignature: "s3" },
          ],
        },
        user,
      ],
    },
    ["messages[1].parts[4].reasoning DROPPED"],
  ],
  [
    "media, given and named",
    {
      messages: [
        {
          role: Role.USER,
          parts: [
            {
              content: {
                case: "image",
                value: {
                  source: { case: "data", value: Buffer.from("png") },
                  mediaType: "image/png",
                  detail: ImageDetail.LOW,
                },
              },
            },
            {
              content: {
                case: "image",
                value: { source: { case: "url", value: "data:image/gif;base64,R0lG" } },
              },
            },
            {
              content: {
                case: "video",
                value: { source: { case: "url", value: "https://a.example/v.mp4" } },
              },
            },
            {
              content: {
                case: "document",
                value: { source: { case: "fileId", value: "gs://b/d" } },
              },
            },
            {
              content: {
                case: "audio",
                value: { source: { case: "data", value: Buffer.from("wav") }, format: "wav" },
              },
            },
            {
              content: { case: "document", value: { source: { case: "text", value: "plain" } } },
              cache: { ttl: CacheTtl.CACHE_TTL_1H },
            },
            {
              content: {
                case: "opaque",
                value: { dialect: "gemini", json: '{"executableCode":{"code":"1.0"}}' },
              },
            },
          ],
        },
      ],
    },
    {
      contents: [
        {
          role: "user",
          parts: [
            { inlineData: { mimeType: "image/png", data: "cG5n" } },
            { inlineData: { mimeType: "image/gif", data: "R0lG" } },
            { fileData: { mimeType: "video/mp4", fileUri: "https://a.example/v.mp4" } },
            { fileData: { mimeType: "application/pdf", fileUri: "gs://b/d" } },
            { inlineData: { mimeType: "audio/wav", data: "d2F2" } },
            { inlineData: { mimeType: "text/plain", data: "cGxhaW4=" } },
            { executableCode: { code: "1.0" } },
          ],
        },
      ],
    },
    [
      "messages[0].parts[0].image.detail DROPPED",
      "messages[0].parts[3].document MAPPED",
      "messages[0].parts[5].cache DROPPED",
      "messages[0].parts[5].document.text MAPPED",
    ],
  ],
];

const options: readonly Case[] = [
  [
    "tools of the caller, of the vendor and its search",
    {
      tools: [
        weather,
        {
          tool: {
            case: "function",
            value: {
              name: "now",
              description: "time",
              parametersJson: '{"type":"object","properties":{}}',
              strict: true,
            },
          },
        },
        { tool: { case: "builtin", value: { dialect: "gemini", json: '{"codeExecution":{}}' } } },
        {
          tool: {
            case: "builtin",
            value: { dialect: "openai-responses", json: '{"type":"shell"}' },
          },
        },
      ],
      toolChoice: { choice: { case: "name", value: "weather" } },
      webSearch: {},
    },
    {
      contents: [user],
      tools: [
        {
          functionDeclarations: [
            {
              name: "weather",
              parameters: { type: "OBJECT", properties: { city: { type: "STRING" } } },
            },
            { name: "now", description: "time" },
          ],
        },
        { codeExecution: {} },
        { googleSearch: {} },
      ],
      toolConfig: { functionCallingConfig: { mode: "ANY", allowedFunctionNames: ["weather"] } },
    },
    [
      "tools[0].function.parameters_json MAPPED",
      "tools[1].function.parameters_json MAPPED",
      "tools[1].function.strict DROPPED",
      "tools[3].builtin DROPPED",
      "web_search EMULATED",
    ],
  ],
  [
    "knobs",
    {
      sampling: {
        temperature: 0,
        topP: 0.5,
        topK: 3,
        seed: 7n,
        stop: ["END"],
        logprobs: true,
        topLogprobs: 2,
        frequencyPenalty: 0.5,
        presencePenalty: 0,
        minP: 0.1,
      },
      n: 2,
      maxOutputTokens: 9,
      modalities: [Modality.TEXT, Modality.AUDIO],
      audioOutput: { voice: "Kore" },
      serviceTier: "flex",
      metadata: { team: "a", "Bad Key": "b" },
    },
    {
      contents: [user],
      generationConfig: {
        temperature: 0,
        topP: 0.5,
        topK: 3,
        seed: 7,
        stopSequences: ["END"],
        responseLogprobs: true,
        logprobs: 2,
        frequencyPenalty: 0.5,
        presencePenalty: 0,
        candidateCount: 2,
        maxOutputTokens: 9,
        responseModalities: ["TEXT", "AUDIO"],
        speechConfig: { voiceConfig: { prebuiltVoiceConfig: { voiceName: "Kore" } } },
      },
      serviceTier: "flex",
      labels: { team: "a" },
    },
    ["sampling.min_p DROPPED", 'metadata["Bad Key"] DROPPED', "metadata MAPPED"],
  ],
  [
    "a schema that the vendor's words can say",
    {
      responseFormat: {
        format: {
          case: "jsonSchema",
          value: {
            name: "n",
            schemaJson:
              '{"type":"object","properties":{"b":{"type":["string","null"]},"a":{"type":"integer"}},"additionalProperties":false}',
          },
        },
      },
    },
    {
      contents: [user],
      generationConfig: {
        responseMimeType: "application/json",
        responseSchema: {
          type: "OBJECT",
          properties: { b: { nullable: true, type: "STRING" }, a: { type: "INTEGER" } },
          propertyOrdering: ["b", "a"],
        },
      },
    },
    ["response_format.json_schema.name MAPPED", "response_format.json_schema.schema_json MAPPED"],
  ],
  [
    "a schema that only JSON Schema can say",
    {
      responseFormat: {
        format: {
          case: "jsonSchema",
          value: { schemaJson: '{"type":"object","patternProperties":{}}' },
        },
      },
    },
    {
      contents: [user],
      generationConfig: {
        responseMimeType: "application/json",
        responseJsonSchema: { type: "object", patternProperties: {} },
      },
    },
    ["response_format.json_schema.schema_json MAPPED"],
  ],
  [
    "the same for a model that does not read JSON Schema",
    {
      responseFormat: {
        format: { case: "jsonSchema", value: { schemaJson: '{"type":"string","not":{}}' } },
      },
    },
    {
      contents: [user],
      generationConfig: {
        responseMimeType: "application/json",
        responseSchema: { type: "STRING" },
      },
    },
    [
      "response_format.json_schema.schema_json MAPPED",
      "response_format.json_schema.schema_json#/not DROPPED",
    ],
    "gemini-2.0-flash",
  ],
  [
    "extras are added to what is there",
    {
      sampling: { temperature: 1 },
      extrasJson: {
        gemini:
          '{"cachedContent":"cachedContents/1","generationConfig":{"mediaResolution":"MEDIA_RESOLUTION_LOW"}}',
      },
    },
    {
      contents: [user],
      cachedContent: "cachedContents/1",
      generationConfig: { temperature: 1, mediaResolution: "MEDIA_RESOLUTION_LOW" },
    },
  ],
  [
    "what the vendor has nothing for",
    {
      verbosity: Verbosity.LOW,
      store: true,
      user: "u",
      safetyIdentifier: "s",
      promptCacheKey: "k",
      parallelToolCalls: false,
      tools: [weather],
      cache: {},
      prediction: { content: [{ text: "p" }] },
    },
    {
      contents: [user],
      tools: [
        {
          functionDeclarations: [
            {
              name: "weather",
              parameters: { type: "OBJECT", properties: { city: { type: "STRING" } } },
            },
          ],
        },
      ],
    },
    [
      "tools[0].function.parameters_json MAPPED",
      "parallel_tool_calls DROPPED",
      "prediction DROPPED",
      "verbosity DROPPED",
      "store DROPPED",
      "user DROPPED",
      "safety_identifier DROPPED",
      "prompt_cache_key DROPPED",
      "cache DROPPED",
    ],
  ],
];

describe("a chat in the vendor's words", () => {
  for (const [title, init, body, report = [], model] of [...conversation, ...options]) {
    test(title, () => {
      const encoded = encode(init, model);
      expect(encoded.body).toEqual(body);
      expect([...encoded.report].sort()).toEqual([...report].sort());
    });
  }

  const choices: readonly (readonly [ChatInit["toolChoice"], object])[] = [
    [{ choice: { case: "mode", value: ToolChoiceMode.AUTO } }, { mode: "AUTO" }],
    [{ choice: { case: "mode", value: ToolChoiceMode.NONE } }, { mode: "NONE" }],
    [{ choice: { case: "mode", value: ToolChoiceMode.REQUIRED } }, { mode: "ANY" }],
    [
      { choice: { case: "allowed", value: { mode: ToolChoiceMode.REQUIRED, names: ["a"] } } },
      { mode: "ANY", allowedFunctionNames: ["a"] },
    ],
    [
      { choice: { case: "allowed", value: { mode: ToolChoiceMode.AUTO, names: ["a"] } } },
      { mode: "VALIDATED", allowedFunctionNames: ["a"] },
    ],
  ];
  for (const [toolChoice, config] of choices) {
    test(`the choice ${JSON.stringify(toolChoice)}`, () => {
      expect(encode({ tools: [weather], toolChoice }).body.toolConfig).toEqual({
        functionCallingConfig: config,
      });
    });
  }

  const idleChoices = [
    [ToolChoiceMode.AUTO, "tool_choice MAPPED"],
    [ToolChoiceMode.NONE, "tool_choice MAPPED"],
    [ToolChoiceMode.REQUIRED, "tool_choice DROPPED"],
  ] as const;
  for (const [value, fate] of idleChoices) {
    test(`the choice ${ToolChoiceMode[value]} without tools`, () => {
      const encoded = encode({ toolChoice: { choice: { case: "mode", value } } });
      expect(encoded.body).not.toHaveProperty("toolConfig");
      expect(encoded.report).toEqual([fate]);
    });
  }

  test("numbers of arguments and results keep their spelling", () => {
    const messages = [
      hello,
      { role: Role.ASSISTANT, parts: [toolCall("a", "one", '{ "n": 1.0 }')] },
      { role: Role.TOOL, parts: [toolResult("a", '{"x":12345678901234567890}')] },
    ];
    const encoded = encode({ messages });
    expect(encoded.text).toContain('{ "n": 1.0 }');
    expect(encoded.text).toContain('{"x":12345678901234567890}');
  });

  test("results without ids stand in the order of their calls", () => {
    const [one, two] = [printToolId("", "1", ""), printToolId("", "2", "")];
    const messages: MessageInit[] = [
      hello,
      {
        role: Role.ASSISTANT,
        parts: [toolCall(one, "f", '{"n":1}'), toolCall(two, "f", '{"n":2}')],
      },
      { role: Role.TOOL, parts: [toolResult(two, "second")] },
      { role: Role.TOOL, parts: [toolResult(one, "first")] },
    ];
    expect(encode({ messages }).body.contents[2].parts).toEqual([
      { functionResponse: { name: "f", response: { output: "first" } } },
      { functionResponse: { name: "f", response: { output: "second" } } },
    ]);
  });

  test("media of a result stand in it for models that take them there, and after it otherwise", () => {
    const image = {
      content: {
        case: "image",
        value: { source: { case: "data", value: Buffer.from("x") }, mediaType: "image/png" },
      },
    } as const satisfies PartInit;
    const result: PartInit = {
      content: { case: "toolResult", value: { toolCallId: "a", content: [text("see"), image] } },
    };
    const messages: MessageInit[] = [
      hello,
      { role: Role.ASSISTANT, parts: [toolCall("a", "one", "{}")] },
      { role: Role.TOOL, parts: [result] },
    ];
    const media = { inlineData: { mimeType: "image/png", data: "eA==" } };
    const response = { id: "a", name: "one", response: { output: "see" } };
    expect(encode({ messages }, "gemini-3-flash").body.contents[2].parts).toEqual([
      { functionResponse: { ...response, parts: [media] } },
    ]);
    expect(encode({ messages }, "gemini-2.5-flash").body.contents[2].parts).toEqual([
      { functionResponse: response },
      media,
    ]);
  });

  const paths: readonly (readonly [
    model: string,
    quirks: Readonly<Record<string, unknown>>,
    path: string,
  ])[] = [
    ["gemini-2.5-flash", {}, "/v1beta/models/gemini-2.5-flash:generateContent"],
    ["models/gemini-2.5-flash", {}, "/v1beta/models/gemini-2.5-flash:generateContent"],
    ["tunedModels/mine", {}, "/v1beta/tunedModels/mine:generateContent"],
    ["x?y#z", {}, "/v1beta/models/x%3Fy%23z:generateContent"],
    [
      "gemini-2.5-flash",
      { vertex: true },
      "/publishers/google/models/gemini-2.5-flash:generateContent",
    ],
    ["meta/llama@1", { vertex: true }, "/publishers/meta/models/llama@1:generateContent"],
    ["endpoints/12", { vertex: true }, "/endpoints/12:generateContent"],
  ];
  for (const [model, quirks, path] of paths) {
    test(`the path of ${model}${quirks.vertex === true ? " at Vertex AI" : ""}`, () => {
      expect(encode({}, model, quirks).path).toBe(path);
    });
  }

  test("a stream is asked for as server-sent events", () => {
    const encoded = encodeRequest(chatOf({}), { model: "m", stream: true, quirks: {} });
    expect(encoded.ok && encoded.value.request.path).toBe(
      "/v1beta/models/m:streamGenerateContent?alt=sse",
    );
  });

  test("a result of no call is refused, for the vendor wants the tool's name", () => {
    const messages = [hello, { role: Role.TOOL, parts: [toolResult("x", "y")] }];
    const encoded = encodeRequest(chatOf({ messages }), { model: "m", stream: false, quirks: {} });
    expect(!encoded.ok && encoded.fault.fields?.[0]?.field).toBe(
      "messages[1].parts[0].tool_result.tool_call_id",
    );
  });

  test("any chat is a body of JSON or a refusal", () => {
    const wild = fc.array(
      fc.record({
        role: fc.constantFrom(Role.USER, Role.ASSISTANT, Role.TOOL, Role.SYSTEM),
        parts: fc.array(part, { maxLength: 4 }),
      }),
      { minLength: 1, maxLength: 4 },
    );
    const model = fc.constantFrom(
      "gemini-2.0-flash",
      "gemini-2.5-pro",
      "gemini-3-pro-preview",
      "x",
    );
    fc.assert(
      fc.property(
        fc.oneof(
          chat,
          wild.map((messages) => chatOf({ messages })),
        ),
        model,
        fc.boolean(),
        (value, name, vertex) => {
          const encoded = encodeRequest(value, { model: name, stream: false, quirks: { vertex } });
          if (encoded.ok) JSON.parse(String(encoded.value.request.body));
          else expect(encoded.fault.message).not.toBe("");
        },
      ),
    );
  });
});
