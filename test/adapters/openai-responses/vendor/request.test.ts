import type { MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import type { ChatSchema } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import {
  Modality,
  ReasoningEffort,
  ReasoningMode,
  ReasoningSummary,
  SearchContextSize,
  Verbosity,
} from "../../../../gen/parlance/chat/v1/generation_pb.js";
import { Role } from "../../../../gen/parlance/chat/v1/message_pb.js";
import { CacheTtl, ImageDetail } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { ToolChoiceMode } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import {
  openAiResponses as openAiResponsesDialect,
  openAiResponsesFacade as openAiResponsesFacadeOriginal,
} from "../../../../src/adapters/openai-responses/index.ts";
import { clientSide, vendorSide } from "../../sides.ts";
import {
  call,
  chatOf,
  customCall,
  marked,
  opaque,
  result,
  says,
  send,
  text,
} from "../encode-chat.ts";

const openAiResponses = vendorSide(openAiResponsesDialect);
const openAiResponsesFacade = clientSide(openAiResponsesFacadeOriginal);

type ChatInit = MessageInitShape<typeof ChatSchema>;
type Row = readonly [title: string, chat: ChatInit, expected: object, report: readonly string[]];

const DIALECT = "openai-responses";
const own = { dialect: DIALECT, id: "rs_1", encrypted: "E=" };
const citation = {
  title: "T",
  source: { case: "web", value: { url: "https://a.example" } },
  answer: { start: 1, end: 2 },
};

describe("the input of a request", () => {
  const rows: readonly Row[] = [
    [
      "sends leading instructions apart and plain text as a string",
      { messages: [says(Role.SYSTEM, "Be brief."), says(Role.USER, "hi")] },
      { instructions: "Be brief.", input: [{ type: "message", role: "user", content: "hi" }] },
      [],
    ],
    [
      "keeps instructions of a developer and later ones in their place",
      { messages: [says(Role.DEVELOPER, "A"), says(Role.USER, "hi"), says(Role.SYSTEM, "B")] },
      {
        input: [
          { type: "message", role: "developer", content: "A" },
          { type: "message", role: "user", content: "hi" },
          { type: "message", role: "system", content: "B" },
        ],
      },
      [],
    ],
    [
      "sends calls, outputs and reasoning as items of their own, in order",
      {
        messages: [
          says(
            Role.ASSISTANT,
            { content: { case: "reasoning", value: { ...own, summaries: ["s"] } } },
            "let me see",
            call("c1", "f", '{ "a":1.0 }'),
            customCall("c2", "sh", "ls"),
          ),
          says(Role.TOOL, result("c1", text("20")), result("c2", text("x"), text("y"))),
        ],
      },
      {
        input: [
          {
            type: "reasoning",
            id: "rs_1",
            summary: [{ type: "summary_text", text: "s" }],
            encrypted_content: "E=",
          },
          { type: "message", role: "assistant", content: "let me see" },
          { type: "function_call", call_id: "c1", name: "f", arguments: '{ "a":1.0 }' },
          { type: "custom_tool_call", call_id: "c2", name: "sh", input: "ls" },
          { type: "function_call_output", call_id: "c1", output: "20" },
          {
            type: "custom_tool_call_output",
            call_id: "c2",
            output: [
              { type: "input_text", text: "x" },
              { type: "input_text", text: "y" },
            ],
          },
        ],
      },
      [],
    ],
    [
      "sends what only this dialect has as it is, items and content alike",
      {
        messages: [
          says(Role.ASSISTANT, opaque('{"type":"web_search_call","id":"ws_1","n":1.0}')),
          says(Role.USER, "see", opaque('{"type":"input_file","file_id":"f","detail":"low"}')),
          says(Role.USER, opaque('{"type":"x"}', "gemini")),
        ],
      },
      {
        input: [
          { type: "web_search_call", id: "ws_1", n: 1 },
          {
            type: "message",
            role: "user",
            content: [
              { type: "input_text", text: "see" },
              { type: "input_file", file_id: "f", detail: "low" },
            ],
          },
        ],
      },
      ["messages[2].parts[0].opaque DROPPED"],
    ],
    [
      "sends pictures, files and sound",
      {
        messages: [
          says(
            Role.USER,
            {
              content: {
                case: "image",
                value: {
                  source: { case: "url", value: "https://a.example/b.png" },
                  detail: ImageDetail.LOW,
                },
              },
            },
            {
              content: {
                case: "image",
                value: {
                  source: { case: "data", value: Buffer.from("P") },
                  mediaType: "image/gif",
                },
              },
            },
            {
              content: {
                case: "document",
                value: { source: { case: "data", value: Buffer.from("D") }, title: "a.pdf" },
              },
            },
            {
              content: {
                case: "document",
                value: { source: { case: "url", value: "https://a.example/b.pdf" } },
              },
            },
            {
              content: { case: "document", value: { source: { case: "fileId", value: "file-1" } } },
            },
            {
              content: {
                case: "audio",
                value: { source: { case: "data", value: Buffer.from("W") }, format: "mp3" },
              },
            },
          ),
        ],
      },
      {
        input: [
          {
            type: "message",
            role: "user",
            content: [
              { type: "input_image", image_url: "https://a.example/b.png", detail: "low" },
              { type: "input_image", image_url: "data:image/gif;base64,UA==" },
              {
                type: "input_file",
                filename: "a.pdf",
                file_data: "data:application/pdf;base64,RA==",
              },
              { type: "input_file", file_url: "https://a.example/b.pdf" },
              { type: "input_file", file_id: "file-1" },
              { type: "input_audio", input_audio: { data: "Vw==", format: "mp3" } },
            ],
          },
        ],
      },
      [],
    ],
    [
      "sends citations and refusals of the model back",
      {
        messages: [
          says(
            Role.ASSISTANT,
            { content: { case: "text", value: { text: "abc", citations: [citation as never] } } },
            { content: { case: "refusal", value: { text: "no" } } },
          ),
        ],
      },
      {
        input: [
          {
            type: "message",
            role: "assistant",
            content: [
              {
                type: "output_text",
                text: "abc",
                annotations: [
                  {
                    type: "url_citation",
                    start_index: 1,
                    end_index: 2,
                    url: "https://a.example",
                    title: "T",
                  },
                ],
              },
              { type: "refusal", refusal: "no" },
            ],
          },
        ],
      },
      [],
    ],
    [
      "leaves out the reasoning of others, and tells it",
      {
        messages: [
          says(Role.ASSISTANT, {
            content: {
              case: "reasoning",
              value: { text: "t", signature: "s", dialect: "anthropic-messages" },
            },
          }),
        ],
      },
      { input: [] },
      ["messages[0].parts[0].reasoning DROPPED"],
    ],
    [
      "leaves out reasoning that the vendor knows only by an id where it keeps nothing",
      {
        store: false,
        messages: [
          says(Role.ASSISTANT, {
            content: { case: "reasoning", value: { id: "rs_1", dialect: DIALECT } },
          }),
        ],
      },
      { input: [], include: ["reasoning.encrypted_content"] },
      ["messages[0].parts[0].reasoning DROPPED"],
    ],
    [
      "shortens ids of calls, tells ids that come again apart, and gives ids where there are none",
      {
        messages: [
          says(
            Role.ASSISTANT,
            call(`long${"x".repeat(70)}`, "f", "{}"),
            call("c", "f", "{}"),
            call("", "f", "{}"),
          ),
          says(Role.TOOL, result(`long${"x".repeat(70)}`), result("c"), result("")),
          says(Role.ASSISTANT, call("c", "f", "{}")),
          says(Role.TOOL, result("c")),
        ],
      },
      {
        input: [
          { call_id: expect.stringMatching(/^longx{43}_[0-9a-f]{16}$/) },
          { call_id: "c" },
          { call_id: "call_unnamed_1" },
          { call_id: expect.stringMatching(/^longx{43}_[0-9a-f]{16}$/) },
          { call_id: "c" },
          { call_id: "call_unnamed_1" },
          { call_id: "c_2" },
          { call_id: "c_2" },
        ],
      },
      [
        "messages[0].parts[0].tool_call.id MAPPED",
        "messages[0].parts[2].tool_call.id MAPPED",
        "messages[2].parts[0].tool_call.id MAPPED",
      ],
    ],
    [
      "tells what has no place: names, failures of tools, cache marks, proofs of calls",
      {
        messages: [
          { ...says(Role.USER, marked("a", CacheTtl.CACHE_TTL_1H)), name: "Ann" },
          says(Role.ASSISTANT, {
            content: { case: "toolCall", value: { id: "c", name: "f", signature: "S" } },
          }),
          says(Role.TOOL, {
            content: { case: "toolResult", value: { toolCallId: "c", isError: true } },
          }),
        ],
      },
      {},
      [
        "messages[0].name DROPPED",
        "messages[0].parts[0].cache DROPPED",
        "messages[0].parts[0].cache.ttl DROPPED",
        "messages[1].parts[0].tool_call.signature DROPPED",
        "messages[2].parts[0].tool_result.is_error DROPPED",
      ],
    ],
  ];
  for (const [title, chat, expected, report] of rows) {
    it(title, () => {
      const sent = send(chatOf(chat));
      expect(sent.body).toMatchObject(expected);
      expect([...sent.report].sort()).toEqual([...report].sort());
    });
  }
});

describe("the knobs of a request", () => {
  const rows: readonly Row[] = [
    [
      "are sent by their names here",
      {
        maxOutputTokens: 100,
        tools: [{ tool: { case: "custom", value: { name: "c" } } }],
        parallelToolCalls: false,
        sampling: { temperature: 0, topP: 0.5, topLogprobs: 3, logprobs: true },
        serviceTier: "flex",
        store: true,
        user: "u",
        safetyIdentifier: "si",
        promptCacheKey: "k",
        metadata: { a: "b" },
        previousResponseId: "resp_1",
        verbosity: Verbosity.LOW,
        reasoning: { effort: ReasoningEffort.XHIGH, summary: ReasoningSummary.AUTO },
      },
      {
        model: "gpt-x",
        max_output_tokens: 100,
        parallel_tool_calls: false,
        temperature: 0,
        top_p: 0.5,
        top_logprobs: 3,
        include: ["message.output_text.logprobs"],
        service_tier: "flex",
        store: true,
        user: "u",
        safety_identifier: "si",
        prompt_cache_key: "k",
        metadata: { a: "b" },
        previous_response_id: "resp_1",
        text: { verbosity: "low" },
        reasoning: { effort: "xhigh", summary: "auto" },
      },
      ["sampling.logprobs MAPPED"],
    ],
    [
      "raise a bound that the vendor refuses",
      { maxOutputTokens: 1 },
      { max_output_tokens: 16 },
      ["max_output_tokens CLAMPED"],
    ],
    [
      "are told where there is no such thing",
      {
        sampling: {
          topK: 1,
          minP: 0.1,
          seed: 7n,
          stop: ["x"],
          frequencyPenalty: 1,
          logitBias: { "1": 1 },
        },
        modalities: [Modality.AUDIO],
        audioOutput: { voice: "v" },
        prediction: { content: [{ text: "p" }] },
        cache: {},
        extrasJson: { gemini: "{}" },
      },
      {},
      [
        "sampling.top_k DROPPED",
        "sampling.min_p DROPPED",
        "sampling.frequency_penalty DROPPED",
        "sampling.seed DROPPED",
        "sampling.stop DROPPED",
        "sampling.logit_bias DROPPED",
        "audio_output DROPPED",
        "prediction DROPPED",
        "cache DROPPED",
        "modalities DROPPED",
        'extras_json["gemini"] DROPPED',
      ],
    ],
    [
      "ask for a form with a schema, byte for byte",
      {
        responseFormat: {
          format: {
            case: "jsonSchema",
            value: { schemaJson: '{ "type":"object" }', strict: true },
          },
        },
      },
      {
        text: {
          format: {
            type: "json_schema",
            name: "response",
            schema: { type: "object" },
            strict: true,
          },
        },
      },
      [],
    ],
    [
      "ask for any JSON",
      { responseFormat: { format: { case: "jsonObject", value: {} } } },
      { text: { format: { type: "json_object" } } },
      [],
    ],
    [
      "turn a budget of thought into effort",
      { reasoning: { mode: ReasoningMode.ENABLED, budgetTokens: 2000 } },
      { reasoning: { effort: "medium" } },
      ["reasoning.mode MAPPED", "reasoning.budget_tokens EMULATED"],
    ],
    [
      "switch thought off",
      { reasoning: { mode: ReasoningMode.DISABLED } },
      { reasoning: { effort: "none" } },
      ["reasoning.mode MAPPED"],
    ],
    [
      "add extras last, and what they include to what is included anyway",
      {
        store: false,
        extrasJson: {
          [DIALECT]: '{"include":["file_search_call.results"],"truncation":"auto","text":{"x":1}}',
        },
      },
      {
        include: ["file_search_call.results", "reasoning.encrypted_content"],
        truncation: "auto",
        text: { x: 1 },
      },
      [],
    ],
  ];
  for (const [title, chat, expected, report] of rows) {
    it(title, () => {
      const sent = send(chatOf(chat));
      expect(sent.body).toMatchObject(expected);
      expect([...sent.report].sort()).toEqual([...report].sort());
    });
  }
});

describe("the tools of a request", () => {
  const tools: ChatInit["tools"] = [
    {
      tool: {
        case: "function",
        value: {
          name: "f",
          parametersJson: '{"b":1,"a":2}',
          extrasJson: { [DIALECT]: '{"defer_loading":true}' },
        },
      },
    },
    {
      tool: {
        case: "custom",
        value: { name: "sh", description: "d", formatJson: '{"type":"text"}' },
      },
    },
    {
      tool: {
        case: "builtin",
        value: { dialect: DIALECT, json: '{"type":"code_interpreter","n":1.0}' },
      },
    },
    { tool: { case: "builtin", value: { dialect: "gemini", json: "{}" } } },
  ];

  it("are flat, those of the vendor as they are, and its search where it is asked for", () => {
    const webSearch = { searchContextSize: SearchContextSize.LOW, userLocation: { city: "Rome" } };
    const sent = send(chatOf({ tools, webSearch }));
    expect(sent.text).toContain('"parameters":{"b":1,"a":2}');
    expect(sent.body.tools).toEqual([
      {
        type: "function",
        name: "f",
        parameters: { b: 1, a: 2 },
        strict: false,
        defer_loading: true,
      },
      { type: "custom", name: "sh", description: "d", format: { type: "text" } },
      { type: "code_interpreter", n: 1 },
      {
        type: "web_search",
        search_context_size: "low",
        user_location: { type: "approximate", city: "Rome" },
      },
    ]);
    expect(sent.report).toEqual(["tools[3].builtin DROPPED", "web_search MAPPED"]);
  });

  const choices: readonly (readonly [
    title: string,
    choice: ChatInit["toolChoice"],
    expected: unknown,
  ])[] = [
    ["none", { choice: { case: "mode", value: ToolChoiceMode.NONE } }, "none"],
    ["at least one", { choice: { case: "mode", value: ToolChoiceMode.REQUIRED } }, "required"],
    ["one function", { choice: { case: "name", value: "f" } }, { type: "function", name: "f" }],
    ["one custom tool", { choice: { case: "name", value: "sh" } }, { type: "custom", name: "sh" }],
    [
      "some of them",
      { choice: { case: "allowed", value: { mode: ToolChoiceMode.AUTO, names: ["f", "sh"] } } },
      {
        type: "allowed_tools",
        mode: "auto",
        tools: [
          { type: "function", name: "f" },
          { type: "custom", name: "sh" },
        ],
      },
    ],
    [
      "in this dialect's own words",
      {
        choice: {
          case: "opaque",
          value: { dialect: DIALECT, json: '{"type":"mcp","server_label":"s"}' },
        },
      },
      { type: "mcp", server_label: "s" },
    ],
  ];
  for (const [title, toolChoice, expected] of choices) {
    it(`may be chosen: ${title}`, () => {
      expect(
        send(chatOf({ tools, ...(toolChoice === undefined ? {} : { toolChoice }) })).body
          .tool_choice,
      ).toEqual(expected);
    });
  }
});

describe("a vendor that deviates", () => {
  it("gets instructions as a message, knobs that others refuse, marks on content, and no bound", () => {
    const chat = chatOf({
      messages: [says(Role.SYSTEM, "S"), says(Role.USER, marked("a"))],
      sampling: { topK: 3, seed: 9007199254740993n },
      maxOutputTokens: 5,
      store: false,
    });
    const quirks = {
      instructions: false,
      extendedSampling: true,
      cacheBreakpoints: true,
      maxOutputTokens: false,
      encryptedReasoning: false,
    };
    const sent = send(chat, quirks);
    expect(sent.body).toMatchObject({
      input: [
        { role: "system", content: "S" },
        {
          content: [
            { type: "input_text", text: "a", prompt_cache_breakpoint: { mode: "explicit" } },
          ],
        },
      ],
      top_k: 3,
    });
    expect(sent.text).toContain('"seed":9007199254740993');
    expect(sent.body.include).toBeUndefined();
    expect(sent.report).toEqual(["max_output_tokens DROPPED"]);
  });
});

describe("a request that cannot be sent", () => {
  const video = {
    content: { case: "video", value: { source: { case: "url", value: "https://a.example" } } },
  } as const;
  const rows: readonly (readonly [
    title: string,
    chat: ChatInit,
    reason: ErrorReason,
    field: string,
  ])[] = [
    ["asks several answers", { n: 2 }, ErrorReason.UNSUPPORTED, "n"],
    [
      "shows a video",
      { messages: [says(Role.USER, video)] },
      ErrorReason.UNSUPPORTED,
      "messages[0].parts[0].video",
    ],
    [
      "has a schema that is no JSON",
      { tools: [{ tool: { case: "function", value: { name: "f", parametersJson: "{" } } }] },
      ErrorReason.INVALID_REQUEST,
      "tools[0].function.parameters_json",
    ],
    [
      "has extras that are no object",
      { extrasJson: { [DIALECT]: "[]" } },
      ErrorReason.INVALID_REQUEST,
      `extras_json["${DIALECT}"]`,
    ],
  ];
  for (const [title, chat, reason, field] of rows) {
    it(`is refused when it ${title}`, () => {
      const encoded = openAiResponses.encodeRequest(chatOf(chat), {
        model: "m",
        stream: false,
        quirks: {},
      });
      expect(
        encoded.ok ? undefined : [encoded.fault.reason, encoded.fault.fields?.[0]?.field],
      ).toEqual([reason, field]);
    });
  }
});

describe("a count of tokens", () => {
  it("is asked for with the prompt alone", () => {
    const chat = chatOf({ maxOutputTokens: 5, sampling: { temperature: 1 } });
    const encoded = openAiResponses.countTokens?.encodeRequest(chat, {
      model: "m",
      stream: false,
      quirks: {},
    });
    expect(encoded?.ok === true ? encoded.value.request : undefined).toEqual({
      method: "POST",
      path: "/responses/input_tokens",
      headers: ["content-type", "application/json"],
      body: '{"model":"m","input":[{"type":"message","role":"user","content":"hi"}]}',
    });
    expect(openAiResponses.countTokens?.decodeResponse({ input_tokens: 7 })).toEqual({
      ok: true,
      value: 7,
    });
    expect(openAiResponses.countTokens?.decodeResponse({}).ok).toBe(false);
    expect(openAiResponsesFacade.countTokens?.encodeResponse(7)).toBe(
      '{"object":"response.input_tokens","input_tokens":7}',
    );
  });
});
