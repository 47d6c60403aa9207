import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Chat } from "../../gen/parlance/chat/v1/chat_pb.js";
import { FinishReason } from "../../gen/parlance/chat/v1/completion_pb.js";
import { Role } from "../../gen/parlance/chat/v1/message_pb.js";
import { ToolChoiceMode } from "../../gen/parlance/chat/v1/tool_pb.js";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import { collect } from "../../src/events/collect.ts";
import { countTextTokens } from "../../src/sim/count-tokens.ts";
import { createSim } from "../../src/sim/sim.ts";
import { textPieces } from "../../src/sim/text-pieces.ts";
import { ask, play, text } from "./sim-chat.ts";

const sim = createSim();

const weather = {
  tool: {
    case: "function",
    value: {
      name: "weather",
      parametersJson: JSON.stringify({
        type: "object",
        properties: {
          city: { type: "string" },
          unit: { enum: ["C", "F"] },
          days: { type: "integer", minimum: 2 },
          no: {},
        },
        required: ["city", "unit", "days"],
      }),
    },
  },
} as const;
const clock = { tool: { case: "function", value: { name: "clock" } } } as const;
const shell = { tool: { case: "custom", value: { name: "shell" } } } as const;
const search = { tool: { case: "builtin", value: { dialect: "d", json: "{}" } } } as const;
const tools = [search, weather, clock];
const weatherInput = '{"city":"city","unit":"C","days":2}';

/** A conversation in which the model has called a tool and the result has come. */
function answered(more: object = {}): Chat {
  const call = {
    id: "call-1",
    name: "weather",
    input: { case: "argumentsJson", value: "{}" },
  } as const;
  const result = { toolCallId: "call-1", content: [text("sunny"), text("20 C")] };
  return ask("how is it", {
    tools,
    messages: [
      { role: Role.USER, parts: [text("how is it")] },
      { role: Role.ASSISTANT, parts: [{ content: { case: "toolCall", value: call } }] },
      { role: Role.TOOL, parts: [{ content: { case: "toolResult", value: result } }] },
    ],
    ...more,
  });
}

function forced(name: string): object {
  return { toolChoice: { choice: { case: "name", value: name } } };
}

function mode(value: ToolChoiceMode): object {
  return { toolChoice: { choice: { case: "mode", value } } };
}

const said = (value: string) => ({ case: "text", value: { text: value } });
const called = (name: string, value: string) => ({
  case: "toolCall",
  value: { name, input: { case: "argumentsJson", value } },
});
const { STOP, LENGTH, REFUSAL, TOOL_CALLS, STOP_SEQUENCE } = FinishReason;

const cases: [title: string, model: string, chat: Chat, parts: object[], finish: FinishReason][] = [
  ["echoes the last user message", "echo", ask("hi  there\nyou"), [said("hi  there\nyou")], STOP],
  ["takes a name with its provider", "sim/echo", ask("hi"), [said("hi")], STOP],
  ["answers nothing where nothing was said", "echo", ask(""), [said("")], STOP],
  [
    "mentions media in the echo",
    "echo",
    ask([
      text("look"),
      {
        content: {
          case: "image",
          value: { source: { case: "data", value: new Uint8Array(68) }, mediaType: "image/png" },
        },
      },
      {
        content: {
          case: "image",
          value: { source: { case: "url", value: "https://a.example/x.png" } },
        },
      },
      {
        content: {
          case: "document",
          value: { source: { case: "text", value: "é" }, title: "notes" },
        },
      },
      {
        content: {
          case: "audio",
          value: { source: { case: "id", value: "audio-1" }, format: "wav" },
        },
      },
    ]),
    [
      said(
        "look\n[image image/png 68 bytes]\n[image https://a.example/x.png]\n[document notes 2 bytes]\n[audio wav audio-1]",
      ),
    ],
    STOP,
  ],
  [
    "quotes a tool's result at any model",
    "echo",
    answered(),
    [said("weather said: sunny\n20 C")],
    STOP,
  ],
  ["answers with filler", "lorem-4", ask("x"), [said("Lorem ipsum dolor sit")], STOP],
  ["answers with no filler", "lorem-0", ask("x"), [said("")], STOP],
  [
    "answers with the reply of its parameters",
    "echo?reply=a%20%26b",
    ask("x"),
    [said("a &b")],
    STOP,
  ],
  [
    "calls the first tool that the caller runs",
    "tools",
    ask("x", { tools }),
    [called("weather", weatherInput)],
    TOOL_CALLS,
  ],
  [
    "calls the tool that must be used",
    "tools",
    ask("x", { tools, ...forced("clock") }),
    [called("clock", "{}")],
    TOOL_CALLS,
  ],
  [
    "calls a tool that must be used at any model",
    "echo",
    ask("x", { tools, ...forced("clock") }),
    [called("clock", "{}")],
    TOOL_CALLS,
  ],
  [
    "calls only tools that are allowed",
    "parallel-tools",
    ask("x", {
      tools,
      toolChoice: { choice: { case: "allowed", value: { mode: 2, names: ["clock"] } } },
    }),
    [called("clock", "{}"), called("clock", "{}")],
    TOOL_CALLS,
  ],
  [
    "calls no tool where none may be used",
    "tools",
    ask("x", { tools, ...mode(ToolChoiceMode.NONE) }),
    [said("x")],
    STOP,
  ],
  ["echoes where there is no tool", "tools", ask("x", { tools: [search] }), [said("x")], STOP],
  [
    "calls two tools at once",
    "parallel-tools",
    ask("x", { tools }),
    [called("weather", weatherInput), called("clock", "{}")],
    TOOL_CALLS,
  ],
  [
    "calls one tool where parallel calls are forbidden",
    "parallel-tools",
    ask("x", { tools, parallelToolCalls: false }),
    [called("weather", weatherInput)],
    TOOL_CALLS,
  ],
  [
    "calls as many tools as its parameters say",
    "echo?tool_calls=3",
    ask("x", { tools: [clock] }),
    [called("clock", "{}"), called("clock", "{}"), called("clock", "{}")],
    TOOL_CALLS,
  ],
  [
    "writes free text for a custom tool",
    "tools",
    ask("ls -l", { tools: [shell] }),
    [{ case: "toolCall", value: { name: "shell", input: { case: "text", value: "ls -l" } } }],
    TOOL_CALLS,
  ],
  [
    "calls a tool of a namespace by both names",
    "tools",
    ask("x", { tools: [{ ...shell, namespace: { name: "group" } }] }),
    [{ case: "toolCall", value: { name: "shell", namespace: "group" } }],
    TOOL_CALLS,
  ],
  ["quotes a tool's result", "tools", answered(), [said("weather said: sunny\n20 C")], STOP],
  [
    "stops calling once the result is there",
    "tools",
    answered(forced("weather")),
    [said("weather said: sunny\n20 C")],
    STOP,
  ],
  ["answers with JSON", "json", ask("x"), [said('{"echo":"x"}')], STOP],
  [
    "answers with JSON of the schema",
    "json",
    ask("x", {
      responseFormat: {
        format: {
          case: "jsonSchema",
          value: { schemaJson: '{"type":"object","properties":{"a":{"type":"boolean"}}}' },
        },
      },
    }),
    [said('{"a":true}')],
    STOP,
  ],
  [
    "reasons, then echoes",
    "think",
    ask("hi there"),
    [
      {
        case: "reasoning",
        value: { text: "The user said 2 words. I will repeat what was said.", dialect: "sim" },
      },
      said("hi there"),
    ],
    STOP,
  ],
  ["declines", "refuse", ask("x"), [{ case: "refusal" }], REFUSAL],
  ["stops half way for length", "length", ask("one two three four"), [said("one two")], LENGTH],
  [
    "stops at the most output tokens",
    "echo",
    ask("one two three four", { maxOutputTokens: 3 }),
    [said("one two")],
    LENGTH,
  ],
  [
    "ends well at exactly the most output tokens",
    "echo",
    ask("one two", { maxOutputTokens: 2 }),
    [said("one two")],
    STOP,
  ],
  [
    "stops at the first stop text",
    "echo",
    ask("one two three", { sampling: { stop: ["", "three", "two"] } }),
    [said("one ")],
    STOP_SEQUENCE,
  ],
];

describe("the simulator", () => {
  for (const [title, model, chat, parts, finish] of cases) {
    for (const stream of [false, true]) {
      it(`${title} (${stream ? "streamed" : "whole"})`, async () => {
        const { events, fault } = await play(sim, chat, model, stream);
        expect(fault).toBeUndefined();
        const answer = collect(events).choices[0];
        expect(answer?.message?.parts.map((part) => part.content)).toMatchObject(parts);
        expect(answer?.message?.parts).toHaveLength(parts.length);
        expect(answer?.finishReason).toBe(finish);
      });
    }
  }

  it("streams word by word", async () => {
    const { events } = await play(sim, ask("one  two\nthree"), "echo");
    const steps = events.map(({ event }) =>
      event.case === "textDelta" ? event.value.text : event.case,
    );
    expect(steps).toEqual([
      "messageStart",
      "one",
      "  two",
      "\nthree",
      "partEnd",
      "finish",
      "usage",
    ]);
  });

  it("answers a request the same way each time, whole or streamed, and tells other requests apart", async () => {
    const words = fc.string({ unit: "grapheme", maxLength: 200 });
    const models = fc.constantFrom(
      "echo",
      "tools",
      "parallel-tools",
      "json",
      "think",
      "refuse",
      "length",
      "lorem-20",
    );
    await fc.assert(
      fc.asyncProperty(words, words, models, fc.nat(3), async (one, other, model, n) => {
        const chat = ask(one, { tools, n: n + 1 });
        const whole = collect((await play(sim, chat, model, false)).events);
        const again = createSim();
        expect(
          collect((await play(again, structuredClone(chat), model, true)).events),
        ).toStrictEqual(whole);
        expect(whole.choices).toHaveLength(n + 1);
        if (one !== other) {
          expect(
            collect((await play(sim, ask(other, { tools }), model, false)).events).id,
          ).not.toBe(whole.id);
        }
      }),
    );
  });

  it("counts tokens by its rule", async () => {
    const chat = ask("one twelve", {
      n: 2,
      messages: [
        { role: Role.SYSTEM, parts: [text("be so kind")] },
        { role: Role.USER, parts: [text("one twelve")] },
      ],
    });
    expect(sim.countTokens(chat)).toBe(6);
    const { usage } = collect((await play(sim, chat, "think")).events);
    // "The user said 2 words. I will repeat what was said." has 14 tokens, "one twelve" 3; two
    // choices.
    expect(usage).toMatchObject({
      inputTokens: 6n,
      outputTokens: 34n,
      reasoningTokens: 28n,
      totalTokens: 40n,
    });
  });

  it("refuses a choice of a tool that is not there", async () => {
    const { fault } = await play(sim, ask("x", { tools, ...forced("nothing") }), "tools");
    expect(fault).toMatchObject({
      reason: ErrorReason.UPSTREAM_INVALID_REQUEST,
      upstreamParam: "tool_choice",
    });
  });

  it("fails a chat at the model of embeddings", async () => {
    expect((await play(sim, ask("x"), "embed")).fault?.reason).toBe(ErrorReason.UNSUPPORTED);
  });
});

describe("textPieces", () => {
  it("are the text, and their tokens are its tokens", () => {
    fc.assert(
      fc.property(
        fc.string({
          unit: fc.constantFrom("a", " ", "\n", "é", "😀", "\u3000", "\ud83d"),
          maxLength: 200,
        }),
        (whole) => {
          const pieces = [...textPieces(whole)];
          expect(pieces.map((piece) => piece.text).join("")).toBe(whole);
          expect(pieces.reduce((sum, piece) => sum + piece.tokens, 0)).toBe(countTextTokens(whole));
        },
      ),
    );
  });
});
