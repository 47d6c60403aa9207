import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { CompletionSchema, FinishReason } from "../../../gen/parlance/chat/v1/completion_pb.js";
import { type Event, EventSchema } from "../../../gen/parlance/chat/v1/event_pb.js";
import { Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import { ReasoningSchema } from "../../../gen/parlance/chat/v1/part_pb.js";
import { anthropicMessagesFacade as anthropicMessagesFacadeOriginal } from "../../../src/adapters/anthropic-messages/index.ts";
import { seal, sealCall } from "../../../src/adapters/shared/sealed-reasoning.ts";
import { clientSide } from "../sides.ts";
import { call, type PartInit, text } from "./encode-chat.ts";
import { context, encodeEvents, framesOf, jsonOf } from "./wire-frames.ts";

const anthropicMessagesFacade = clientSide(anthropicMessagesFacadeOriginal);

type EventInit = NonNullable<MessageInitShape<typeof EventSchema>["event"]>;

function reply(
  parts: PartInit[],
  finishReason: FinishReason,
  more: MessageInitShape<typeof CompletionSchema> = {},
) {
  const completion = create(CompletionSchema, {
    choices: [
      { message: { role: Role.ASSISTANT, parts }, finishReason, vendorFinishReason: "stop" },
    ],
    ...more,
  });
  return JSON.parse(anthropicMessagesFacade.encodeResponse(completion, context));
}

const sealed = (init: MessageInitShape<typeof ReasoningSchema>): string =>
  seal(create(ReasoningSchema, init));
const secret = { encrypted: "E", dialect: "openai-responses" };

describe("a whole reply", () => {
  it("has every member a client reads, also where the vendor told little", () => {
    expect(reply([text("hi")], FinishReason.STOP)).toEqual({
      id: "msg_call-1",
      type: "message",
      role: "assistant",
      model: "alias",
      content: [{ type: "text", text: "hi" }],
      stop_reason: "end_turn",
      stop_sequence: null,
      usage: {
        input_tokens: 0,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 0,
        output_tokens: 0,
      },
    });
  });

  it("tells the uncached part of the prompt, the cache and server tools", () => {
    const usage = {
      inputTokens: 12n,
      cacheReadTokens: 5n,
      cacheWriteTokens: 4n,
      outputTokens: 3n,
      reasoningTokens: 2n,
      toolUses: { web_search_requests: 1n },
    };
    expect(reply([], FinishReason.STOP, { usage }).usage).toEqual({
      input_tokens: 3,
      cache_creation_input_tokens: 4,
      cache_read_input_tokens: 5,
      output_tokens: 3,
      output_tokens_details: { thinking_tokens: 2 },
      server_tool_use: { web_search_requests: 1 },
    });
  });

  const parts: readonly (readonly [title: string, part: PartInit, blocks: readonly object[]])[] = [
    [
      "a tool call",
      call("t", "f", '{"b":1,"a":2}'),
      [{ type: "tool_use", id: "t", name: "f", input: { b: 1, a: 2 } }],
    ],
    [
      "a tool call whose arguments are not JSON",
      call("t", "f", '{"cut":'),
      [{ type: "tool_use", id: "t", name: "f", input: { _raw_arguments: '{"cut":' } }],
    ],
    [
      "reasoning of another vendor, its proof sealed",
      { content: { case: "reasoning", value: { text: "hm", signature: "S", dialect: "gemini" } } },
      [
        {
          type: "thinking",
          thinking: "hm",
          signature: sealed({ dialect: "gemini", signature: "S" }),
        },
      ],
    ],
    [
      "summaries where there are no words",
      {
        content: {
          case: "reasoning",
          value: { summaries: ["a", "b"], encrypted: "E", dialect: "openai-responses" },
        },
      },
      [
        {
          type: "thinking",
          thinking: "a\n\nb",
          signature: sealed({ ...secret, summaries: ["a", "b"] }),
        },
      ],
    ],
    [
      "encrypted reasoning of another vendor",
      { content: { case: "reasoning", value: secret } },
      [{ type: "thinking", thinking: "", signature: sealed(secret) }],
    ],
    [
      "the proof of a tool call in a block behind it",
      {
        content: {
          case: "toolCall",
          value: {
            id: "t",
            name: "f",
            input: { case: "argumentsJson", value: "{}" },
            signature: "S",
          },
        },
      },
      [
        { type: "tool_use", id: "t", name: "f", input: {} },
        { type: "redacted_thinking", data: sealCall({ toolCallId: "t", signature: "S" }) },
      ],
    ],
    [
      "a refusal",
      { content: { case: "refusal", value: { text: "No." } } },
      [{ type: "text", text: "No." }],
    ],
    [
      "what is said",
      {
        content: {
          case: "audio",
          value: { source: { case: "data", value: new Uint8Array() }, transcript: "la" },
        },
      },
      [{ type: "text", text: "la" }],
    ],
    [
      "nothing of another dialect",
      { content: { case: "opaque", value: { dialect: "openai-chat", json: "{}" } } },
      [],
    ],
    ["no empty text", text(""), []],
  ];
  for (const [title, part, blocks] of parts) {
    it(`tells ${title}`, () => {
      expect(reply([part], FinishReason.STOP).content).toEqual(blocks);
    });
  }

  const reasons: readonly (readonly [FinishReason, string | null])[] = [
    [FinishReason.UNSPECIFIED, "end_turn"],
    [FinishReason.STOP, "end_turn"],
    [FinishReason.STOP_SEQUENCE, "stop_sequence"],
    [FinishReason.LENGTH, "max_tokens"],
    [FinishReason.CONTEXT_WINDOW, "model_context_window_exceeded"],
    [FinishReason.TOOL_CALLS, "tool_use"],
    [FinishReason.CONTENT_FILTER, "refusal"],
    [FinishReason.REFUSAL, "refusal"],
    [FinishReason.PAUSE, "pause_turn"],
    [FinishReason.ERROR, "refusal"],
    [FinishReason.OTHER, "end_turn"],
  ];
  for (const [reason, word] of reasons) {
    it(`ends with ${word} for ${FinishReason[reason]}`, () => {
      expect(reply([], reason).stop_reason).toBe(word);
    });
  }

  it("ends with tool_use where tools were called, whatever another vendor said", () => {
    expect(reply([call("t", "f", "{}")], FinishReason.STOP).stop_reason).toBe("tool_use");
  });
});

function frames(...steps: EventInit[]): unknown[] {
  const events: Event[] = steps.map((event) => create(EventSchema, { event }));
  return jsonOf(framesOf(encodeEvents(events)));
}

const start: EventInit = { case: "messageStart", value: { id: "chatcmpl-1", model: "gpt" } };
const finish: EventInit = {
  case: "finish",
  value: { reason: FinishReason.TOOL_CALLS, vendorReason: "tool_calls" },
};
const said = (part: number, value: string): EventInit => ({
  case: "textDelta",
  value: { part, text: value },
});
const called = (part: number, id: string): EventInit => ({
  case: "toolCallStart",
  value: { part, id, name: "f" },
});
const given = (part: number, input: string): EventInit => ({
  case: "toolCallDelta",
  value: { part, input },
});

/** Frames in short: what happens to which block. */
function brief(json: unknown[]): string[] {
  return json.map((each) => {
    const {
      type,
      index,
      delta,
      content_block: block,
    } = each as {
      type: string;
      index?: number;
      delta?: {
        text?: string;
        partial_json?: string;
        thinking?: string;
        signature?: string;
        stop_reason?: string;
      };
      content_block?: { type: string; id?: string };
    };
    if (block !== undefined)
      return `${index} ${block.type}${block.id === undefined ? "" : ` ${block.id}`}`;
    if (type === "content_block_stop") return `${index} end`;
    if (type === "message_delta") return String(delta?.stop_reason);
    return index === undefined
      ? type
      : `${index} + ${delta?.text ?? delta?.partial_json ?? delta?.thinking ?? delta?.signature}`;
  });
}

describe("a streamed reply", () => {
  it("tells the prompt's tokens at the start where they are known, and all at the end, though they come last", () => {
    const told = frames(
      start,
      { case: "usage", value: { inputTokens: 9n, outputTokens: 1n } },
      said(0, "hi"),
      { case: "finish", value: { reason: FinishReason.STOP_SEQUENCE, stopSequence: "X" } },
      { case: "usage", value: { outputTokens: 5n } },
    );
    expect(told[0]).toMatchObject({
      type: "message_start",
      message: {
        id: "chatcmpl-1",
        type: "message",
        role: "assistant",
        model: "gpt",
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens: 9, output_tokens: 1 },
      },
    });
    expect(told.at(-2)).toEqual({
      type: "message_delta",
      delta: { stop_reason: "stop_sequence", stop_sequence: "X" },
      usage: {
        input_tokens: 9,
        cache_creation_input_tokens: 0,
        cache_read_input_tokens: 0,
        output_tokens: 5,
      },
    });
    expect(told.at(-1)).toEqual({ type: "message_stop" });
  });

  const rows: readonly (readonly [
    title: string,
    steps: readonly EventInit[],
    expected: readonly string[],
  ])[] = [
    [
      "text and a tool that come together",
      [said(0, "a"), called(1, "t"), given(1, "{}")],
      ["0 text", "0 + a", "0 end", "1 tool_use t", "1 + {}", "1 end"],
    ],
    [
      "tools one after the other",
      [called(0, "t"), given(0, "{}"), called(1, "u"), given(1, "{}")],
      ["0 tool_use t", "0 + {}", "0 end", "1 tool_use u", "1 + {}", "1 end"],
    ],
    [
      "tools whose pieces alternate",
      [
        called(0, "t"),
        given(0, '{"a"'),
        called(1, "u"),
        given(1, '{"b"'),
        given(0, ":1}"),
        given(1, ":2}"),
      ],
      [
        "0 tool_use t",
        '0 + {"a"',
        "0 + :1}",
        "0 end",
        "1 tool_use u",
        '1 + {"b"',
        "1 + :2}",
        "1 end",
      ],
    ],
    [
      "tools without input",
      [called(0, "t"), called(1, "u")],
      ["0 tool_use t", "0 end", "1 tool_use u", "1 end"],
    ],
    [
      "text that goes on after a tool began",
      [said(0, "a"), called(1, "t"), said(0, "b"), given(1, "{}")],
      ["0 text", "0 + a", "0 end", "1 tool_use t", "1 + {}", "1 end", "2 text", "2 + b", "2 end"],
    ],
    [
      "a part whose end is told",
      [said(0, "a"), { case: "partEnd", value: { part: 0 } }, said(1, "b")],
      ["0 text", "0 + a", "0 end", "1 text", "1 + b", "1 end"],
    ],
    [
      "reasoning with its proof",
      [
        { case: "reasoningDelta", value: { part: 0, text: "hm" } },
        {
          case: "reasoningDelta",
          value: { part: 0, signature: "S", dialect: "anthropic-messages" },
        },
      ],
      ["0 thinking", "0 + hm", "0 + S", "0 end"],
    ],
    [
      "summaries apart",
      [
        { case: "reasoningDelta", value: { part: 0, summary: "a", summaryIndex: 0 } },
        { case: "reasoningDelta", value: { part: 0, summary: "b", summaryIndex: 1 } },
      ],
      ["0 thinking", "0 + a", "0 + \n\nb", `0 + ${sealed({ summaries: ["a", "b"] })}`, "0 end"],
    ],
    [
      "another vendor's proof, sealed, when all of it has come",
      [
        { case: "reasoningDelta", value: { part: 0, text: "hm" } },
        { case: "reasoningDelta", value: { part: 0, signature: "S1", dialect: "gemini" } },
        { case: "reasoningDelta", value: { part: 0, signature: "S2", dialect: "gemini" } },
      ],
      ["0 thinking", "0 + hm", `0 + ${sealed({ dialect: "gemini", signature: "S1S2" })}`, "0 end"],
    ],
    [
      "reasoning that its vendor finds by its id, which comes first",
      [
        { case: "reasoningDelta", value: { part: 0, id: "rs_1", dialect: "openai-responses" } },
        { case: "reasoningDelta", value: { part: 0, summary: "a", summaryIndex: 0 } },
      ],
      [
        "0 thinking",
        "0 + a",
        `0 + ${sealed({ dialect: "openai-responses", id: "rs_1", summaries: ["a"] })}`,
        "0 end",
      ],
    ],
    [
      "the proof of a tool call in a block behind it",
      [
        { case: "toolCallStart", value: { part: 0, id: "t", name: "f", signature: "S" } },
        given(0, "{}"),
        called(1, "u"),
      ],
      ["0 tool_use t", "0 + {}", "0 end", "1 redacted_thinking", "1 end", "2 tool_use u", "2 end"],
    ],
    [
      "a free-text tool",
      [
        { case: "toolCallStart", value: { part: 0, id: "t", name: "sh", custom: true } },
        given(0, 'say "x"'),
      ],
      ["0 tool_use t", '0 + {"input":"', '0 + say \\"x\\"', '0 + "}', "0 end"],
    ],
    [
      "a refusal as text",
      [{ case: "refusalDelta", value: { part: 0, text: "No." } }],
      ["0 text", "0 + No.", "0 end"],
    ],
    [
      "only the first of several answers",
      [said(0, "a"), { case: "textDelta", value: { choice: 1, part: 0, text: "b" } }],
      ["0 text", "0 + a", "0 end"],
    ],
    ["no empty text", [said(0, ""), called(1, "t")], ["0 tool_use t", "0 end"]],
    [
      "nothing of another dialect",
      [
        {
          case: "partWhole",
          value: {
            part: 0,
            content: { content: { case: "opaque", value: { dialect: "x", json: "{}" } } },
          },
        },
      ],
      [],
    ],
  ];
  for (const [title, steps, expected] of rows) {
    it(`tells ${title}`, () => {
      expect(brief(frames(start, ...steps, finish))).toEqual([
        "message_start",
        ...expected,
        "tool_use",
        "message_stop",
      ]);
    });
  }

  it("keeps a block of several lines on the one line of its frame", () => {
    const json = '{\n  "type": "mcp_tool_use",\r\n  "input": {"a\\n": 1.0}\n}';
    const part: EventInit = {
      case: "partWhole",
      value: {
        part: 0,
        content: { content: { case: "opaque", value: { dialect: "anthropic-messages", json } } },
      },
    };
    expect(frames(start, part, finish)[1]).toEqual({
      type: "content_block_start",
      index: 0,
      content_block: JSON.parse(json),
    });
  });

  it("tells members that only this dialect has", () => {
    const extras: EventInit = {
      case: "extrasSet",
      value: {
        dialect: "anthropic-messages",
        json: '{"container":{"id":"c"},"context_management":{"n":1}}',
      },
    };
    expect(frames(start, finish, extras).at(-2)).toMatchObject({
      delta: { container: { id: "c" } },
      context_management: { n: 1 },
    });
  });
});
