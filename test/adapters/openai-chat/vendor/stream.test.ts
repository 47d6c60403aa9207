import { describe, expect, it } from "vitest";
import type { Completion } from "../../../../gen/parlance/chat/v1/completion_pb.js";
import { FinishReason } from "../../../../gen/parlance/chat/v1/completion_pb.js";
import type { Event } from "../../../../gen/parlance/chat/v1/event_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import {
  openAiChat as openAiChatDialect,
  openAiChatFacade as openAiChatFacadeOriginal,
} from "../../../../src/adapters/openai-chat/index.ts";
import type { Fault } from "../../../../src/core/faults/fault.ts";
import { collect } from "../../../../src/events/collect.ts";
import { clientSide, vendorSide } from "../../sides.ts";

const openAiChat = vendorSide(openAiChatDialect);
const openAiChatFacade = clientSide(openAiChatFacadeOriginal);

interface Read {
  readonly completion: Completion;
  readonly fault: Fault | undefined;
}

/** Reads frames given as objects, or as the text of their data. */
function read(frames: readonly (object | string)[]): Read {
  let state = openAiChat.begin();
  const events: Event[] = [];
  for (const frame of frames) {
    const data = Buffer.from(typeof frame === "string" ? frame : JSON.stringify(frame));
    const step = openAiChat.decodeEvent(state, { event: "", data });
    if (!step.ok) return { completion: collect(events), fault: step.fault };
    state = step.state;
    events.push(...step.events);
  }
  const last = openAiChat.end(state);
  if (last.ok) events.push(...last.value);
  return { completion: collect(events), fault: last.ok ? undefined : last.fault };
}

function chunk(delta: object, finish: string | null = null, index = 0): object {
  return { id: "c1", model: "m", created: 7, choices: [{ index, delta, finish_reason: finish }] };
}

function tool(members: object): object {
  return chunk({ tool_calls: [members] });
}

function parts({ completion }: Read, at = 0): readonly unknown[] {
  return completion.choices[at]?.message?.parts.map(({ content }) => content) ?? [];
}

const stop = chunk({}, "stop");
const calls = chunk({}, "tool_calls");

function call(id: string, name: string, input: string): object {
  return { case: "toolCall", value: { id, name, input: { case: "argumentsJson", value: input } } };
}

const transcripts: readonly (readonly [
  title: string,
  frames: readonly (object | string)[],
  wanted: readonly object[],
])[] = [
  [
    "text, with a role-only chunk, an Azure prompt chunk and [DONE]",
    [
      { id: "", model: "", choices: [], prompt_filter_results: [] },
      chunk({ role: "assistant", content: "" }),
      chunk({ content: "Zü" }),
      chunk({ content: "rich 😀" }),
      stop,
      "[DONE]",
    ],
    [{ case: "text", value: { text: "Zürich 😀" } }],
  ],
  [
    "parallel calls in pieces, interleaved",
    [
      tool({ index: 0, id: "a", type: "function", function: { name: "f", arguments: "" } }),
      tool({ index: 1, id: "b", type: "function", function: { name: "g", arguments: "{" } }),
      tool({ index: 0, function: { arguments: '{"x"' } }),
      tool({ index: 1, function: { arguments: "}" } }),
      tool({ index: 0, function: { arguments: ":1}" } }),
      calls,
    ],
    [call("a", "f", '{"x":1}'), call("b", "g", "{}")],
  ],
  [
    "whole calls under one index",
    [
      tool({ index: 0, id: "a", function: { name: "f", arguments: "{}" } }),
      tool({ index: 0, id: "b", function: { name: "f", arguments: "{}" } }),
      calls,
    ],
    [call("a", "f", "{}"), call("b", "f", "{}")],
  ],
  [
    "calls without an index, pieces without an id",
    [
      tool({ id: "a", function: { name: "f", arguments: "{" } }),
      tool({ function: { arguments: "}" } }),
      tool({ id: "b", function: { name: "f", arguments: "{}" } }),
      calls,
    ],
    [call("a", "f", "{}"), call("b", "f", "{}")],
  ],
  [
    "an id that every piece repeats",
    [
      tool({ index: 0, id: "a", function: { name: "f", arguments: "{" } }),
      tool({ index: 0, id: "a", function: { name: null, arguments: "}" } }),
      calls,
    ],
    [call("a", "f", "{}")],
  ],
  [
    "arguments as an object",
    [tool({ index: 0, id: "a", function: { name: "f", arguments: { z: 1, a: [2] } } }), calls],
    [call("a", "f", '{"z":1,"a":[2]}')],
  ],
  [
    "a custom call",
    [
      tool({ index: 0, id: "a", type: "custom", custom: { name: "sh", input: "" } }),
      tool({ index: 0, custom: { input: "ls" } }),
      calls,
    ],
    [{ case: "toolCall", value: { id: "a", name: "sh", input: { case: "text", value: "ls" } } }],
  ],
  [
    "a signed call of Gemini",
    [
      tool({
        index: 0,
        id: "a",
        function: { name: "f", arguments: "{}" },
        extra_content: { google: { thought_signature: "s" } },
      }),
      calls,
    ],
    [{ case: "toolCall", value: { id: "a", signature: "s" } }],
  ],
  [
    "reasoning before text",
    [chunk({ reasoning_content: "h" }), chunk({ reasoning: "m" }), chunk({ content: "A" }), stop],
    [
      { case: "reasoning", value: { text: "hm", signature: "" } },
      { case: "text", value: { text: "A" } },
    ],
  ],
  [
    "OpenRouter's details, whose words stand in both fields",
    [
      chunk({
        reasoning: "h",
        reasoning_details: [
          { type: "reasoning.text", text: "h", index: 0, format: "anthropic-claude-v1" },
        ],
      }),
      chunk({
        reasoning: "m",
        reasoning_details: [
          { type: "reasoning.text", text: "m", index: 0, format: "anthropic-claude-v1" },
        ],
      }),
      chunk({
        reasoning_details: [
          { type: "reasoning.text", signature: "s", index: 0, format: "anthropic-claude-v1" },
        ],
      }),
      stop,
    ],
    [{ case: "reasoning", value: { text: "hm", signature: "s", dialect: "anthropic-messages" } }],
  ],
  [
    "Mistral's content list",
    [
      chunk({ content: [{ type: "thinking", thinking: [{ type: "text", text: "hm" }] }] }),
      chunk({ content: [{ type: "text", text: "A" }] }),
      stop,
    ],
    [
      { case: "reasoning", value: { text: "hm" } },
      { case: "text", value: { text: "A" } },
    ],
  ],
  [
    "a refusal",
    [chunk({ refusal: "I " }), chunk({ refusal: "won't" }), stop],
    [{ case: "refusal", value: { text: "I won't" } }],
  ],
  [
    "sound in pieces",
    [
      chunk({ audio: { id: "au", data: "AAE=" } }),
      chunk({ audio: { data: "Ag==", transcript: "hi" } }),
      chunk({ audio: { expires_at: 9 } }),
      stop,
    ],
    [
      {
        case: "audio",
        value: {
          source: { case: "data", value: new Uint8Array([0, 1, 2]) },
          transcript: "hi",
          answerId: "au",
          expiresAtUnixS: 9n,
        },
      },
    ],
  ],
  [
    "citations",
    [
      chunk({ content: "A" }),
      chunk({
        annotations: [
          {
            type: "url_citation",
            url_citation: { url: "https://a", title: "T", start_index: 0, end_index: 1 },
          },
        ],
      }),
      stop,
    ],
    [
      {
        case: "text",
        value: {
          text: "A",
          citations: [
            {
              title: "T",
              source: { case: "web", value: { url: "https://a" } },
              answer: { start: 0, end: 1 },
            },
          ],
        },
      },
    ],
  ],
];

describe("decodeEvent of openai-chat", () => {
  for (const [title, frames, wanted] of transcripts) {
    it(`reads ${title}`, () => {
      const result = read(frames);
      expect(result.fault).toBeUndefined();
      expect(parts(result)).toMatchObject(wanted);
      expect(parts(result)).toHaveLength(wanted.length);
    });
  }

  it("keeps interleaved answers apart", () => {
    const result = read([
      chunk({ content: "a" }, null, 0),
      chunk({ content: "b" }, null, 1),
      chunk({ content: "A" }, "stop", 0),
      chunk({ content: "B" }, "length", 1),
    ]);
    expect([parts(result, 0), parts(result, 1)]).toMatchObject([
      [{ value: { text: "aA" } }],
      [{ value: { text: "bB" } }],
    ]);
    expect(result.completion.choices.map(({ finishReason }) => finishReason)).toEqual([
      FinishReason.STOP,
      FinishReason.LENGTH,
    ]);
  });

  const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 };
  const usages: readonly (readonly [title: string, frame: object, wanted: object])[] = [
    [
      "in a chunk without choices",
      { id: "c1", choices: [], usage },
      { inputTokens: 10n, outputTokens: 5n },
    ],
    ["beside the finish", { ...stop, usage }, { inputTokens: 10n }],
    ["of Groq", { ...stop, x_groq: { usage } }, { inputTokens: 10n }],
    [
      "of Moonshot",
      {
        id: "c1",
        choices: [
          { index: 0, delta: {}, finish_reason: "stop", usage: { ...usage, cached_tokens: 4 } },
        ],
      },
      { cacheReadTokens: 4n },
    ],
    [
      "with DeepSeek's cache",
      { ...stop, usage: { ...usage, prompt_cache_hit_tokens: 4 } },
      { inputTokens: 10n, cacheReadTokens: 4n },
    ],
    [
      "with reasoning outside the completion, as xAI counts",
      {
        ...stop,
        usage: { ...usage, total_tokens: 18, completion_tokens_details: { reasoning_tokens: 3 } },
      },
      { outputTokens: 8n, reasoningTokens: 3n },
    ],
    [
      "with a cache outside the prompt",
      { ...stop, usage: { ...usage, cache_read_input_tokens: 30, cache_creation_input_tokens: 2 } },
      { inputTokens: 42n, cacheReadTokens: 30n, cacheWriteTokens: 2n },
    ],
  ];
  for (const [title, frame, wanted] of usages) {
    it(`finds usage ${title}`, () => {
      expect(read([chunk({ content: "A" }), frame, "[DONE]"]).completion.usage).toMatchObject(
        wanted,
      );
    });
  }

  const ends: readonly (readonly [
    title: string,
    frames: readonly (object | string)[],
    reason: ErrorReason | undefined,
  ])[] = [
    ["a finish without [DONE]", [chunk({ content: "A" }), stop], undefined],
    ["[DONE] without a finish", [chunk({ content: "A" }), "[DONE]"], undefined],
    ["neither", [chunk({ content: "A" })], ErrorReason.UPSTREAM_CUT],
    [
      "one of two finishes",
      [chunk({ content: "A" }, "stop", 0), chunk({ content: "B" }, null, 1)],
      ErrorReason.UPSTREAM_CUT,
    ],
    ["nothing at all", [], ErrorReason.UPSTREAM_CUT],
    ["[DONE] alone", ["[DONE]"], ErrorReason.UPSTREAM_CUT],
    [
      "an error object",
      [chunk({ content: "A" }), { error: { message: "no", code: 503 } }],
      ErrorReason.UPSTREAM_UNAVAILABLE,
    ],
    ["an error text", [chunk({ content: "A" }), { error: "no" }], ErrorReason.UPSTREAM_INTERNAL],
    [
      "an error without the word",
      [{ object: "error", message: "no", code: 429 }],
      ErrorReason.UPSTREAM_RATE_LIMITED,
    ],
    [
      "a frame that is cut",
      [chunk({ content: "A" }), '{"id":"c1","ch'],
      ErrorReason.UPSTREAM_MALFORMED,
    ],
  ];
  for (const [title, frames, reason] of ends) {
    it(`tells the end of a stream with ${title}`, () => {
      expect(read(frames).fault?.reason).toBe(reason);
    });
  }

  it("keeps what came before a failure", () => {
    expect(parts(read([chunk({ content: "Part" }), { error: "no" }]))).toMatchObject([
      { value: { text: "Part" } },
    ]);
  });

  it("reads a failure with status 200 as the failure it is", () => {
    const body = { error: { message: "filtered", code: "content_filter", status: 400 } };
    const decoded = openAiChat.decodeResponse(body, Buffer.from(JSON.stringify(body)));
    expect(decoded.ok ? undefined : decoded.fault).toMatchObject({
      reason: ErrorReason.UPSTREAM_CONTENT_POLICY,
      upstreamStatus: 400,
    });
  });

  it("keeps the vendor's own word for a finish and tells clients one they know", () => {
    const { completion } = read([chunk({ content: "A" }), chunk({}, "eos")]);
    expect(completion.choices[0]).toMatchObject({
      finishReason: FinishReason.STOP,
      vendorFinishReason: "eos",
    });
    const context = { model: "m", nowUnixS: 1, callId: "c", wantsUsage: false };
    const [choice] = JSON.parse(openAiChatFacade.encodeResponse(completion, context)).choices;
    expect(choice).toMatchObject({ finish_reason: "stop", native_finish_reason: "eos" });
  });
});

describe("the stream of the openai-chat facade", () => {
  const context = { model: "m", nowUnixS: 1, callId: "call", wantsUsage: true };

  it("breaks off with an error and no [DONE]", () => {
    const fault = { reason: ErrorReason.UPSTREAM_CUT, message: "cut" };
    const frames = openAiChatFacade.encodeStreamError(openAiChatFacade.begin(context), fault);
    expect(frames).toEqual([
      'data: {"error":{"message":"cut","type":"server_error","param":null,"code":"upstream_cut"}}\n\n',
    ]);
  });

  it("tells usage last, with no choices, and only where it was asked for", () => {
    const usage = {
      $typeName: "parlance.chat.v1.Usage",
      inputTokens: 1n,
      outputTokens: 2n,
      toolUses: {},
      serviceTier: "",
      extrasJson: {},
    } as const;
    const event: Event = {
      $typeName: "parlance.chat.v1.Event",
      event: { case: "usage", value: usage },
    };
    const [state, frames] = openAiChatFacade.encodeEvent(openAiChatFacade.begin(context), event);
    expect(frames).toEqual([]);
    const [last = "", done] = openAiChatFacade.encodeEnd(state);
    expect(JSON.parse(last.slice(6))).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 },
    });
    expect(done).toBe("data: [DONE]\n\n");
    const [quiet] = openAiChatFacade.encodeEvent(
      openAiChatFacade.begin({ ...context, wantsUsage: false }),
      event,
    );
    expect(openAiChatFacade.encodeEnd(quiet)).toEqual(["data: [DONE]\n\n"]);
  });

  it("tells the id of reasoning without a proof at its end, that clients may send it back", () => {
    const delta = { choice: 0, part: 0, text: "", signature: "", encrypted: "" } as const;
    const told = {
      $typeName: "parlance.chat.v1.ReasoningDelta",
      ...delta,
      id: "rs_1",
      dialect: "openai-responses",
    } as const;
    const events: Event["event"][] = [
      { case: "reasoningDelta", value: { ...told, summary: "h", summaryIndex: 0 } },
      { case: "reasoningDelta", value: { ...told, summary: "m" } },
      { case: "partEnd", value: { $typeName: "parlance.chat.v1.PartEnd", choice: 0, part: 0 } },
    ];
    let state = openAiChatFacade.begin(context);
    const deltas = events.flatMap((event) => {
      const [next, frames] = openAiChatFacade.encodeEvent(state, {
        $typeName: "parlance.chat.v1.Event",
        event,
      });
      state = next;
      return frames.map((frame) => JSON.parse(frame.slice(6)).choices[0].delta);
    });
    expect(deltas.slice(1)).toEqual([
      { reasoning_content: "h" },
      { reasoning_content: "m" },
      {
        reasoning_details: [
          {
            type: "reasoning.summary",
            summary: "hm",
            id: "rs_1",
            format: "openai-responses-v1",
            index: 0,
          },
        ],
      },
    ]);
  });

  it("keeps a frame on one line, whatever a vendor's text holds", () => {
    const json = '{\n "x": "a\\nb"\r\n}';
    const value = { $typeName: "parlance.chat.v1.Opaque", dialect: "d", json } as const;
    const content = {
      $typeName: "parlance.chat.v1.Part",
      content: { case: "opaque", value },
    } as const;
    const whole = { $typeName: "parlance.chat.v1.PartWhole", choice: 0, part: 0, content } as const;
    const event: Event = {
      $typeName: "parlance.chat.v1.Event",
      event: { case: "partWhole", value: whole },
    };
    const [, frames] = openAiChatFacade.encodeEvent(openAiChatFacade.begin(context), event);
    expect(frames.every((frame) => !/[\r\n]/.test(frame.trimEnd()))).toBe(true);
    const specific = JSON.parse(frames.at(-1)?.slice(6) ?? "").choices[0].delta
      .provider_specific_fields;
    expect(specific).toEqual({ parts: [{ dialect: "d", part: { x: "a\nb" } }] });
  });
});

describe("pages that an answer rests on", () => {
  const page = { title: "T", url: "https://a.test/", snippet: "s" };
  const cited = (url: string, title = "", citedText = "") => ({
    title,
    citedText,
    source: { case: "web", value: { url } },
  });
  const asTold = {
    type: "url_citation",
    url_citation: { start_index: 0, end_index: 2, url: "https://c.test/", title: "C" },
  };
  const rows: readonly (readonly [
    title: string,
    frames: readonly (object | string)[],
    wanted: readonly object[],
  ])[] = [
    [
      "in every chunk are told once, the results before their addresses",
      [
        { ...chunk({ content: "Zü" }), citations: ["https://a.test/"] },
        { ...chunk({}, "stop"), citations: ["https://a.test/"], search_results: [page] },
      ],
      [cited("https://a.test/", "T", "s")],
    ],
    [
      "after the end of the text are told all the same",
      [
        chunk({ content: "Zü" }),
        stop,
        { id: "c1", choices: [], citations: ["https://a.test/", "https://b.test/"] },
        "[DONE]",
      ],
      [cited("https://a.test/"), cited("https://b.test/")],
    ],
    [
      "are not told again where the text has annotations",
      [
        { ...chunk({ content: "Zü", annotations: [asTold] }), citations: ["https://c.test/"] },
        stop,
      ],
      [cited("https://c.test/", "C")],
    ],
    [
      "without an address are none",
      [{ ...chunk({ content: "Zü" }), citations: [7, "", {}] }, stop],
      [],
    ],
  ];
  for (const [title, frames, wanted] of rows) {
    it(title, () => {
      const said = read(frames);
      expect(said.fault).toBeUndefined();
      expect(parts(said)).toMatchObject([
        { case: "text", value: { text: "Zü", citations: wanted } },
      ]);
    });
  }
});

describe("a text completion", () => {
  const body = {
    object: "text_completion",
    choices: [{ index: 0, text: "Zü", finish_reason: "length" }],
  };
  it("is read as an answer, whole and streamed", () => {
    const whole = openAiChat.decodeResponse(body, Buffer.from(JSON.stringify(body)));
    for (const completion of [whole.ok ? whole.value : undefined, read([body]).completion]) {
      expect(completion?.choices).toMatchObject([
        {
          finishReason: FinishReason.LENGTH,
          message: { parts: [{ content: { case: "text", value: { text: "Zü" } } }] },
        },
      ]);
    }
  });
});
