import { describe, expect, it } from "vitest";
import { anthropicMessages } from "../../../src/adapters/anthropic-messages/index.ts";
import { cohere } from "../../../src/adapters/cohere/index.ts";
import { gemini } from "../../../src/adapters/gemini/index.ts";
import { ollama } from "../../../src/adapters/ollama/index.ts";
import { openAiChat } from "../../../src/adapters/openai-chat/index.ts";
import { openAiResponses } from "../../../src/adapters/openai-responses/index.ts";
import type { Passthrough } from "../../../src/core/dialect.ts";
import { toolCallDelta, toolCallStart } from "../../../src/events/make-events.ts";
import { createToolCallSettler } from "../../../src/events/settle-tool-calls.ts";
import { JsonText } from "../../../src/json/json-text.ts";
import { plainArguments } from "../../../src/json/plain-arguments.ts";
import type { Json } from "../../vendors/json-value.ts";

type Bytes = Pick<Passthrough, "readable" | "watch">;

const block = (input: Json): Json => ({ type: "tool_use", id: "t", name: "f", input });
const message = (content: Json, stop_reason: Json = "end_turn"): Json => ({
  type: "message",
  content,
  stop_reason,
  usage: { input_tokens: 1, output_tokens: 1 },
});
const candidate = (args: Json, finishReason = "STOP"): Json => ({
  candidates: [{ content: { parts: [{ functionCall: { name: "f", args } }] }, finishReason }],
});
const choice = (more: { readonly [member: string]: Json }): Json => ({
  choices: [{ index: 0, message: { content: "a" }, finish_reason: "stop", ...more }],
});

/** Whole answers of each dialect, and whether its clients read them as they are. */
const answers: readonly (readonly [
  title: string,
  bytes: Bytes,
  answer: Json,
  readable: boolean,
])[] = [
  [
    "Claude's",
    anthropicMessages.passthrough,
    message([block({ input: "x", id: null })], "tool_use"),
    true,
  ],
  ["Claude's with input in a text", anthropicMessages.passthrough, message([block("{}")]), false],
  ["Claude's with content in a text", anthropicMessages.passthrough, message("hi"), false],
  ["Claude's with another word", anthropicMessages.passthrough, message([], "stop"), false],
  ["Gemini's", gemini.passthrough, candidate({ args: "x" }), true],
  ["Gemini's with arguments in a text", gemini.passthrough, candidate("{}"), false],
  ["Gemini's with another word", gemini.passthrough, candidate({}, "stop"), false],
  [
    "OpenAI's with likelihoods",
    openAiChat.passthrough,
    choice({ logprobs: { content: [] } }),
    true,
  ],
  ["OpenAI's with a list", openAiChat.passthrough, choice({ message: { content: [] } }), false],
  [
    "Ollama's",
    ollama.passthrough,
    { message: { tool_calls: [{ function: { name: "f", arguments: { arguments: "x" } } }] } },
    true,
  ],
  [
    "Ollama's with arguments in a text",
    ollama.passthrough,
    { message: { tool_calls: [{ function: { name: "f", arguments: "{}" } }] } },
    false,
  ],
  ["Cohere's", cohere.passthrough, { finish_reason: "COMPLETE", message: {} }, true],
  ["Cohere's with another word", cohere.passthrough, { finish_reason: "stop", message: {} }, false],
  [
    "a response that repeats a tool with arguments",
    openAiResponses.passthrough,
    {
      id: "r",
      status: "completed",
      output: [],
      tools: [{ parameters: { properties: { arguments: {} } } }],
    },
    true,
  ],
  [
    "a response with arguments that are an object",
    openAiResponses.passthrough,
    { output: [{ type: "function_call", call_id: "c", arguments: {} }] },
    false,
  ],
];

describe("a whole answer on the byte path", () => {
  for (const [title, bytes, answer, readable] of answers) {
    it(`${title} ${readable ? "passes" : "does not"}`, () => {
      const body = Buffer.from(JSON.stringify(answer));
      expect(bytes.readable?.("chat", new JsonText(body), {})).toBe(readable);
    });
  }
});

/** Frames of each dialect, and what clients get in their place. Undefined: the frame itself. */
const frames: readonly (readonly [bytes: Bytes, frame: Json, instead: string | undefined])[] = [
  [
    anthropicMessages.passthrough,
    { type: "message_delta", delta: { stop_reason: "length" } },
    '"stop_reason":"max_tokens"},"usage":{"output_tokens":0}',
  ],
  [
    anthropicMessages.passthrough,
    { type: "message_start", message: { id: "m" } },
    '"content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":0,"output_tokens":0}',
  ],
  [
    anthropicMessages.passthrough,
    { type: "content_block_start", index: 0, content_block: block("") },
    '"input":{}',
  ],
  [gemini.passthrough, candidate('{"a":1}'), '"args":{"a":1}'],
  [gemini.passthrough, candidate({ args: "x" }), undefined],
  [
    ollama.passthrough,
    { message: { tool_calls: [{ function: { name: "f", arguments: '{"a":1}' } }] }, done: true },
    '"arguments":{"a":1}',
  ],
];

describe("a frame on the byte path", () => {
  for (const [bytes, frame, instead] of frames) {
    const data = JSON.stringify(frame);
    it(`${data} ${instead === undefined ? "passes" : `has ${instead}`}`, () => {
      const watch = bytes.watch(true);
      const seen = watch.see({ event: "", data: Buffer.from(data) });
      expect(seen.forward).toBe(true);
      if (instead === undefined) expect(seen.instead).toBeUndefined();
      else expect(seen.instead).toContain(instead);
      if (data.includes('"done":true')) expect(watch.ended()).toBe(true);
    });
  }
});

describe("plain arguments", () => {
  for (const [text, plain] of [
    ['{"a": 1.0}', '{"a": 1.0}'],
    [' {"a":1}', ' {"a":1}'],
    ["null", "{}"],
    ["", "{}"],
    ["[]", "{}"],
    ['"{\\"a\\":1}"', '{"a":1}'],
    ['"null"', "{}"],
    ['"words"', '"words"'],
    ["not json", "not json"],
    ["[1]", "[1]"],
  ] as const) {
    it(`of ${JSON.stringify(text)} are ${plain}`, () => {
      expect(plainArguments(text)).toBe(plain);
    });
  }
});

describe("tool calls of a stream", () => {
  it("are the same events where nothing is to settle", () => {
    const events = [toolCallDelta(0, "x")];
    expect(createToolCallSettler().settle(events)).toBe(events);
  });

  it("begin with their name, and end with arguments", () => {
    const settler = createToolCallSettler();
    expect(settler.settle([toolCallStart(0, "c", ""), toolCallDelta(0, '{"a"')])).toEqual([]);
    expect(settler.holds(0, 0)).toBe(true);
    expect(settler.settle([toolCallStart(0, "c", "f"), toolCallDelta(0, ":1}")])).toEqual([
      toolCallStart(0, "c", "f"),
      toolCallDelta(0, '{"a"'),
      toolCallDelta(0, ":1}"),
    ]);
    expect(settler.settle([toolCallStart(1, "d", "g")])).toEqual([toolCallStart(1, "d", "g")]);
    expect(settler.end()).toEqual([toolCallDelta(1, "{}")]);
  });
});
