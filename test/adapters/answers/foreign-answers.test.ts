import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startGateway } from "../../../src/serve.ts";
import { asObject, type Json, parseJson } from "../../vendors/json-value.ts";
import {
  events,
  lines,
  type Script,
  type ScriptedVendor,
  startScriptedVendor,
  whole,
} from "./start-scripted-vendor.ts";

type Members = { readonly [member: string]: Json };

const kinds: readonly (readonly [kind: string, basePath: string])[] = [
  ["openai_compatible", "/v1"],
  ["openai_responses_compatible", "/v1"],
  ["anthropic", ""],
  ["gemini", ""],
  ["cohere", ""],
  ["ollama", ""],
];

const running = new Map<string, ScriptedVendor>();
let gateway: { readonly url: string; close(): Promise<unknown> };

beforeAll(async () => {
  const providers: Record<string, Json> = {};
  for (const [kind, basePath] of kinds) {
    const vendor = await startScriptedVendor();
    running.set(kind, vendor);
    providers[kind] = { kind, base_url: `${vendor.url}${basePath}`, api_key: { value: "k" } };
  }
  const text = JSON.stringify({ server: { port: 0 }, providers });
  gateway = await startGateway({ config: { text, filename: "test" } });
});
afterAll(async () => {
  await gateway.close();
  for (const vendor of running.values()) await vendor.close();
});

/** How a client of a dialect asks. */
interface Asking {
  readonly name: string;
  readonly kind: string;
  readonly path: (model: string, stream: boolean) => string;
  readonly body: (model: string, stream: boolean) => Json;
}

const messages: Json = [{ role: "user", content: "q" }];
const asks: readonly Asking[] = [
  {
    name: "chat",
    kind: "openai_compatible",
    path: () => "/v1/chat/completions",
    body: (model, stream) => ({ model, stream, messages }),
  },
  {
    name: "responses",
    kind: "openai_responses_compatible",
    path: () => "/v1/responses",
    body: (model, stream) => ({ model, stream, input: "q" }),
  },
  {
    name: "messages",
    kind: "anthropic",
    path: () => "/v1/messages",
    body: (model, stream) => ({ model, stream, messages, max_tokens: 9 }),
  },
  {
    name: "gemini",
    kind: "gemini",
    path: (model, stream) =>
      `/v1beta/models/${model}:${stream ? "streamGenerateContent?alt=sse" : "generateContent"}`,
    body: () => ({ contents: [{ role: "user", parts: [{ text: "q" }] }] }),
  },
  {
    name: "cohere",
    kind: "cohere",
    path: () => "/v2/chat",
    body: (model, stream) => ({ model, stream, messages }),
  },
  {
    name: "cohere v1",
    kind: "",
    path: () => "/v1/chat",
    body: (model, stream) => ({ model, stream, message: "q" }),
  },
  {
    name: "ollama",
    kind: "ollama",
    path: () => "/api/chat",
    body: (model, stream) => ({ model, stream, messages }),
  },
];

async function ask(
  { path, body }: Asking,
  kind: string,
  script: Script,
  stream = false,
): Promise<{ readonly status: number; readonly type: string; readonly text: string }> {
  running.get(kind)?.answer(script);
  const model = `${kind}/m`;
  const reply = await fetch(`${gateway.url}${path(model, stream)}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body(model, stream)),
  });
  const type = reply.headers.get("content-type") ?? "";
  return { status: reply.status, type, text: await reply.text() };
}

const chatAnswer = (message: Members, more: Members = {}): Json => ({
  id: "c",
  object: "chat.completion",
  created: 1,
  model: "m",
  choices: [
    { index: 0, message: { role: "assistant", content: "ok", ...message }, finish_reason: "stop" },
  ],
  ...more,
});
const candidate = (finishReason: string, parts: Json = []): Json => ({
  candidates: [{ content: { role: "model", parts }, finishReason, index: 0 }],
});
const cohereAnswer = (finish_reason: string, message: Members = {}): Json => ({
  id: "c",
  message: { role: "assistant", content: [{ type: "text", text: "It is 15°C." }], ...message },
  finish_reason,
});
const claudeAnswer = (
  stop_reason: string,
  content: Json = [{ type: "text", text: "ok" }],
): Json => ({
  id: "msg_1",
  type: "message",
  role: "assistant",
  model: "m",
  content,
  stop_reason,
  stop_sequence: null,
  usage: { input_tokens: 5, output_tokens: 1 },
});
const ollamaAnswer = (done_reason: string): Json => ({
  model: "m",
  created_at: "2026-01-01T00:00:00Z",
  message: { role: "assistant", content: "" },
  done: true,
  done_reason,
});

/** Ends that are no answers, of each vendor; none of its own clients is looked at. */
const failures: readonly (readonly [kind: string, word: string, whole: Json, stream: Script])[] = [
  ...[
    "MALFORMED_FUNCTION_CALL",
    "UNEXPECTED_TOOL_CALL",
    "MISSING_THOUGHT_SIGNATURE",
    "TOO_MANY_TOOL_CALLS",
    "MALFORMED_RESPONSE",
    "OTHER",
    "NO_IMAGE",
    "IMAGE_OTHER",
    "SOMETHING_NEW",
  ].map(
    (word) =>
      [
        "gemini",
        word,
        candidate(word, [{ functionCall: { name: "f", args: {} } }]),
        events([candidate(word)]),
      ] as const,
  ),
  ...["ERROR", "TIMEOUT"].map(
    (word) =>
      [
        "cohere",
        word,
        cohereAnswer(word),
        events([
          { type: "message-start", id: "c", delta: { message: { role: "assistant" } } },
          { type: "message-end", delta: { finish_reason: word } },
        ]),
      ] as const,
  ),
  ...["load", "unload"].map(
    (word) => ["ollama", word, ollamaAnswer(word), lines([ollamaAnswer(word)])] as const,
  ),
];

/** Ends that each client must be told in a word of its own enumeration. */
const ends: readonly (readonly [kind: string, word: string, answer: Json, unfinished: boolean])[] =
  [
    ["anthropic", "refusal", claudeAnswer("refusal"), true],
    ["anthropic", "pause_turn", claudeAnswer("pause_turn"), true],
    [
      "anthropic",
      "model_context_window_exceeded",
      claudeAnswer("model_context_window_exceeded"),
      true,
    ],
    ["anthropic", "max_tokens", claudeAnswer("max_tokens"), true],
    ["anthropic", "tomorrow", claudeAnswer("tomorrow"), false],
    ["gemini", "LANGUAGE", candidate("LANGUAGE"), true],
    ["gemini", "IMAGE_SAFETY", candidate("IMAGE_SAFETY"), true],
    ["gemini", "IMAGE_RECITATION", candidate("IMAGE_RECITATION"), true],
    ["gemini", "IMAGE_PROHIBITED_CONTENT", candidate("IMAGE_PROHIBITED_CONTENT"), true],
    ["gemini", "MAX_TOKENS", candidate("MAX_TOKENS"), true],
    ["cohere", "ERROR_TOXIC", cohereAnswer("ERROR_TOXIC"), true],
    ["cohere", "ERROR_LIMIT", cohereAnswer("ERROR_LIMIT"), true],
    ["ollama", "length", ollamaAnswer("length"), true],
  ];

/** Where a client's dialect tells the end, its words, and those of a whole answer. */
const words: Readonly<
  Record<
    string,
    {
      at: (json: { readonly [member: string]: Json | undefined }) => unknown;
      all: readonly string[];
      whole: readonly string[];
    }
  >
> = {
  chat: {
    at: ({ choices }) => (Array.isArray(choices) ? asObject(choices[0])?.finish_reason : undefined),
    all: ["stop", "length", "tool_calls", "content_filter"],
    whole: ["stop", "tool_calls"],
  },
  responses: {
    at: ({ incomplete_details: details }) => asObject(details)?.reason ?? "completed",
    all: ["completed", "max_output_tokens", "content_filter"],
    whole: ["completed"],
  },
  messages: {
    at: ({ stop_reason: reason }) => reason,
    all: [
      "end_turn",
      "max_tokens",
      "stop_sequence",
      "tool_use",
      "pause_turn",
      "refusal",
      "model_context_window_exceeded",
    ],
    whole: ["end_turn", "stop_sequence", "tool_use"],
  },
  gemini: {
    at: ({ candidates }) =>
      Array.isArray(candidates) ? asObject(candidates[0])?.finishReason : undefined,
    all: ["STOP", "MAX_TOKENS", "SAFETY", "RECITATION"],
    whole: ["STOP"],
  },
  cohere: {
    at: ({ finish_reason: reason }) => reason,
    all: ["COMPLETE", "STOP_SEQUENCE", "MAX_TOKENS", "TOOL_CALL", "ERROR_TOXIC"],
    whole: ["COMPLETE", "STOP_SEQUENCE", "TOOL_CALL"],
  },
  "cohere v1": {
    at: ({ finish_reason: reason }) => reason,
    all: ["COMPLETE", "STOP_SEQUENCE", "MAX_TOKENS", "ERROR_TOXIC", "ERROR_LIMIT"],
    whole: ["COMPLETE", "STOP_SEQUENCE"],
  },
  // It has no word for what a filter ended.
  ollama: { at: ({ done_reason: reason }) => reason, all: ["stop", "length"], whole: [] },
};

for (const asking of asks) {
  describe(`a client of ${asking.name}`, () => {
    for (const [kind, word, answer, stream] of failures.filter(([own]) => own !== asking.kind)) {
      it(`gets ${word} of ${kind} as an error`, async () => {
        const { status } = await ask(asking, kind, whole(answer));
        expect(status).toBeGreaterThanOrEqual(500);
      });
      it(`gets ${word} of ${kind} as an error, streamed`, async () => {
        const { status } = await ask(asking, kind, stream, true);
        expect(status).toBeGreaterThanOrEqual(500);
      });
    }
    for (const [kind, word, answer, unfinished] of ends.filter(([own]) => own !== asking.kind)) {
      it(`is told ${word} of ${kind} in a word of its own`, async () => {
        const { status, text } = await ask(asking, kind, whole(answer));
        expect(status).toBe(200);
        const own = words[asking.name] ?? expect.unreachable();
        const said = own.at(asObject(parseJson(text)) ?? {});
        expect(own.all).toContain(said);
        if (own.whole.length > 0) expect(own.whole.includes(String(said))).toBe(!unfinished);
      });
    }
  });
}

const [chat, responses, claude, google] = asks;

describe("a citation of a source without an address", () => {
  const cited = cohereAnswer("COMPLETE", {
    citations: [
      {
        start: 6,
        end: 10,
        text: "15°C",
        sources: [{ type: "tool", id: "w:0", tool_output: { content: "15°C" } }],
        type: "TEXT_CONTENT",
      },
    ],
  });
  for (const asking of [chat, responses, claude]) {
    if (asking === undefined) throw new Error("no such client");
    it(`reaches a client of ${asking.name}`, async () => {
      const { text } = await ask(asking, "cohere", whole(cited));
      expect(text).toContain("w:0");
      expect(text).toContain("15°C");
    });
  }

  it("reaches a client of messages as a search result, of responses as a file", async () => {
    if (claude === undefined || responses === undefined) throw new Error("no such client");
    const message = asObject(parseJson((await ask(claude, "cohere", whole(cited))).text));
    expect(message?.content).toMatchObject([
      {
        type: "text",
        citations: [{ type: "search_result_location", source: "w:0", cited_text: "15°C" }],
      },
    ]);
    const response = asObject(parseJson((await ask(responses, "cohere", whole(cited))).text));
    expect(response?.output).toMatchObject([
      { content: [{ annotations: [{ type: "file_citation", file_id: "w:0", index: 6 }] }] },
    ]);
  });
});

describe("usage", () => {
  const rows: readonly (readonly [title: string, usage: Members, expected: Members])[] = [
    [
      "with Mistral's count of cached tokens",
      { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110, num_cached_tokens: 90 },
      { input_tokens: 10, cache_read_input_tokens: 90, output_tokens: 10 },
    ],
    [
      "with more read and written than prompted",
      {
        prompt_tokens: 10,
        completion_tokens: 1,
        prompt_tokens_details: { cached_tokens: 50, cache_write_tokens: 5 },
      },
      {
        input_tokens: 10,
        cache_read_input_tokens: 50,
        cache_creation_input_tokens: 5,
        output_tokens: 1,
      },
    ],
    [
      "in texts and fractions",
      { prompt_tokens: "7", completion_tokens: 1.5 },
      { input_tokens: 7, output_tokens: 2 },
    ],
  ];
  for (const [title, usage, expected] of rows) {
    it(`${title} adds up for a client of messages`, async () => {
      if (claude === undefined) throw new Error("no such client");
      const { text } = await ask(claude, "openai_compatible", whole(chatAnswer({}, { usage })));
      expect(asObject(parseJson(text))?.usage).toMatchObject(expected);
    });
  }
});

describe("sound and pictures", () => {
  const audio = { id: "a", data: "AAAA", expires_at: 9, transcript: "spoken words" };
  const picture = { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } };
  for (const asking of asks.filter(({ kind }) => kind !== "openai_compatible")) {
    it(`whose words come as text too are said once to a client of ${asking.name}`, async () => {
      const answer = chatAnswer({ content: "spoken words", audio });
      const { text } = await ask(asking, "openai_compatible", whole(answer));
      // Some dialects repeat the conversation, in which the answer is the last turn.
      const said = { ...asObject(parseJson(text)), chat_history: null };
      expect(JSON.stringify(said).split("spoken words").length).toBe(2);
    });
  }

  it("that come twice reach a client of Google's once", async () => {
    if (google === undefined) throw new Error("no such client");
    const answer = chatAnswer({
      content: [{ type: "text", text: "look" }, picture],
      images: [picture],
    });
    const { text } = await ask(google, "openai_compatible", whole(answer));
    expect(text.split("AAAA").length).toBe(2);
  });
});

describe("a stream of Google's without alt=sse", () => {
  const path = (model: string) => `/v1beta/models/${model}:streamGenerateContent`;
  const inArray = { ...(google ?? expect.unreachable()), path };
  const frames = [candidate("", [{ text: "o" }]), candidate("STOP", [{ text: "k" }])];
  const scripts: readonly (readonly [title: string, kind: string, script: Script])[] = [
    ["Google's events", "gemini", events(frames)],
    ["Google's array", "gemini", whole(frames)],
    [
      "another vendor's events",
      "openai_compatible",
      events([
        {
          id: "c",
          object: "chat.completion.chunk",
          created: 1,
          model: "m",
          choices: [{ index: 0, delta: { role: "assistant", content: "ok" }, finish_reason: null }],
        },
        {
          id: "c",
          object: "chat.completion.chunk",
          created: 1,
          model: "m",
          choices: [{ index: 0, delta: {}, finish_reason: "stop" }],
        },
        "[DONE]",
      ]),
    ],
  ];
  for (const [title, kind, script] of scripts) {
    it(`is one JSON array, of ${title}`, async () => {
      const { type, text } = await ask(inArray, kind, script, true);
      expect(type).toBe("application/json");
      const json = parseJson(text);
      expect(Array.isArray(json)).toBe(true);
      const said = JSON.stringify(json).matchAll(/"text":"([^"]*)"/g);
      expect(Array.from(said, ([, words]) => words).join("")).toBe("ok");
    });
  }

  it("is server-sent events where the client asks for them, of Google's array", async () => {
    const { type, text } = await ask(google ?? expect.unreachable(), "gemini", whole(frames), true);
    expect(type).toContain("text/event-stream");
    expect(text).toContain("data: {");
  });
});
