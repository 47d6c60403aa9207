import { create, toJson } from "@bufbuild/protobuf";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Chat, ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import type { Completion } from "../../../gen/parlance/chat/v1/completion_pb.js";
import { FinishReason } from "../../../gen/parlance/chat/v1/completion_pb.js";
import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import { PartSchema } from "../../../gen/parlance/chat/v1/part_pb.js";
import { anthropicMessagesFacade } from "../../../src/adapters/anthropic-messages/index.ts";
import {
  bedrockConverse as bedrockConverseDialect,
  createConverseFacade,
} from "../../../src/adapters/bedrock-converse/index.ts";
import { printEventStream } from "../../../src/core/dispatch/print-event-stream.ts";
import { collect } from "../../../src/events/collect.ts";
import { explode } from "../../../src/events/explode.ts";
import {
  finish,
  messageStart,
  partWhole,
  reasoningDelta,
  textDelta,
  toolCallDelta,
  toolCallStart,
} from "../../../src/events/make-events.ts";
import { isObject, type JsonObject, parseJson } from "../../../src/json/json.ts";
import { createEventStreamParser } from "../../../src/upstream/framing/event-stream.ts";
import { chat as anyChat } from "../../arbitraries/chat.ts";
import { completion as anyCompletion } from "../../arbitraries/completion.ts";
import { printEvent } from "../../upstream/print-event-stream.ts";
import { clientSide, vendorSide } from "../sides.ts";
import { CLAUDE, objectOf, unwrap } from "./encode-chat.ts";
import { decodeFrames } from "./wire-frames.ts";

const vendor = vendorSide(bedrockConverseDialect);
const client = clientSide(createConverseFacade(anthropicMessagesFacade));
const context = { model: "m", nowUnixS: 1, callId: "call", wantsUsage: true };

function read(body: JsonObject): Chat {
  const bytes = Buffer.from(JSON.stringify(body));
  return unwrap(client.decodeRequest({ ...body, model: "m", stream: false }, bytes)).chat;
}

/** The frames of events, as text. */
function written(events: readonly Event[]): string {
  let state = client.begin(context);
  let text = "";
  for (const event of events) {
    const [next, frames] = client.encodeEvent(state, event);
    state = next;
    text += frames.join("");
  }
  return text + client.encodeEnd(state).join("");
}

function framesOf(text: string) {
  const parser = createEventStreamParser();
  return [...parser.push(printEventStream(text)), ...parser.end()];
}

function steps(events: readonly Event[]) {
  return framesOf(written(events)).map(({ event, data }) => {
    const parsed = parseJson(data);
    return [event, parsed.ok ? parsed.value : undefined];
  });
}

/** The chat of a body, as JSON. */
const chatOf = (body: JsonObject) => toJson(ChatSchema, create(ChatSchema, read(body)));

const hello = [{ role: "user", content: [{ text: "hi" }] }];

describe("a request of Converse", () => {
  const cases: readonly (readonly [title: string, body: JsonObject, expected: object])[] = [
    [
      "with instructions, a cache point and settings",
      {
        system: [{ text: "be brief" }, { cachePoint: { type: "default", ttl: "1h" } }],
        messages: hello,
        inferenceConfig: { maxTokens: 9, temperature: 0.5, topP: 0.25, stopSequences: ["x"] },
        serviceTier: { type: "flex" },
        requestMetadata: { team: "a" },
      },
      {
        messages: [
          {
            role: "ROLE_SYSTEM",
            parts: [{ text: { text: "be brief" }, cache: { ttl: "CACHE_TTL_1H" } }],
          },
          { role: "ROLE_USER", parts: [{ text: { text: "hi" } }] },
        ],
        maxOutputTokens: 9,
        sampling: { temperature: 0.5, topP: 0.25, stop: ["x"] },
        serviceTier: "flex",
        metadata: { team: "a" },
      },
    ],
    [
      "with media",
      {
        messages: [
          {
            role: "user",
            content: [
              { image: { format: "jpeg", source: { bytes: "aGk=" } } },
              { video: { format: "mov", source: { s3Location: { uri: "s3://a/b" } } } },
              { document: { format: "md", name: "notes", source: { bytes: "aGk=" } } },
            ],
          },
        ],
      },
      {
        messages: [
          {
            parts: [
              { image: { data: "aGk=", mediaType: "image/jpeg" } },
              { video: { url: "s3://a/b", mediaType: "video/quicktime" } },
              { document: { data: "aGk=", mediaType: "text/markdown", title: "notes" } },
            ],
          },
        ],
      },
    ],
    [
      "with tools, their calls and results",
      {
        messages: [
          {
            role: "assistant",
            content: [{ toolUse: { toolUseId: "t1", name: "add", input: { a: 1 } } }],
          },
          {
            role: "user",
            content: [
              {
                toolResult: {
                  toolUseId: "t1",
                  content: [{ text: "one" }, { json: { sum: 1 } }],
                  status: "error",
                },
              },
              { text: "and now?" },
            ],
          },
        ],
        toolConfig: {
          tools: [
            {
              toolSpec: {
                name: "add",
                description: "d",
                inputSchema: { json: { type: "object" } },
              },
            },
            { cachePoint: { type: "default" } },
          ],
          toolChoice: { any: {} },
        },
      },
      {
        messages: [
          {
            role: "ROLE_ASSISTANT",
            parts: [{ toolCall: { id: "t1", name: "add", argumentsJson: '{"a":1}' } }],
          },
          {
            role: "ROLE_TOOL",
            parts: [
              {
                toolResult: {
                  toolCallId: "t1",
                  isError: true,
                  content: [{ text: { text: "one" } }, { text: { text: '{"sum":1}' } }],
                },
              },
            ],
          },
          { role: "ROLE_USER", parts: [{ text: { text: "and now?" } }] },
        ],
        tools: [
          {
            function: { name: "add", description: "d", parametersJson: '{"type":"object"}' },
            cache: {},
          },
        ],
        toolChoice: { mode: "TOOL_CHOICE_MODE_REQUIRED" },
      },
    ],
    [
      "with what Claude calls thinking and top_k",
      {
        messages: hello,
        additionalModelRequestFields: {
          thinking: { type: "enabled", budget_tokens: 2048 },
          top_k: 5,
          anthropic_beta: ["a"],
        },
      },
      {
        sampling: { topK: 5 },
        reasoning: { mode: "REASONING_MODE_ENABLED", budgetTokens: 2048 },
        extrasJson: {
          "bedrock-converse": '{"additionalModelRequestFields":{"anthropic_beta":["a"]}}',
        },
      },
    ],
    [
      "with a schema and what only this vendor has",
      {
        messages: hello,
        outputConfig: {
          textFormat: {
            type: "json_schema",
            structure: { jsonSchema: { schema: '{"type":"object"}', name: "n" } },
          },
        },
        guardrailConfig: { guardrailIdentifier: "g", guardrailVersion: "1" },
      },
      {
        responseFormat: { jsonSchema: { name: "n", schemaJson: '{"type":"object"}' } },
        extrasJson: {
          "bedrock-converse":
            '{"guardrailConfig":{"guardrailIdentifier":"g","guardrailVersion":"1"}}',
        },
      },
    ],
  ];
  for (const [title, body, expected] of cases) {
    it(`${title} is read`, () => {
      expect(chatOf(body)).toMatchObject(expected);
    });
  }

  const wrong: readonly (readonly [path: string, body: JsonObject])[] = [
    ["messages", {}],
    ["messages[0].content", { messages: [{ role: "user" }] }],
    ["messages[0].role", { messages: [{ role: "robot", content: [{ text: "x" }] }] }],
    ["inferenceConfig.maxTokens", { messages: hello, inferenceConfig: { maxTokens: "9" } }],
    [
      "messages[0].content[0].image.source",
      { messages: [{ role: "user", content: [{ image: { format: "png", source: {} } }] }] },
    ],
    [
      "toolConfig.tools[0].toolSpec.inputSchema",
      { messages: hello, toolConfig: { tools: [{ toolSpec: { name: "a" } }] } },
    ],
  ];
  for (const [path, body] of wrong) {
    it(`is refused for what is wrong with ${path}`, () => {
      const bytes = Buffer.from(JSON.stringify(body));
      const decoded = client.decodeRequest(body, bytes);
      const fields = decoded.ok ? [] : (decoded.fault.fields ?? []);
      expect(fields.map(({ field }) => field)).toContain(path);
    });
  }

  it("is the same when it is read and written again", () => {
    fc.assert(
      fc.property(anyChat, (chat) => {
        const options = { model: CLAUDE, stream: false, quirks: {} };
        const encoded = vendor.encodeRequest(chat, options);
        fc.pre(encoded.ok);
        const text = String(unwrap(encoded).request.body);
        const json = { ...objectOf(text), model: CLAUDE, stream: false };
        const again = unwrap(client.decodeRequest(json, Buffer.from(text))).chat;
        const body = String(unwrap(vendor.encodeRequest(again, options)).request.body);
        expect(objectOf(body)).toEqual(objectOf(text));
      }),
    );
  });

  it("is garbage without a throw", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const parsed = parseJson(Buffer.from(JSON.stringify({ messages: value, system: value })));
        if (!parsed.ok || !isObject(parsed.value)) throw new Error("no object");
        const bytes = Buffer.from(JSON.stringify(parsed.value));
        expect(client.decodeRequest(parsed.value, bytes)).toHaveProperty("ok");
      }),
    );
  });
});

/** What a client can tell of an answer: the tools it calls, why it ended and what it took. */
function told({ choices: [choice], usage }: Completion) {
  const calls = choice?.message?.parts.flatMap(({ content }) =>
    content.case === "toolCall" ? [content.value.name] : [],
  );
  return [calls, choice?.vendorFinishReason, usage?.outputTokens];
}

describe("an answer of Converse", () => {
  it("says the same whole and streamed", () => {
    fc.assert(
      fc.property(anyCompletion, ({ choices, ...rest }) => {
        // This dialect has one answer, the first.
        const completion = { ...rest, choices: choices.map((one, index) => ({ ...one, index })) };
        const text = client.encodeResponse(completion, context);
        const whole = unwrap(vendor.decodeResponse(objectOf(text), Buffer.from(text)));
        const frames = framesOf(written(explode(completion)));
        const streamed = collect(unwrap(decodeFrames(frames)));
        expect(told(streamed)).toEqual(told(whole));
      }),
    );
  });

  it("is streamed block by block", () => {
    const events = [
      messageStart("id", "m", ""),
      reasoningDelta("bedrock-converse", 0, "hm", "", ""),
      reasoningDelta("bedrock-converse", 0, "", "c2ln", ""),
      textDelta(1, "Hel"),
      textDelta(1, "lo"),
      toolCallStart(2, "t1", "add"),
      toolCallDelta(2, '{"a":'),
      toolCallStart(3, "t2", "sub"),
      toolCallDelta(3, '{"b":2}'),
      toolCallDelta(2, "1}"),
      finish(FinishReason.TOOL_CALLS, "tool_calls", ""),
    ];
    const at = (contentBlockIndex: number, delta: object) => [
      "contentBlockDelta",
      { contentBlockIndex, delta },
    ];
    const stop = (contentBlockIndex: number) => ["contentBlockStop", { contentBlockIndex }];
    expect(steps(events)).toEqual([
      ["messageStart", { role: "assistant" }],
      at(0, { reasoningContent: { text: "hm" } }),
      at(0, { reasoningContent: { signature: "c2ln" } }),
      stop(0),
      at(1, { text: "Hel" }),
      at(1, { text: "lo" }),
      stop(1),
      [
        "contentBlockStart",
        { contentBlockIndex: 2, start: { toolUse: { toolUseId: "t1", name: "add" } } },
      ],
      at(2, { toolUse: { input: '{"a":' } }),
      at(2, { toolUse: { input: "1}" } }),
      stop(2),
      [
        "contentBlockStart",
        { contentBlockIndex: 3, start: { toolUse: { toolUseId: "t2", name: "sub" } } },
      ],
      at(3, { toolUse: { input: '{"b":2}' } }),
      stop(3),
      ["messageStop", { stopReason: "tool_use" }],
      [
        "metadata",
        {
          usage: { inputTokens: 0, outputTokens: 0, totalTokens: 0 },
          metrics: { latencyMs: 0 },
        },
      ],
    ]);
  });

  it("counts the proof of a call before a part that comes whole", () => {
    const source = { case: "data", value: Uint8Array.of(1) } as const;
    const image = create(PartSchema, {
      content: { case: "image", value: { source, mediaType: "image/png" } },
    });
    const call = toolCallStart(0, "t1", "add");
    if (call.event.case === "toolCallStart") call.event.value.signature = "sig";
    const events = [
      messageStart("id", "m", ""),
      call,
      toolCallDelta(0, "{}"),
      partWhole(1, image),
      finish(FinishReason.TOOL_CALLS, "tool_calls", ""),
    ];
    const stops = steps(events).flatMap(([kind, data]) =>
      kind === "contentBlockStop" ? [data] : [],
    );
    expect(stops).toEqual([0, 1, 2].map((contentBlockIndex) => ({ contentBlockIndex })));
  });

  it("keeps the proof of another vendor's reasoning for the next turn", () => {
    const said = [
      messageStart("id", "m", ""),
      reasoningDelta("gemini", 0, "hm", "proof", ""),
      textDelta(1, "Hello"),
      finish(FinishReason.STOP, "", ""),
    ];
    const content = blocksOf(client.encodeResponse(collect(said), context));
    const chat = read({ messages: [{ role: "assistant", content }] });
    expect(chat.messages[0]?.parts[0]?.content.value).toMatchObject({
      dialect: "gemini",
      signature: "proof",
      text: "hm",
    });
  });

  it("is framed as the vendor frames it", () => {
    const text = 'event: contentBlockStop\ndata: {"contentBlockIndex":0}\n\n';
    expect(Buffer.from(printEventStream(text))).toEqual(
      printEvent("contentBlockStop", { contentBlockIndex: 0 }),
    );
  });
});

/** The blocks of an answer. */
function blocksOf(text: string): JsonObject[] {
  const { output } = objectOf(text);
  const message = isObject(output) && isObject(output.message) ? output.message : {};
  return Array.isArray(message.content) ? message.content.filter(isObject) : [];
}
