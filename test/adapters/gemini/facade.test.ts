import { create, type MessageInitShape } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import {
  type Completion,
  CompletionSchema,
  FinishReason,
} from "../../../gen/parlance/chat/v1/completion_pb.js";
import {
  ReasoningEffort,
  ReasoningMode,
  ReasoningSummary,
} from "../../../gen/parlance/chat/v1/generation_pb.js";
import { Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import type { ReasoningSchema } from "../../../gen/parlance/chat/v1/part_pb.js";
import { ToolChoiceMode } from "../../../gen/parlance/chat/v1/tool_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { toJsonSchema } from "../../../src/adapters/gemini/client/schema.ts";
import {
  gemini as geminiDialect,
  geminiFacade as geminiFacadeOriginal,
} from "../../../src/adapters/gemini/index.ts";
import { passthrough } from "../../../src/adapters/gemini/passthrough.ts";
import { encodeRequest } from "../../../src/adapters/gemini/vendor/request.ts";
import { decodeResponse } from "../../../src/adapters/gemini/vendor/response.ts";
import { collect } from "../../../src/events/collect.ts";
import { explode } from "../../../src/events/explode.ts";
import { isObject, parseJson } from "../../../src/json/json.ts";
import { completion } from "../../arbitraries/completion.ts";
import { clientSide, vendorSide } from "../sides.ts";
import { text, toolCall } from "./builders.ts";

const gemini = vendorSide(geminiDialect);
const geminiFacade = clientSide(geminiFacadeOriginal);

const options = { model: "gemini-3-flash", stream: false, quirks: {} };
const context = { model: "m", nowUnixS: 1, callId: "c1", wantsUsage: true };

function read(body: string, model = "m") {
  const parsed = parseJson(body);
  if (!parsed.ok || !isObject(parsed.value)) throw new Error("not an object");
  return geminiFacade.decodeRequest({ ...parsed.value, model }, Buffer.from(body));
}

function chatOfBody(body: object) {
  const decoded = read(JSON.stringify(body));
  if (!decoded.ok) throw new Error(decoded.fault.message);
  return decoded.value.chat;
}

/** The frames of an answer. */
function framesOf(answer: Completion): string[] {
  let state = geminiFacade.begin(context);
  const frames: string[] = [];
  for (const event of explode(answer)) {
    const [next, told] = geminiFacade.encodeEvent(state, event);
    state = next;
    frames.push(...told);
  }
  frames.push(...geminiFacade.encodeEnd(state));
  return frames;
}

/** The parts of an answer's or a frame's first candidate, as a client keeps them. */
function partsOf(json: string): readonly Readonly<Record<string, unknown>>[] {
  return JSON.parse(json).candidates[0].content.parts;
}

/** What a client of the dialect reads out of the frames of an answer. */
function replay(answer: Completion): Completion {
  const frames = framesOf(answer);
  let reading = gemini.begin();
  const events = frames.flatMap((frame) => {
    const step = gemini.decodeEvent(reading, {
      event: "",
      data: Buffer.from(frame.slice(6).trimEnd()),
    });
    if (!step.ok) throw new Error(step.fault.message);
    reading = step.state;
    return step.events;
  });
  const last = gemini.end(reading);
  return collect([...events, ...(last.ok ? last.value : [])]);
}

function reread(answer: Completion): Completion {
  const body = geminiFacade.encodeResponse(answer, context);
  const parsed = parseJson(body);
  const decoded = decodeResponse(parsed.ok ? parsed.value : null, Buffer.from(body));
  if (!decoded.ok) throw new Error(decoded.fault.message);
  return decoded.value;
}

const answer = create(CompletionSchema, {
  id: "r1",
  model: "gemini-x",
  choices: [
    {
      index: 0,
      message: {
        role: Role.ASSISTANT,
        parts: [
          { content: { case: "reasoning", value: { text: "hm" } } },
          text("Hello"),
          { content: { case: "reasoning", value: { signature: "s", dialect: "gemini" } } },
          toolCall("a", "one", '{"n": 1.0}', "c2ln"),
          toolCall("b", "two", "{}"),
          {
            content: {
              case: "opaque",
              value: { dialect: "gemini", json: '{"executableCode":{"code":"1"}}' },
            },
          },
          {
            content: {
              case: "audio",
              value: { source: { case: "data", value: new Uint8Array([1, 2]) }, format: "wav" },
            },
          },
        ],
      },
      finishReason: FinishReason.TOOL_CALLS,
      vendorFinishReason: "STOP",
      logprobs: { content: [{ token: "a", logprob: -1, top: [{ token: "a", logprob: -1 }] }] },
    },
  ],
  usage: {
    inputTokens: 10n,
    outputTokens: 5n,
    reasoningTokens: 2n,
    cacheReadTokens: 3n,
    totalTokens: 15n,
  },
  extrasJson: { gemini: '{"modelStatus":"x","candidates":[{"index":0,"avgLogprobs":-1}]}' },
});

describe("answers to clients of the dialect", () => {
  test("a whole answer reads as it was", () => {
    const { choices, ...rest } = reread(answer);
    const { choices: expected, ...others } = answer;
    expect(rest).toEqual(others);
    const exact = expected[0]?.message?.parts.map(({ content }) => content.value);
    expect(choices[0]?.message?.parts.map(({ content }) => content.value)).toMatchObject(
      (exact ?? []).map((value, at) =>
        at === 3 ? { name: "one", signature: "c2ln" } : { ...value },
      ),
    );
    expect(choices[0]).toMatchObject({
      finishReason: FinishReason.TOOL_CALLS,
      logprobs: expected[0]?.logprobs,
    });
  });

  test("a stream reads as the whole answer", () => {
    expect(replay(answer)).toEqual(reread(answer));
  });

  test("text, calls and the end of any answer survive both ways", () => {
    const wordsOf = (value: Completion) =>
      value.choices.map((choice) => ({
        index: choice.index,
        text: (choice.message?.parts ?? [])
          .map(({ content }) => (content.case === "text" ? content.value.text : ""))
          .join(""),
        calls: (choice.message?.parts ?? []).flatMap(({ content }) =>
          content.case === "toolCall" ? [content.value.name] : [],
        ),
      }));
    const plain = completion
      .filter((value) => value.choices.length > 0)
      .map((value) => ({
        ...value,
        choices: value.choices.map((choice) => ({
          ...choice,
          ...(choice.message === undefined
            ? undefined
            : {
                message: {
                  ...choice.message,
                  parts: choice.message.parts.filter(
                    ({ content }) => content.case === "text" || content.case === "toolCall",
                  ),
                },
              }),
        })),
      }));
    fc.assert(
      fc.property(plain, (value) => {
        expect(wordsOf(reread(value))).toEqual(wordsOf(value));
        expect(wordsOf(replay(value))).toEqual(wordsOf(value));
      }),
    );
  });

  test("any answer is JSON", () => {
    fc.assert(
      fc.property(completion, (value) => {
        JSON.parse(geminiFacade.encodeResponse(value, context));
        replay(value);
      }),
    );
  });

  test("an error is a status", () => {
    const fault = {
      reason: ErrorReason.UPSTREAM_RATE_LIMITED,
      message: "slow",
      retryAfterMs: 1500,
      upstreamStatus: 429,
    };
    expect(JSON.parse(geminiFacade.encodeError(fault)).error).toMatchObject({
      code: 429,
      status: "RESOURCE_EXHAUSTED",
      details: [{ retryDelay: "1.5s" }],
    });
    expect(gemini.decodeError(429, {}, Buffer.from(geminiFacade.encodeError(fault)))).toMatchObject(
      {
        reason: fault.reason,
        retryAfterMs: 1500,
      },
    );
    expect(geminiFacade.encodeStreamError(geminiFacade.begin(context), fault)[0]).toMatch(
      /^data: \{"error"/,
    );
  });
});

describe("calls by clients of the dialect", () => {
  test("answers that come back in the pieces in which they were streamed", () => {
    const pieces = [
      { text: "I ", thought: true },
      { text: "think", thought: true, thoughtSignature: "s" },
      { text: "again", thought: true },
      { text: "So " },
      { text: "be it." },
    ];
    const user = { role: "user", parts: [{ text: "a" }, { text: "b" }] };
    const { messages } = chatOfBody({ contents: [user, { role: "model", parts: pieces }] });
    expect(messages.map(({ parts }) => parts.map(({ content }) => content))).toMatchObject([
      [{ value: { text: "a" } }, { value: { text: "b" } }],
      [
        { case: "reasoning", value: { text: "I think", signature: "s" } },
        { case: "reasoning", value: { text: "again", signature: "" } },
        { case: "text", value: { text: "So be it." } },
      ],
    ]);
  });

  const proofs: readonly (readonly [
    title: string,
    reasoning: MessageInitShape<typeof ReasoningSchema>,
  ])[] = [
    ["signed words", { text: "I think", signature: "sig==", dialect: "anthropic-messages" }],
    ["encrypted reasoning", { encrypted: "blob", dialect: "anthropic-messages" }],
    [
      "an item with summaries",
      { id: "rs_1", encrypted: "e", summaries: ["one", "two"], dialect: "openai-responses" },
    ],
    ["an item that its vendor keeps", { id: "rs_1", dialect: "openai-responses" }],
  ];
  for (const [title, reasoning] of proofs) {
    const parts = [
      { content: { case: "reasoning", value: reasoning } } as const,
      text("So be it."),
    ];
    const reply = create(CompletionSchema, {
      choices: [{ message: { role: Role.ASSISTANT, parts } }],
    });
    for (const [way, told] of [
      ["whole", partsOf(geminiFacade.encodeResponse(reply, context))],
      ["streamed", framesOf(reply).flatMap((frame) => partsOf(frame.slice(6)))],
    ] as const) {
      test(`${title} of another vendor come back, told ${way}`, () => {
        const signatures = told.flatMap(({ thoughtSignature: sealed }) => sealed ?? []);
        expect(signatures).toHaveLength(1);
        expect(Buffer.from(String(signatures[0]), "base64").toString("base64")).toBe(signatures[0]);
        const { messages } = chatOfBody({ contents: [{ role: "model", parts: told }] });
        expect(messages[0]?.parts).toEqual(reply.choices[0]?.message?.parts);
      });

      test(`${title} of another vendor are not sent to this one, told ${way}`, () => {
        const body = {
          contents: [
            { role: "user", parts: [{ text: "hi" }] },
            { role: "model", parts: told },
          ],
        };
        for (const sent of [body, { generateContentRequest: body }]) {
          const operation = sent === body ? "chat" : "count_tokens";
          const text = JSON.stringify(sent);
          const origin = { body: Buffer.from(text), json: JSON.parse(text) };
          expect(passthrough.fit?.(operation, origin, options)).toBe("encoded");
        }
        const encoded = gemini.encodeRequest(chatOfBody(body), options);
        const bytes = encoded.ok ? String(encoded.value.request.body) : "";
        expect(bytes).not.toContain("thoughtSignature");
        expect(bytes).toContain("So be it.");
      });
    }
  }

  test("thoughts without a proof before signed ones stay apart", () => {
    const parts = [
      { content: { case: "reasoning", value: { text: "hm" } } } as const,
      {
        content: { case: "reasoning", value: { text: "I think", signature: "s", dialect: "x" } },
      } as const,
    ];
    const reply = create(CompletionSchema, {
      choices: [{ message: { role: Role.ASSISTANT, parts } }],
    });
    const told = partsOf(geminiFacade.encodeResponse(reply, context));
    const { messages } = chatOfBody({ contents: [{ role: "model", parts: told }] });
    expect(messages[0]?.parts).toEqual(reply.choices[0]?.message?.parts);
  });

  test("a seal that a client moved to other words comes back, and the vendor gets the words alone", () => {
    const value = { text: "", signature: "s", dialect: "x" };
    const reply = create(CompletionSchema, {
      choices: [
        { message: { role: Role.ASSISTANT, parts: [{ content: { case: "reasoning", value } }] } },
      ],
    });
    const [sealed] = partsOf(geminiFacade.encodeResponse(reply, context));
    const contents = [{ role: "model", parts: [{ ...sealed, text: "So" }] }];
    const { messages } = chatOfBody({ contents });
    expect(messages[0]?.parts.map(({ content }) => content)).toMatchObject([
      { case: "reasoning", value },
      { case: "text", value: { text: "So" } },
    ]);
    const encoded = gemini.encodeRequest(chatOfBody({ contents }), options);
    expect(encoded.ok && JSON.parse(String(encoded.value.request.body))).toEqual({
      contents: [
        { role: "user", parts: [{ text: "." }] },
        { role: "model", parts: [{ text: "So" }] },
      ],
    });
  });

  test("a conversation with calls that have no ids", () => {
    const { messages } = chatOfBody({
      systemInstruction: { parts: { text: "be kind" } },
      contents: [
        {
          role: "user",
          parts: [{ text: "hi" }, { inlineData: { mimeType: "image/png", data: "cG5n" } }],
        },
        {
          role: "model",
          parts: [
            { functionCall: { name: "f", args: { a: 1 } }, thoughtSignature: "c2ln" },
            { functionCall: { name: "g" } },
          ],
        },
        {
          role: "user",
          parts: [
            { functionResponse: { name: "g", response: { output: "two" } } },
            { functionResponse: { name: "f", response: { x: 1 } } },
          ],
        },
        { role: "model", parts: [{ text: "thus", thoughtSignature: "s" }] },
      ],
    });
    const parts = messages.map((message) => message.parts.map((part) => part.content));
    expect(messages.map((message) => message.role)).toEqual([
      Role.SYSTEM,
      Role.USER,
      Role.ASSISTANT,
      Role.USER,
      Role.ASSISTANT,
    ]);
    const [f, g] = parts[2] ?? [];
    const idOf = (content: typeof f) => (content?.case === "toolCall" ? content.value.id : "none");
    expect(f).toMatchObject({
      value: { name: "f", signature: "c2ln", input: { value: '{"a":1}' } },
    });
    expect(parts[3]).toMatchObject([
      {
        case: "toolResult",
        value: {
          toolCallId: idOf(g),
          name: "g",
          content: [{ content: { value: { text: "two" } } }],
        },
      },
      {
        case: "toolResult",
        value: { toolCallId: idOf(f), content: [{ content: { value: { text: '{"x":1}' } } }] },
      },
    ]);
    expect(parts[4]).toMatchObject([
      { value: { text: "thus" } },
      { case: "reasoning", value: { text: "", signature: "s" } },
    ]);
  });

  test("knobs, tools and what only this dialect has", () => {
    const chat = chatOfBody({
      contents: [{ parts: [{ text: "hi" }] }],
      generationConfig: {
        temperature: 0,
        top_p: 0.5,
        stopSequences: ["x"],
        responseSchema: {
          type: "OBJECT",
          properties: { type: { type: "STRING", nullable: true } },
        },
        thinkingConfig: { thinkingBudget: 100, includeThoughts: true },
        mediaResolution: "MEDIA_RESOLUTION_LOW",
      },
      tools: [
        { functionDeclarations: [{ name: "f", parameters: { type: "OBJECT" } }] },
        { googleSearch: {} },
        { codeExecution: {} },
      ],
      toolConfig: {
        functionCallingConfig: { mode: "ANY", allowedFunctionNames: ["f"] },
        retrievalConfig: {},
      },
      safetySettings: [{ category: "c" }],
    });
    expect(chat.sampling).toMatchObject({ temperature: 0, topP: 0.5, stop: ["x"] });
    expect(chat.responseFormat?.format).toMatchObject({
      case: "jsonSchema",
      value: { schemaJson: '{"type":"object","properties":{"type":{"type":["string","null"]}}}' },
    });
    expect(chat.reasoning).toMatchObject({
      mode: ReasoningMode.ENABLED,
      budgetTokens: 100,
      summary: ReasoningSummary.AUTO,
      effort: ReasoningEffort.UNSPECIFIED,
    });
    expect(chat.tools.map((tool) => tool.tool)).toMatchObject([
      { case: "function", value: { parametersJson: '{"type":"object"}' } },
      { case: "builtin", value: { json: '{"codeExecution":{}}' } },
    ]);
    expect(chat.webSearch).toBeDefined();
    expect(chat.toolChoice?.choice).toEqual({ case: "name", value: "f" });
    expect(JSON.parse(chat.extrasJson.gemini ?? "")).toEqual({
      safetySettings: [{ category: "c" }],
      generationConfig: { mediaResolution: "MEDIA_RESOLUTION_LOW" },
      toolConfig: { retrievalConfig: {} },
    });
  });

  test("what was sent is read as it was", () => {
    const chat = create(ChatSchema, {
      model: "m",
      messages: [
        { role: Role.SYSTEM, parts: [text("be kind")] },
        { role: Role.USER, parts: [text("hi")] },
        { role: Role.ASSISTANT, parts: [text("so"), toolCall("a", "f", '{"n": 1.0}', "c2ln")] },
        {
          role: Role.USER,
          parts: [
            {
              content: {
                case: "toolResult",
                value: { toolCallId: "a", name: "f", content: [text("fine")] },
              },
            },
          ],
        },
      ],
      tools: [
        {
          tool: {
            case: "function",
            value: {
              name: "f",
              description: "d",
              parametersJson: '{"type":"object","properties":{"n":{"type":"number"}}}',
            },
          },
        },
      ],
      toolChoice: { choice: { case: "mode", value: ToolChoiceMode.REQUIRED } },
      sampling: { temperature: 0.5, topK: 3, seed: -7n, stop: ["x"] },
      n: 2,
      maxOutputTokens: 9,
      reasoning: { effort: ReasoningEffort.LOW, summary: ReasoningSummary.AUTO },
      serviceTier: "flex",
      extrasJson: { gemini: '{"cachedContent":"c"}' },
    });
    const encoded = encodeRequest(chat, { model: "gemini-3-flash", stream: false, quirks: {} });
    const decoded = encoded.ok ? read(String(encoded.value.request.body)) : undefined;
    expect(decoded?.ok === true && decoded.value.chat).toEqual(chat);
  });

  test("all that is wrong is told at once", () => {
    const decoded = read(
      '{"contents":[{"role":"robot","parts":[7]}],"generationConfig":{"temperature":"hot"},"tools":[{"functionDeclarations":[{}]}]}',
    );
    expect(!decoded.ok && decoded.fault.fields?.map((field) => field.field)).toEqual([
      "generationConfig.temperature",
      "tools[0].functionDeclarations[0].name",
      "contents[0].role",
      "contents[0].parts[0]",
    ]);
  });

  test("tokens are counted of contents or of a whole call", () => {
    const contents = [{ parts: [{ text: "hi" }] }];
    for (const body of [
      { contents },
      { generateContentRequest: { model: "models/x", contents } },
    ]) {
      const bytes = JSON.stringify(body);
      const decoded = geminiFacade.countTokens?.decodeRequest(
        { ...JSON.parse(bytes), model: "m" },
        Buffer.from(bytes),
      );
      expect(decoded?.ok === true && [decoded.value.model, decoded.value.messages.length]).toEqual([
        "m",
        1,
      ]);
    }
    expect(geminiFacade.countTokens?.encodeResponse(3)).toBe('{"totalTokens":3}');
  });

  test("embeddings are asked for one by one or in a batch", () => {
    const content = { parts: [{ text: "a" }] };
    for (const [body, count] of [
      [{ content, taskType: "CLUSTERING" }, 1],
      [{ requests: [{ content, taskType: "CLUSTERING" }, { content }] }, 2],
    ] as const) {
      const decoded = geminiFacade.embed?.decodeRequest(
        JSON.parse(JSON.stringify(body)),
        Buffer.from(""),
      );
      expect(
        decoded?.ok === true && [decoded.value.inputs.length, decoded.value.inputType],
      ).toEqual([count, "CLUSTERING"]);
    }
    expect(geminiFacade.embed?.decodeRequest({}, Buffer.from("")).ok).toBe(false);
  });

  test("garbage is a fault or a chat, and never a throw", () => {
    const key = fc.constantFrom(
      "contents",
      "parts",
      "text",
      "functionCall",
      "functionResponse",
      "response",
      "tools",
      "functionDeclarations",
      "generationConfig",
      "responseSchema",
      "thinkingConfig",
      "toolConfig",
      "systemInstruction",
      "requests",
      "content",
    );
    const json = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom(null, true, 1, "x"),
        fc.array(tie("value"), { maxLength: 3 }),
        fc.dictionary(key, tie("value"), { maxKeys: 4 }),
      ),
    })).value;
    fc.assert(
      fc.property(fc.dictionary(key, json), (body) => {
        const bytes = JSON.stringify(body);
        read(bytes);
        geminiFacade.embed?.decodeRequest(JSON.parse(bytes), Buffer.from(bytes));
        geminiFacade.countTokens?.decodeRequest(JSON.parse(bytes), Buffer.from(bytes));
        toJsonSchema(JSON.parse(bytes));
      }),
    );
  });
});
