import { describe, expect, it } from "vitest";
import { FinishReason } from "../../../../gen/parlance/chat/v1/completion_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import { anthropicMessages as anthropicMessagesDialect } from "../../../../src/adapters/anthropic-messages/index.ts";
import type { Frame } from "../../../../src/core/dialect.ts";
import { vendorSide } from "../../sides.ts";
import { decodeFrames, foldFrames, frame, unwrap } from "../wire-frames.ts";

const anthropicMessages = vendorSide(anthropicMessagesDialect);

const start = frame("message_start", {
  type: "message_start",
  message: {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "claude-x",
    content: [],
    usage: {
      input_tokens: 10,
      cache_read_input_tokens: 5,
      output_tokens: 1,
      service_tier: "standard",
    },
  },
});
const stop = frame("message_stop", { type: "message_stop" });
const ping = frame("ping", { type: "ping" });

function begin(index: number, block: object): Frame {
  return frame("content_block_start", { type: "content_block_start", index, content_block: block });
}

function delta(index: number, value: object): Frame {
  return frame("content_block_delta", { type: "content_block_delta", index, delta: value });
}

function close(index: number): Frame {
  return frame("content_block_stop", { type: "content_block_stop", index });
}

function finish(
  reason: string | null,
  more: object = {},
  usage: object = { output_tokens: 7 },
): Frame {
  return frame("message_delta", {
    type: "message_delta",
    delta: { stop_reason: reason, stop_sequence: null, ...more },
    usage,
  });
}

function text(value: string): object {
  return { type: "text_delta", text: value };
}

function input(value: string): object {
  return { type: "input_json_delta", partial_json: value };
}

/** Kinds and values of the parts that frames fold to. */
function partsOf(frames: readonly Frame[]): readonly unknown[] {
  const parts = foldFrames(frames).choices[0]?.message?.parts ?? [];
  return parts.map(({ content }) => {
    switch (content.case) {
      case "text":
        return content.value.text;
      case "toolCall":
        return { [content.value.name]: content.value.input.value };
      case "reasoning":
        return {
          thought: content.value.text,
          proof: content.value.signature || content.value.encrypted,
        };
      case "opaque":
        return JSON.parse(content.value.json);
      default:
        return content.case;
    }
  });
}

describe("a stream", () => {
  const rows: readonly (readonly [
    title: string,
    frames: readonly Frame[],
    expected: readonly unknown[],
  ])[] = [
    [
      "of text, with pings between",
      [
        begin(0, { type: "text", text: "" }),
        ping,
        delta(0, text("h\u00e9")),
        ping,
        delta(0, text("llo 😀")),
        close(0),
      ],
      ["héllo 😀"],
    ],
    [
      "of text that begins with words",
      [begin(0, { type: "text", text: "he" }), delta(0, text("llo")), close(0)],
      ["hello"],
    ],
    [
      "of thinking and its signature",
      [
        begin(0, { type: "thinking", thinking: "", signature: "" }),
        delta(0, { type: "thinking_delta", thinking: "hm" }),
        delta(0, { type: "signature_delta", signature: "S" }),
        close(0),
      ],
      [{ thought: "hm", proof: "S" }],
    ],
    [
      "of a signature only",
      [
        begin(0, { type: "thinking", thinking: "" }),
        delta(0, { type: "signature_delta", signature: "S" }),
        close(0),
      ],
      [{ thought: "", proof: "S" }],
    ],
    [
      "of encrypted thinking",
      [begin(0, { type: "redacted_thinking", data: "E" }), close(0)],
      [{ thought: "", proof: "E" }],
    ],
    [
      "of parallel tools",
      [
        begin(0, { type: "tool_use", id: "a", name: "f", input: {} }),
        delta(0, input("")),
        delta(0, input('{"x":')),
        delta(0, input("1}")),
        close(0),
        begin(1, { type: "tool_use", id: "b", name: "g", input: {} }),
        close(1),
      ],
      [{ f: '{"x":1}' }, { g: "{}" }],
    ],
    [
      "of a tool whose input comes at once",
      [begin(0, { type: "tool_use", id: "a", name: "f", input: { x: 1 } }), close(0)],
      [{ f: '{"x":1}' }],
    ],
    [
      "of a server tool and its result",
      [
        begin(0, { type: "server_tool_use", id: "s", name: "web_search", input: {} }),
        delta(0, input('{"q":')),
        delta(0, input('"x"}')),
        close(0),
        begin(1, { type: "web_search_tool_result", content: [] }),
        close(1),
      ],
      [
        { type: "server_tool_use", id: "s", name: "web_search", input: { q: "x" } },
        { type: "web_search_tool_result", content: [] },
      ],
    ],
    [
      "of a block that grows in a way of its own",
      [
        begin(0, { type: "compaction", content: null }),
        delta(0, { type: "compaction_delta", content: "a" }),
        delta(0, { type: "compaction_delta", content: '"b' }),
        close(0),
      ],
      [{ type: "compaction", content: 'a"b' }],
    ],
    [
      "without ends of blocks",
      [
        begin(0, { type: "text", text: "" }),
        delta(0, text("a")),
        begin(1, { type: "tool_use", id: "t", name: "f", input: {} }),
      ],
      ["a", { f: "{}" }],
    ],
    [
      "without beginnings of blocks",
      [
        delta(0, text("a")),
        delta(0, text("b")),
        delta(1, { type: "thinking_delta", thinking: "c" }),
      ],
      ["ab", { thought: "c", proof: "" }],
    ],
    [
      "with blocks side by side",
      [
        begin(0, { type: "text", text: "" }),
        begin(1, { type: "text", text: "" }),
        delta(1, text("b")),
        delta(0, text("a")),
      ],
      ["a", "b"],
    ],
    [
      "with events and deltas of the future",
      [
        begin(0, { type: "text", text: "a" }),
        delta(0, { type: "smell_delta", smell: "x" }),
        frame("aurora", { type: "aurora" }),
        close(0),
      ],
      ["a"],
    ],
  ];
  for (const [title, frames, expected] of rows) {
    it(`${title} folds to its parts`, () => {
      expect(partsOf([start, ...frames, finish("end_turn"), stop])).toEqual(expected);
    });
  }

  it("adds citations to the text they hang on", () => {
    const citation = {
      type: "web_search_result_location",
      cited_text: "c",
      url: "u",
      title: null,
      encrypted_index: "E",
    };
    const frames = [
      start,
      begin(0, { type: "text", text: "", citations: [] }),
      delta(0, { type: "citations_delta", citation }),
      delta(0, text("x")),
      close(0),
      finish("end_turn"),
      stop,
    ];
    expect(foldFrames(frames).choices[0]?.message?.parts[0]?.content.value).toMatchObject({
      text: "x",
      citations: [{ source: { case: "web" } }],
    });
  });

  it("tells usage at the start and again at the end, where later members replace", () => {
    const usage = {
      input_tokens: null,
      cache_read_input_tokens: 6,
      output_tokens: 7,
      server_tool_use: { web_search_requests: 1 },
    };
    const completion = foldFrames([start, finish("end_turn", {}, usage), stop]);
    expect(completion.usage).toMatchObject({
      inputTokens: 16n,
      cacheReadTokens: 6n,
      outputTokens: 7n,
      toolUses: { web_search_requests: 1n },
      serviceTier: "standard",
    });
    expect(
      foldFrames([start, finish("end_turn", {}, { input_tokens: 0, output_tokens: 7 }), stop]).usage
        ?.inputTokens,
    ).toBe(15n);
  });

  it("tells why it ended, and members that only this dialect has", () => {
    const completion = foldFrames([
      start,
      finish("refusal", { stop_details: { type: "refusal" }, stop_sequence: "X" }),
      stop,
    ]);
    expect(completion).toMatchObject({
      id: "msg_1",
      model: "claude-x",
      extrasJson: { "anthropic-messages": '{"stop_details":{"type":"refusal"}}' },
    });
    expect(completion.choices[0]).toMatchObject({
      finishReason: FinishReason.REFUSAL,
      vendorFinishReason: "refusal",
      stopSequence: "X",
    });
  });

  it("is understood without a beginning, without a reason to stop, and without event names", () => {
    const frames = [
      begin(0, { type: "text", text: "a" }),
      finish(null),
      stop,
      { event: "", data: Buffer.from("[DONE]") },
    ];
    const completion = foldFrames(frames.map((each) => ({ ...each, event: "" })));
    expect(completion.choices[0]).toMatchObject({
      finishReason: FinishReason.STOP,
      message: { parts: [{ content: { value: { text: "a" } } }] },
    });
  });

  it("begins with the start of the message and ends with its finish", () => {
    const events = unwrap(
      decodeFrames([
        start,
        begin(0, { type: "text", text: "a" }),
        close(0),
        finish("end_turn"),
        stop,
      ]),
    );
    expect(events.map(({ event }) => event.case)).toEqual([
      "messageStart",
      "usage",
      "textDelta",
      "partEnd",
      "usage",
      "finish",
    ]);
  });

  it("changes its own state and nothing that it gave out", () => {
    const first = anthropicMessages.decodeEvent(anthropicMessages.begin(), start);
    if (!first.ok) throw new Error(first.fault.message);
    const copy = structuredClone(first.events);
    const last = frame("message_delta", {
      type: "message_delta",
      delta: {},
      usage: { output_tokens: 8 },
    });
    expect(anthropicMessages.decodeEvent(first.state, last).ok).toBe(true);
    expect(first.events).toEqual(copy);
  });
});

describe("a stream that breaks", () => {
  const overloaded = frame("error", {
    type: "error",
    error: { type: "overloaded_error", message: "Overloaded" },
    request_id: "req_1",
  });
  const rows: readonly (readonly [title: string, frames: readonly Frame[], fault: object])[] = [
    [
      "by an error event",
      [start, begin(0, { type: "text", text: "a" }), overloaded],
      {
        reason: ErrorReason.UPSTREAM_OVERLOADED,
        message: "Overloaded",
        upstreamType: "overloaded_error",
        upstreamRequestId: "req_1",
      },
    ],
    [
      "by an error event without a type inside",
      [start, frame("error", { message: "x" })],
      { reason: ErrorReason.UPSTREAM_INTERNAL, message: "x" },
    ],
    [
      "by data that are not JSON",
      [start, { event: "content_block_delta", data: Buffer.from('{"type":') }],
      { reason: ErrorReason.UPSTREAM_MALFORMED },
    ],
    [
      "by ending before it is said why",
      [start, begin(0, { type: "text", text: "a" })],
      { reason: ErrorReason.UPSTREAM_CUT },
    ],
    ["by being empty", [], { reason: ErrorReason.UPSTREAM_CUT }],
  ];
  for (const [title, frames, fault] of rows) {
    it(`${title} is a fault`, () => {
      expect(decodeFrames(frames)).toMatchObject({ ok: false, fault });
    });
  }
});
