import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type FacadeName, facades } from "../../../src/adapters/registry.ts";
import {
  at,
  elements,
  integer,
  list,
  object,
  objects,
  openRequest,
  outcome,
  problem,
  string,
  stringMap,
} from "../../../src/adapters/shared/request-cursor.ts";
import { isObject, type JsonObject, parseJson } from "../../../src/json/json.ts";
import { sourceText } from "../../../src/json/source-slice.ts";

const messages = [{ role: "user", content: "one" }];

/** A good chat of each dialect's clients. */
const good = {
  "openai-chat": { model: "m", messages },
  "openai-responses": { model: "m", input: messages },
  "anthropic-messages": { model: "m", max_tokens: 9, messages },
  gemini: { model: "m", contents: [{ role: "user", parts: [{ text: "one" }] }] },
  cohere: { model: "m", messages },
  "cohere-v1": { model: "m", message: "one" },
  ollama: { model: "m", messages },
  "ollama-generate": { model: "m", prompt: "one" },
  "openai-completions": { model: "m", prompt: "one" },
  "fim-completions": { model: "m", prompt: "one" },
  "bedrock-converse": { model: "m", messages: [{ role: "user", content: [{ text: "one" }] }] },
  "bedrock-invoke": {
    model: "m",
    anthropic_version: "bedrock-2023-05-31",
    max_tokens: 9,
    messages,
  },
  "vertex-messages": {
    model: "m",
    anthropic_version: "vertex-2023-10-16",
    max_tokens: 9,
    messages,
  },
} satisfies Readonly<Record<FacadeName, JsonObject>>;

type Mistake = readonly [path: string, members: JsonObject];

/** What is said of a mistake, and the mistake in the words of each dialect that can make it. */
const cases: readonly (readonly [
  title: string,
  words: RegExp,
  mistakes: Readonly<Partial<Record<FacadeName, Mistake>>>,
])[] = [
  [
    "no model",
    /^is required$/,
    {
      "openai-chat": ["model", { model: null }],
      "openai-responses": ["model", { model: null }],
      "anthropic-messages": ["model", { model: null }],
      cohere: ["model", { model: null }],
      "cohere-v1": ["model", { model: null }],
      ollama: ["model", { model: null }],
      "ollama-generate": ["model", { model: null }],
      "openai-completions": ["model", { model: null }],
      "fim-completions": ["model", { model: null }],
    },
  ],
  [
    "a model that is no text",
    /^must be a string$/,
    {
      "openai-chat": ["model", { model: 1 }],
      "openai-responses": ["model", { model: 1 }],
      "anthropic-messages": ["model", { model: 1 }],
      cohere: ["model", { model: 1 }],
      "cohere-v1": ["model", { model: 1 }],
      ollama: ["model", { model: 1 }],
      "ollama-generate": ["model", { model: 1 }],
    },
  ],
  [
    "a switch that is a text",
    /^must be true or false$/,
    {
      "openai-chat": ["stream", { stream: "yes" }],
      "openai-responses": ["stream", { stream: "yes" }],
      "anthropic-messages": ["stream", { stream: "yes" }],
      gemini: [
        "generationConfig.responseLogprobs",
        { generationConfig: { responseLogprobs: "yes" } },
      ],
      cohere: ["stream", { stream: "yes" }],
      "cohere-v1": ["stream", { stream: "yes" }],
      ollama: ["stream", { stream: "yes" }],
      "ollama-generate": ["stream", { stream: "yes" }],
    },
  ],
  [
    "a temperature that is no number",
    /^must be a number from 0 to (1|2|100)$/,
    {
      "openai-chat": ["temperature", { temperature: "hot" }],
      "openai-responses": ["temperature", { temperature: "hot" }],
      "anthropic-messages": ["temperature", { temperature: "hot" }],
      gemini: ["generationConfig.temperature", { generationConfig: { temperature: "hot" } }],
      cohere: ["temperature", { temperature: "hot" }],
      "cohere-v1": ["temperature", { temperature: "hot" }],
      ollama: ["options.temperature", { options: { temperature: "hot" } }],
      "ollama-generate": ["options.temperature", { options: { temperature: "hot" } }],
    },
  ],
  [
    "a bound that is no whole number",
    /^must be a whole number from -?\d+ to 100000000$/,
    {
      "openai-chat": ["max_completion_tokens", { max_completion_tokens: 1.5 }],
      "openai-responses": ["max_output_tokens", { max_output_tokens: 1.5 }],
      "anthropic-messages": ["max_tokens", { max_tokens: 1.5 }],
      gemini: ["generationConfig.maxOutputTokens", { generationConfig: { maxOutputTokens: 1.5 } }],
      cohere: ["max_tokens", { max_tokens: 1.5 }],
      "cohere-v1": ["max_tokens", { max_tokens: 1.5 }],
      ollama: ["options.num_predict", { options: { num_predict: 1.5 } }],
      "ollama-generate": ["options.num_predict", { options: { num_predict: 1.5 } }],
    },
  ],
  [
    "no conversation",
    /^is required$/,
    {
      "openai-chat": ["messages", { messages: null }],
      "openai-responses": ["input", { input: null }],
      "anthropic-messages": ["messages", { messages: null }],
      gemini: ["contents", { contents: null }],
      cohere: ["messages", { messages: null }],
      "cohere-v1": ["message", { message: null }],
      ollama: ["messages", { messages: null }],
      "ollama-generate": ["prompt", { prompt: null }],
    },
  ],
  [
    "an empty conversation",
    /^must not be empty$/,
    {
      "openai-chat": ["messages", { messages: [] }],
      "anthropic-messages": ["messages", { messages: [] }],
      gemini: ["contents", { contents: [] }],
      cohere: ["messages", { messages: [] }],
      ollama: ["messages", { messages: [] }],
    },
  ],
  [
    "a conversation that is no list",
    /^must be a list$/,
    {
      "openai-chat": ["messages", { messages: 1 }],
      "anthropic-messages": ["messages", { messages: 1 }],
      gemini: ["contents", { contents: 1 }],
      cohere: ["messages", { messages: 1 }],
      "cohere-v1": ["chat_history", { chat_history: 1 }],
      ollama: ["messages", { messages: 1 }],
    },
  ],
  [
    "a turn that is no object",
    /^must be an object$/,
    {
      "openai-chat": ["messages[1]", { messages: [...messages, 1] }],
      "openai-responses": ["input[1]", { input: [...messages, 1] }],
      "anthropic-messages": ["messages.1", { messages: [...messages, 1] }],
      gemini: ["contents[0]", { contents: [1] }],
      cohere: ["messages[1]", { messages: [...messages, 1] }],
      "cohere-v1": ["chat_history[0]", { chat_history: [1] }],
      ollama: ["messages[1]", { messages: [...messages, 1] }],
    },
  ],
  [
    "a role that is none",
    /^must be one of [a-z]+(, [a-z]+)+$/i,
    {
      "openai-chat": ["messages[0].role", { messages: [{ role: "x", content: "" }] }],
      "openai-responses": ["input[0].role", { input: [{ role: "x", content: "" }] }],
      "anthropic-messages": ["messages.0.role", { messages: [{ role: "x", content: "" }] }],
      gemini: ["contents[0].role", { contents: [{ role: "x", parts: [] }] }],
      cohere: ["messages[0].role", { messages: [{ role: "x", content: "" }] }],
      "cohere-v1": ["chat_history[0].role", { chat_history: [{ role: "x", message: "" }] }],
      ollama: ["messages[0].role", { messages: [{ role: "x", content: "" }] }],
    },
  ],
  [
    "content of no known form",
    /^must be a string or a list of content parts$/,
    {
      "openai-chat": ["messages[0].content", { messages: [{ role: "user", content: 1 }] }],
      "openai-responses": ["input[0].content", { input: [{ role: "user", content: 1 }] }],
      "anthropic-messages": ["messages.0.content", { messages: [{ role: "user", content: 1 }] }],
      cohere: ["messages[0].content", { messages: [{ role: "user", content: 1 }] }],
    },
  ],
  [
    "a part of content without its text",
    /^is required$/,
    {
      "openai-chat": [
        "messages[0].content[0].text",
        { messages: [{ role: "user", content: [{ type: "text" }] }] },
      ],
      "openai-responses": [
        "input[0].content[0].text",
        { input: [{ role: "user", content: [{ type: "input_text" }] }] },
      ],
      "anthropic-messages": [
        "messages.0.content.0.text",
        { messages: [{ role: "user", content: [{ type: "text" }] }] },
      ],
      cohere: [
        "messages[0].content[0].text",
        { messages: [{ role: "user", content: [{ type: "text" }] }] },
      ],
    },
  ],
  [
    "tools that are no list",
    /^must be a list$/,
    {
      "openai-chat": ["tools", { tools: "x" }],
      "openai-responses": ["tools", { tools: "x" }],
      "anthropic-messages": ["tools", { tools: "x" }],
      gemini: ["tools", { tools: "x" }],
      cohere: ["tools", { tools: "x" }],
      "cohere-v1": ["tools", { tools: "x" }],
      ollama: ["tools", { tools: "x" }],
    },
  ],
  [
    "a tool that is no object",
    /^must be an object$/,
    {
      "openai-chat": ["tools[0]", { tools: [1] }],
      "openai-responses": ["tools[0]", { tools: [1] }],
      "anthropic-messages": ["tools.0", { tools: [1] }],
      gemini: ["tools[0]", { tools: [1] }],
      cohere: ["tools[0]", { tools: [1] }],
      "cohere-v1": ["tools[0]", { tools: [1] }],
      ollama: ["tools[0]", { tools: [1] }],
    },
  ],
  [
    "a function without a name",
    /^is required$/,
    {
      "openai-chat": ["tools[0].function.name", { tools: [{ type: "function", function: {} }] }],
      "openai-responses": ["tools[0].name", { tools: [{ type: "function" }] }],
      "anthropic-messages": ["tools.0.name", { tools: [{ input_schema: {} }] }],
      gemini: [
        "tools[0].functionDeclarations[0].name",
        { tools: [{ functionDeclarations: [{}] }] },
      ],
      cohere: ["tools[0].function.name", { tools: [{ type: "function", function: {} }] }],
      "cohere-v1": ["tools[0].name", { tools: [{}] }],
      ollama: ["tools[0].function.name", { tools: [{ type: "function", function: {} }] }],
    },
  ],
  [
    "a word to stop at that is no text",
    /^must be a string$/,
    {
      "openai-chat": ["stop[1]", { stop: ["a", 1] }],
      "anthropic-messages": ["stop_sequences.1", { stop_sequences: ["a", 1] }],
      gemini: [
        "generationConfig.stopSequences[1]",
        { generationConfig: { stopSequences: ["a", 1] } },
      ],
      cohere: ["stop_sequences[1]", { stop_sequences: ["a", 1] }],
      "cohere-v1": ["stop_sequences[1]", { stop_sequences: ["a", 1] }],
      ollama: ["options.stop[1]", { options: { stop: ["a", 1] } }],
      "ollama-generate": ["options.stop[1]", { options: { stop: ["a", 1] } }],
    },
  ],
  [
    "a group of settings that is no object",
    /^must be an object$/,
    {
      "openai-chat": ["response_format", { response_format: "json" }],
      "openai-responses": ["text", { text: "json" }],
      "anthropic-messages": ["thinking", { thinking: "on" }],
      gemini: ["generationConfig", { generationConfig: "x" }],
      "bedrock-converse": ["inferenceConfig", { inferenceConfig: "x" }],
      "bedrock-invoke": ["thinking", { thinking: "on" }],
      "vertex-messages": ["thinking", { thinking: "on" }],
      cohere: ["thinking", { thinking: "on" }],
      "cohere-v1": ["response_format", { response_format: "json" }],
      ollama: ["options", { options: "x" }],
      "ollama-generate": ["options", { options: "x" }],
    },
  ],
];

const names = Object.keys(good).filter((name): name is FacadeName => name in facades);

describe("a mistake in a request", async () => {
  const loaded = new Map(
    await Promise.all(names.map(async (name) => [name, await facades[name].load()] as const)),
  );
  const decode = (name: FacadeName, json: JsonObject) =>
    loaded
      .get(name)
      ?.codecs.chat?.decodeRequest({ json, bytes: Buffer.from(JSON.stringify(json)) });

  for (const name of names) {
    it(`is not found in a good chat of ${name}'s clients`, () => {
      expect(decode(name, good[name])).toMatchObject({ ok: true });
    });
  }

  for (const [title, words, mistakes] of cases) {
    for (const name of names) {
      const [path, members] = mistakes[name] ?? [];
      if (path === undefined) continue;
      it(`is told in the same words by ${name}: ${title}`, () => {
        const decoded = decode(name, { ...good[name], ...members });
        const faults = decoded?.ok === false ? (decoded.fault.fields ?? []) : [];
        expect(faults.map(({ field }) => field)).toEqual([path]);
        expect(faults[0]?.message).toMatch(words);
      });
    }
  }
});

const read = (text: string, style = {}) => {
  const parsed = parseJson(Buffer.from(text));
  if (!parsed.ok || !isObject(parsed.value)) throw new Error("not an object");
  return openRequest(parsed.value, Buffer.from(text), style);
};

describe("a cursor", () => {
  it("keeps the exact text of what it stands at", () => {
    const cursor = read('{ "a": [ {"b" : 1.50 }, { "b":2e0 } ] }');
    const texts = objects(list(cursor, "a")).map((each) => {
      const b = at(each, "b");
      return b === undefined ? "" : sourceText(b.source, b.json);
    });
    expect(texts).toEqual(["1.50", "2e0"]);
  });

  it("reads null as absent", () => {
    const cursor = read('{"a":null}');
    expect([string(cursor, "a"), list(cursor, "a"), object(cursor, "a")]).toEqual([
      undefined,
      [],
      undefined,
    ]);
    expect(cursor.request.faults).toEqual([]);
  });

  it("names places with brackets, or with dots where the vendor does", () => {
    for (const [style, path] of [
      [{}, "a[0].b"],
      [{ dotted: true }, "a.0.b"],
    ] as const) {
      const cursor = read('{"a":[{"b":"x"}]}', style);
      for (const each of objects(list(cursor, "a"))) integer(each, "b", [0, 1]);
      expect(cursor.request.faults.map(({ field }) => field)).toEqual([path]);
    }
  });

  it("reads either spelling, and one object for a list, as Protobuf does", () => {
    const cursor = read('{"top_p": 0.50, "stopList":{"a":1}}', { protobuf: true });
    const topP = at(cursor, "topP");
    expect(topP && sourceText(topP.source, topP.json)).toBe("0.50");
    expect(list(cursor, "stopList").map(({ json }) => json)).toEqual([{ a: 1 }]);
    expect(cursor.request.faults).toEqual([]);
  });

  it("never takes a key of a map for one of an object's own", () => {
    const cursor = read('{"m":{"__proto__":"x","constructor":"y"}}');
    expect(Object.entries(stringMap(cursor, "m"))).toEqual([
      ["__proto__", "x"],
      ["constructor", "y"],
    ]);
  });

  it("remembers a bounded number of faults, and tells them in one", () => {
    const cursor = read("{}");
    for (let count = 0; count < 1000; count += 1) problem(cursor, `key-${count}`, "is required");
    const decoded = outcome(cursor, 1);
    expect(decoded.ok).toBe(false);
    if (decoded.ok) return;
    expect(decoded.fault.fields?.length).toBe(64);
    expect(decoded.fault.message.length).toBeLessThanOrEqual(4096);
  });

  it("gives the elements of any list in their order, with their texts", () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), (values) => {
        const cursor = read(JSON.stringify({ values }));
        const given = at(cursor, "values");
        if (given === undefined || !Array.isArray(given.json)) throw new Error("no list");
        const found = elements(given);
        expect(found.map(({ source, json }) => sourceText(source, json))).toEqual(
          values.map((value) => JSON.stringify(value)),
        );
      }),
    );
  });
});
