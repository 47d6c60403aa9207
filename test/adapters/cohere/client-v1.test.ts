import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Citation } from "../../../gen/parlance/chat/v1/citation_pb.js";
import { FinishReason } from "../../../gen/parlance/chat/v1/completion_pb.js";
import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import { cohere, cohereV1Facade } from "../../../src/adapters/cohere/index.ts";
import { collect } from "../../../src/events/collect.ts";
import { explode } from "../../../src/events/explode.ts";
import {
  finish,
  messageStart,
  textDelta,
  toolCallDelta,
  toolCallStart,
} from "../../../src/events/make-events.ts";
import { isObject, type JsonObject, parseJson } from "../../../src/json/json.ts";
import { completion as anyCompletion } from "../../arbitraries/completion.ts";
import { clientSide, vendorSide } from "../sides.ts";
import { objectOf, unwrap } from "./wire-frames.ts";

const vendor = vendorSide(cohere);
const client = clientSide(cohereV1Facade);
const call = { name: "look_up", parameters: { city: "Oslo" } };
const history = [
  { role: "USER", message: "weather?" },
  { role: "CHATBOT", message: "I will look.", tool_calls: [call, { name: "look_up" }] },
];
const results = [
  { call, outputs: [{ output: "rain" }, { mm: 12.0 }] },
  { call: { name: "look_up", parameters: {} }, outputs: [] },
];
const called = (id: string, text: string) => ({
  id,
  type: "function",
  function: { name: "look_up", arguments: text },
});

/** The request as it reaches a vendor of version 2, with what was lost of it. */
function sent(body: JsonObject) {
  const json = { model: "m", message: "hi", ...body };
  const bytes = Buffer.from(JSON.stringify(json));
  const decoded = cohereV1Facade.codecs.chat?.decodeRequest({ json, bytes });
  if (decoded?.ok !== true) throw new Error(decoded?.fault.message);
  const { message, stream } = decoded.value;
  const encoded = unwrap(vendor.encodeRequest(message, { model: "m", stream, quirks: {} }));
  const { stream: _stream, model: _model, ...rest } = objectOf(String(encoded.request.body));
  const { beside } = decoded;
  const lost = beside?.members.filter(({ extras }) => extras === undefined);
  return {
    ...rest,
    lost: lost?.map(({ path }) => path),
    refused: beside?.demands.map(({ path }) => path),
  };
}

const hi = [{ role: "user", content: "hi" }];
const plain = { messages: hi, lost: undefined, refused: undefined };
const noted = { messages: hi, lost: [], refused: [] };

const requests: readonly (readonly [title: string, body: JsonObject, expected: object])[] = [
  ["a message", {}, plain],
  [
    "a preamble and a history, whatever the case of its roles",
    {
      preamble: "be brief",
      chat_history: [
        { role: "User", message: "one" },
        { role: "Chatbot", message: "two" },
        { role: "SYSTEM", message: "three" },
      ],
    },
    {
      ...plain,
      messages: [
        { role: "system", content: "be brief" },
        { role: "user", content: "one" },
        { role: "assistant", content: "two" },
        { role: "system", content: "three" },
        ...hi,
      ],
    },
  ],
  [
    "the knobs",
    {
      temperature: 0.5,
      p: 0.9,
      k: 5,
      max_tokens: 9,
      seed: 1,
      stop_sequences: ["END"],
      frequency_penalty: 0.1,
      presence_penalty: 0.2,
      response_format: { type: "json_object", schema: { type: "object" } },
    },
    {
      ...plain,
      temperature: 0.5,
      p: 0.9,
      k: 5,
      max_tokens: 9,
      seed: 1,
      stop_sequences: ["END"],
      frequency_penalty: 0.1,
      presence_penalty: 0.2,
      response_format: { type: "json_object", json_schema: { type: "object" } },
    },
  ],
  [
    "results of the calls that stand last in the history",
    { message: "", chat_history: history, tool_results: results },
    {
      ...plain,
      messages: [
        { role: "user", content: "weather?" },
        {
          role: "assistant",
          content: "I will look.",
          tool_calls: [called("call_0", '{"city":"Oslo"}'), called("call_1", "{}")],
        },
        {
          role: "tool",
          tool_call_id: "call_0",
          content: [
            { type: "text", text: "rain" },
            { type: "text", text: '{"mm":12}' },
          ],
        },
        { role: "tool", tool_call_id: "call_1", content: "" },
      ],
    },
  ],
  [
    "results beside the question, whose calls are in them alone",
    { message: "weather?", tool_results: [results[0] ?? {}] },
    {
      ...plain,
      messages: [
        { role: "user", content: "weather?" },
        { role: "assistant", tool_calls: [called("call_0", '{"city":"Oslo"}')] },
        {
          role: "tool",
          tool_call_id: "call_0",
          content: [
            { type: "text", text: "rain" },
            { type: "text", text: '{"mm":12}' },
          ],
        },
      ],
    },
  ],
  [
    "tools, whose parameters are defined by types",
    {
      tools: [
        {
          name: "look_up",
          description: "d",
          parameter_definitions: {
            city: { description: "c", type: "str", required: true },
            days: { type: "List[int]", required: false },
            by: { type: "Dict[str, float]", description: "b" },
            kind: { type: "Optional[str]", enum: ["a"] },
            date: { type: "datetime", description: "when" },
          },
        },
        { name: "none", description: "" },
      ],
    },
    {
      ...plain,
      tools: [
        {
          type: "function",
          function: {
            name: "look_up",
            description: "d",
            parameters: {
              type: "object",
              properties: {
                city: { type: "string", description: "c" },
                days: { type: "array", items: { type: "integer" } },
                by: {
                  type: "object",
                  additionalProperties: { type: "number" },
                  description: "b",
                },
                kind: { type: "string", enum: ["a"] },
                date: { description: "when (datetime)" },
              },
              required: ["city"],
            },
          },
        },
        { type: "function", function: { name: "none", parameters: expect.anything() } },
      ],
    },
  ],
  [
    "documents without their ids and what they hide",
    {
      documents: [
        { id: "a", title: "T", text: "one", secret: "x", _excludes: ["secret"] },
        { author: "me", text: "two" },
      ],
    },
    {
      ...plain,
      documents: [
        { id: "doc:0", data: { title: "T", text: "one" } },
        { id: "doc:1", data: { text: '{"author":"me","text":"two"}' } },
      ],
    },
  ],
  [
    "documents that are not to be cited",
    { documents: [{ text: "one" }], citation_quality: "off" },
    {
      ...plain,
      documents: [{ id: "doc:0", data: { text: "one" } }],
      citation_options: { mode: "OFF" },
    },
  ],
  [
    "what version 2 calls otherwise",
    { citation_quality: "FAST", safety_mode: "NONE" },
    { ...noted, citation_options: { mode: "FAST" }, safety_mode: "OFF" },
  ],
  ["a member that nobody knows", { priority: 3 }, { ...noted, priority: 3 }],
  [
    "what has no place in version 2",
    {
      prompt_truncation: "AUTO",
      max_input_tokens: 100,
      raw_prompting: true,
      force_single_step: true,
    },
    {
      ...noted,
      lost: ["max_input_tokens", "prompt_truncation", "raw_prompting", "force_single_step"],
    },
  ],
  [
    "what says no more than the default",
    {
      prompt_truncation: "OFF",
      raw_prompting: false,
      force_single_step: false,
      conversation_id: "",
      connectors: [],
      search_queries_only: false,
      max_input_tokens: null,
    },
    plain,
  ],
  [
    "what is kept or searched by the vendor",
    {
      conversation_id: "c",
      connectors: [{ id: "web-search" }],
      search_queries_only: true,
    },
    { ...noted, refused: ["conversation_id", "connectors", "search_queries_only"] },
  ],
];

describe("a request of /v1/chat", () => {
  for (const [title, body, expected] of requests) {
    it(`brings ${title} to a vendor`, () => {
      expect(sent(body)).toEqual(expected);
    });
  }

  const mistakes: readonly (readonly [body: JsonObject, field: string])[] = [
    [{ message: "" }, "message"],
    [{ citation_quality: "best" }, "citation_quality"],
    [{ safety_mode: 1 }, "safety_mode"],
    [{ documents: ["a"] }, "documents[0]"],
    [{ tool_results: [{}] }, "tool_results[0].call"],
    [
      { tools: [{ name: "f", parameter_definitions: { a: {} } }] },
      "tools[0].parameter_definitions.a.type",
    ],
    [
      { chat_history: [{ role: "CHATBOT", tool_calls: [{}] }] },
      "chat_history[0].tool_calls[0].name",
    ],
  ];
  for (const [body, field] of mistakes) {
    it(`is refused for what is wrong with ${field}`, () => {
      const json = { model: "m", message: "hi", ...body };
      const decoded = client.decodeRequest(json, Buffer.from(JSON.stringify(json)));
      const fields = decoded.ok ? [] : decoded.fault.fields?.map((one) => one.field);
      expect(fields).toEqual([field]);
    });
  }

  it("is garbage without a throw", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const keys = [
          "chat_history",
          "tools",
          "tool_results",
          "documents",
          "message",
          "connectors",
        ];
        const body = Object.fromEntries(keys.map((key) => [key, value]));
        const parsed = parseJson(Buffer.from(JSON.stringify(body)));
        if (!parsed.ok || !isObject(parsed.value)) throw new Error("no object");
        const bytes = Buffer.from(JSON.stringify(parsed.value));
        expect(client.decodeRequest(parsed.value, bytes)).toHaveProperty("ok");
      }),
    );
  });
});

const origin = (body: JsonObject) => {
  const json = { model: "m", message: "hi", ...body };
  const bytes = Buffer.from(JSON.stringify(json));
  return { dialect: "cohere-v1", body: bytes, json, wantsUsage: true };
};
const context = { model: "m", nowUnixS: 1, callId: "call", wantsUsage: true };

/** The lines of events. */
function linesOf(events: readonly Event[], body: JsonObject = {}): JsonObject[] {
  let state = client.begin({ ...context, origin: origin(body) });
  let text = "";
  for (const event of events) {
    const [next, frames] = client.encodeEvent(state, event);
    state = next;
    text += frames.join("");
  }
  text += client.encodeEnd(state).join("");
  expect(text.endsWith("\n")).toBe(true);
  return text.trimEnd().split("\n").map(objectOf);
}

const documentOf = (index: number): Citation["source"] => ({
  case: "document",
  value: { $typeName: "parlance.chat.v1.DocumentSource", index, fileId: "" },
});
const cited = (part: number, source: Citation["source"], start: number, end: number): Event => ({
  $typeName: "parlance.chat.v1.Event",
  event: {
    case: "citationAdd",
    value: {
      $typeName: "parlance.chat.v1.CitationAdd",
      choice: 0,
      part,
      citation: {
        $typeName: "parlance.chat.v1.Citation",
        citedText: "",
        title: "",
        source,
        location: { case: undefined },
        answer: { $typeName: "parlance.chat.v1.Range", start, end },
      },
    },
  },
});

const documents = [{ id: "a", text: "one" }, { text: "two" }];
const planDelta = (text: string): Event => ({
  $typeName: "parlance.chat.v1.Event",
  event: {
    case: "reasoningDelta",
    value: {
      $typeName: "parlance.chat.v1.ReasoningDelta",
      choice: 0,
      part: 0,
      text,
      signature: "",
      encrypted: "",
      summary: "",
      id: "tool_plan",
      dialect: "cohere",
    },
  },
});

const answered: readonly Event[] = [
  messageStart("id", "m", ""),
  planDelta("plan"),
  textDelta(1, "Hel"),
  textDelta(1, "lo"),
  cited(1, documentOf(0), 0, 3),
  cited(1, documentOf(1), 3, 5),
  toolCallStart(2, "t1", "add"),
  toolCallDelta(2, '{"a":'),
  toolCallStart(3, "t2", "sub"),
  toolCallDelta(3, "{}"),
  toolCallDelta(2, "1}"),
  finish(FinishReason.TOOL_CALLS, "tool_calls", ""),
];

describe("an answer of /v1/chat", () => {
  const response = {
    response_id: "id",
    generation_id: "id",
    finish_reason: "COMPLETE",
    meta: { api_version: { version: "1" } },
  };

  it("has its text, its calls without ids, what it cites, and the history", () => {
    const text = client.encodeResponse(collect(answered), {
      ...context,
      origin: origin({ documents, chat_history: [{ role: "USER", message: "1e2", x: 1 }] }),
    });
    const calls = [
      { name: "add", parameters: { a: 1 } },
      { name: "sub", parameters: {} },
    ];
    expect(objectOf(text)).toEqual({
      ...response,
      text: "planHello",
      tool_calls: calls,
      citations: [
        { start: 4, end: 7, text: "Hel", document_ids: ["a"] },
        { start: 7, end: 9, text: "lo", document_ids: ["doc_1"] },
      ],
      documents: [
        { id: "a", text: "one" },
        { id: "doc_1", text: "two" },
      ],
      chat_history: [
        { role: "USER", message: "1e2", x: 1 },
        { role: "USER", message: "hi" },
        { role: "CHATBOT", message: "planHello", tool_calls: calls },
      ],
    });
  });

  it("is streamed as lines, whose last tells all of it once more", () => {
    const lines = linesOf(answered, { documents });
    const told = lines.map(({ event_type, is_finished, ...rest }) => [event_type, rest]);
    expect(told.slice(0, -2)).toEqual([
      ["stream-start", { generation_id: "id" }],
      ["tool-calls-chunk", { tool_call_delta: { text: "plan" }, text: "plan" }],
      ["text-generation", { text: "Hel" }],
      ["text-generation", { text: "lo" }],
      [
        "citation-generation",
        { citations: [{ start: 4, end: 7, text: "Hel", document_ids: ["a"] }] },
      ],
      [
        "citation-generation",
        { citations: [{ start: 7, end: 9, text: "lo", document_ids: ["doc_1"] }] },
      ],
      ["tool-calls-chunk", { tool_call_delta: { index: 0, name: "add" } }],
      ["tool-calls-chunk", { tool_call_delta: { index: 0, parameters: '{"a":' } }],
      ["tool-calls-chunk", { tool_call_delta: { index: 1, name: "sub" } }],
      ["tool-calls-chunk", { tool_call_delta: { index: 1, parameters: "{}" } }],
      ["tool-calls-chunk", { tool_call_delta: { index: 0, parameters: "1}" } }],
    ]);
    expect(lines.map(({ is_finished }) => is_finished)).toEqual([
      ...lines.slice(1).map(() => false),
      true,
    ]);
    const whole = client.encodeResponse(collect(answered), {
      ...context,
      origin: origin({ documents }),
    });
    expect(lines.at(-1)).toMatchObject({ finish_reason: "COMPLETE", response: objectOf(whole) });
  });

  it("says the same whole and streamed", () => {
    fc.assert(
      fc.property(anyCompletion, ({ choices, ...rest }) => {
        const completion = { ...rest, choices: choices.map((one, index) => ({ ...one, index })) };
        const whole = objectOf(client.encodeResponse(completion, context));
        const end = linesOf(explode(completion)).at(-1) ?? {};
        const streamed = isObject(end.response) ? end.response : {};
        const calls = (json: JsonObject) => json.tool_calls;
        expect([streamed.text, calls(streamed), streamed.finish_reason, streamed.meta]).toEqual([
          whole.text,
          calls(whole),
          whole.finish_reason,
          whole.meta,
        ]);
      }),
    );
  });

  const reasons: readonly (readonly [FinishReason, whole: string, streamed: string])[] = [
    [FinishReason.STOP, "COMPLETE", "COMPLETE"],
    [FinishReason.STOP_SEQUENCE, "STOP_SEQUENCE", "COMPLETE"],
    [FinishReason.LENGTH, "MAX_TOKENS", "MAX_TOKENS"],
    [FinishReason.CONTEXT_WINDOW, "ERROR_LIMIT", "ERROR_LIMIT"],
    [FinishReason.TOOL_CALLS, "COMPLETE", "COMPLETE"],
    [FinishReason.CONTENT_FILTER, "ERROR_TOXIC", "ERROR_TOXIC"],
    [FinishReason.REFUSAL, "ERROR_TOXIC", "ERROR_TOXIC"],
    [FinishReason.ERROR, "ERROR", "ERROR"],
    [FinishReason.OTHER, "COMPLETE", "COMPLETE"],
    [FinishReason.UNSPECIFIED, "COMPLETE", "COMPLETE"],
    [FinishReason.PAUSE, "MAX_TOKENS", "MAX_TOKENS"],
  ];
  for (const [reason, whole, streamed] of reasons) {
    it(`ends with a word of its enumeration: ${FinishReason[reason]}`, () => {
      const events = [messageStart("id", "m", ""), textDelta(0, "a"), finish(reason, "x", "")];
      expect(objectOf(client.encodeResponse(collect(events), context)).finish_reason).toBe(whole);
      expect(linesOf(events).at(-1)?.finish_reason).toBe(streamed);
    });
  }

  it("that fails in the middle ends with the reason ERROR and what was said", () => {
    const state = client.begin(context);
    client.encodeEvent(state, textDelta(0, "half"));
    const [line = ""] = client.encodeStreamError(state, { reason: 0, message: "cut" });
    expect(objectOf(line)).toMatchObject({
      is_finished: true,
      event_type: "stream-end",
      finish_reason: "ERROR",
      error: "cut",
      response: { text: "half", finish_reason: "ERROR" },
    });
  });
});

describe("vectors of /v1/embed", () => {
  const result = {
    $typeName: "parlance.embed.v1.EmbedResult" as const,
    id: "e",
    model: "m",
    embeddings: [
      {
        $typeName: "parlance.embed.v1.Embedding" as const,
        index: 0,
        vector: {
          case: "floats" as const,
          value: { $typeName: "parlance.embed.v1.FloatVector" as const, values: [0.5, 1] },
        },
      },
    ],
    extrasJson: {},
  };
  const cases = [
    [{}, { embeddings: [[0.5, 1]], texts: ["a"], response_type: "embeddings_floats" }],
    [
      { embedding_types: ["float"] },
      { embeddings: { float: [[0.5, 1]] }, response_type: "embeddings_by_type" },
    ],
  ] as const;
  for (const [body, expected] of cases) {
    it(`are ${expected.response_type}`, () => {
      const text = cohereV1Facade.codecs.embed?.encodeResponse(result, {
        ...context,
        origin: origin({ texts: ["a"], ...body }),
      });
      expect(objectOf(String(text))).toMatchObject(expected);
    });
  }
});
