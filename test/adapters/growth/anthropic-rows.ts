import {
  type DialectRows,
  frame,
  many,
  members,
  reply,
  stream,
  type WireFrame,
  type WireRow,
} from "./row.ts";

const usage = { input_tokens: 1, output_tokens: 2 };

function message(content: readonly unknown[], more: object = {}): object {
  return {
    id: "m",
    type: "message",
    role: "assistant",
    model: "m",
    content,
    stop_reason: "end_turn",
    usage,
    ...more,
  };
}

const citation = (at: number) => ({
  type: "char_location",
  cited_text: "a",
  document_index: 0,
  document_title: "t",
  start_char_index: at,
  end_char_index: at + 1,
});
const toolUse = (at: number) => ({ type: "tool_use", id: `t${at}`, name: "f", input: { at } });

const replies: readonly WireRow[] = [
  reply("texts", (n) => message(many(n, () => ({ type: "text", text: "a" })))),
  reply("citations of a text", (n) =>
    message([{ type: "text", text: "abc", citations: many(n, citation) }]),
  ),
  reply("citations of no known kind", (n) =>
    message([{ type: "text", text: "abc", citations: many(n, (at) => ({ type: "odd", at })) }]),
  ),
  reply("tool uses", (n) => message(many(n, toolUse))),
  reply("thoughts", (n) =>
    message(many(n, () => ({ type: "thinking", thinking: "a", signature: "s" }))),
  ),
  reply("hidden thoughts", (n) =>
    message(many(n, () => ({ type: "redacted_thinking", data: "AAAA" }))),
  ),
  reply("blocks of no known kind", (n) => message(many(n, (at) => ({ type: "odd", at })))),
  reply("empty blocks", (n) => message(many(n, () => ({})))),
  reply("blocks that are no objects", (n) => message(many(n, () => 1))),
  reply("pictures", (n) =>
    message(
      many(n, () => ({
        type: "image",
        source: { type: "base64", media_type: "image/png", data: "AAAA" },
      })),
    ),
  ),
  reply("blocks of a tool's result", (n) =>
    message([
      { type: "tool_result", tool_use_id: "t", content: many(n, (at) => ({ type: "odd", at })) },
    ]),
  ),
  reply("members of a tool's input", (n) =>
    message([{ type: "tool_use", id: "t", name: "f", input: members(n) }]),
  ),
  reply("members of a block", (n) =>
    message([{ type: "tool_use", id: "t", name: "f", input: {}, ...members(n) }]),
  ),
  reply("members of the message", (n) => message([], members(n))),
  reply("members of the usage", (n) => message([], { usage: { ...usage, ...members(n) } })),
  reply("tools that the vendor used", (n) =>
    message([], { usage: { ...usage, server_tool_use: members(n) } }),
  ),
];

const opening = frame(
  { type: "message_start", message: { id: "m", model: "m", usage } },
  "message_start",
);
const ending: readonly WireFrame[] = [
  frame(
    { type: "message_delta", delta: { stop_reason: "end_turn" }, usage: { output_tokens: 9 } },
    "message_delta",
  ),
  frame({ type: "message_stop" }, "message_stop"),
];

function whole(frames: readonly WireFrame[]): WireFrame[] {
  return [opening, ...frames, ...ending];
}

const start = (index: number, block: object) =>
  frame({ type: "content_block_start", index, content_block: block }, "content_block_start");
const delta = (index: number, added: object) =>
  frame({ type: "content_block_delta", index, delta: added }, "content_block_delta");
const stop = (index: number) => frame({ type: "content_block_stop", index }, "content_block_stop");
const text = { type: "text_delta", text: "a" };
const input = { type: "input_json_delta", partial_json: "{}" };

function blocks(n: number, block: (at: number) => object, added: object): WireFrame[] {
  return whole(many(n, (at) => [start(at, block(at)), delta(at, added), stop(at)]).flat());
}

const streams: readonly WireRow[] = [
  stream("texts of one block", (n) =>
    whole([start(0, { type: "text", text: "" }), ...many(n, () => delta(0, text)), stop(0)]),
  ),
  stream("text blocks", (n) => blocks(n, () => ({ type: "text", text: "" }), text)),
  stream("tool uses", (n) =>
    blocks(n, (at) => ({ type: "tool_use", id: `t${at}`, name: "f", input: {} }), input),
  ),
  stream("thoughts", (n) =>
    blocks(n, () => ({ type: "thinking", thinking: "" }), {
      type: "signature_delta",
      signature: "s",
    }),
  ),
  stream("hidden thoughts", (n) =>
    blocks(n, () => ({ type: "redacted_thinking", data: "AAAA" }), text),
  ),
  stream("blocks of no known kind", (n) => blocks(n, (at) => ({ type: "odd", at }), input)),
  stream("blocks that never end", (n) =>
    whole(many(n, (at) => start(at, { type: "text", text: "a" }))),
  ),
  stream("tool uses that never end", (n) =>
    whole(many(n, (at) => start(at, { type: "tool_use", id: `t${at}`, name: "f", input: {} }))),
  ),
  stream("tool uses begun first and fed later", (n) =>
    whole([
      ...many(n, (at) => start(at, { type: "tool_use", id: `t${at}`, name: "f", input: {} })),
      ...many(n, (at) => delta(at, input)),
      ...many(n, stop),
    ]),
  ),
  stream("blocks that grow in turn", (n) =>
    whole([
      ...many(100, (at) => start(at, { type: "text", text: "" })),
      ...many(n, (at) => delta(at % 100, text)),
      ...many(100, stop),
    ]),
  ),
  stream("blocks of one index", (n) => whole(many(n, () => start(0, { type: "text", text: "a" })))),
  stream("blocks with wild indices", (n) =>
    whole(
      many(n, (at) => [
        start(1_000_000_000 + at, { type: "text", text: "a" }),
        stop(1_000_000_000 + at),
      ]).flat(),
    ),
  ),
  stream("deltas of blocks that never began", (n) => whole(many(n, (at) => delta(at, text)))),
  stream("deltas without an index", (n) =>
    whole(
      many(n, () => frame({ type: "content_block_delta", delta: text }, "content_block_delta")),
    ),
  ),
  stream("ends without an index", (n) =>
    whole([
      ...many(n, (at) => start(at, { type: "text", text: "a" })),
      ...many(n, () => frame({ type: "content_block_stop" }, "content_block_stop")),
    ]),
  ),
  stream("signatures of one thought", (n) =>
    whole([
      start(0, { type: "thinking", thinking: "" }),
      ...many(n, () => delta(0, { type: "signature_delta", signature: "s" })),
      stop(0),
    ]),
  ),
  stream("words and signatures of one thought", (n) =>
    whole([
      start(0, { type: "thinking", thinking: "" }),
      ...many(n, (at) =>
        delta(
          0,
          at % 2
            ? { type: "thinking_delta", thinking: "a" }
            : { type: "signature_delta", signature: "s" },
        ),
      ),
      stop(0),
    ]),
  ),
  stream("citations", (n) =>
    whole([
      start(0, { type: "text", text: "" }),
      ...many(n, (at) => delta(0, { type: "citations_delta", citation: citation(at) })),
      stop(0),
    ]),
  ),
  stream("texts of a block of no known kind", (n) =>
    whole([
      start(0, { type: "odd", words: "" }),
      ...many(n, () => delta(0, { type: "odd_delta", words: "a" })),
      stop(0),
    ]),
  ),
  stream("members of a block of no known kind", (n) =>
    whole([
      start(0, { type: "odd" }),
      ...many(n, (at) => delta(0, { type: "odd_delta", [`member${at}`]: at })),
      stop(0),
    ]),
  ),
  stream("inputs of a block of no known kind", (n) =>
    whole([start(0, { type: "odd" }), ...many(n, () => delta(0, input)), stop(0)]),
  ),
  stream("members of one delta", (n) =>
    whole([start(0, { type: "odd" }), delta(0, members(n)), stop(0)]),
  ),
  stream("members of one block", (n) => whole([start(0, { type: "odd", ...members(n) }), stop(0)])),
  stream("usages", (n) =>
    whole(
      many(n, (at) =>
        frame({ type: "message_delta", delta: {}, usage: { output_tokens: at } }, "message_delta"),
      ),
    ),
  ),
  stream("members of usages", (n) =>
    whole(
      many(n, (at) =>
        frame(
          { type: "message_delta", delta: {}, usage: { [`member${at}`]: at } },
          "message_delta",
        ),
      ),
    ),
  ),
  stream("usages after a large one", (n) => [
    frame(
      { type: "message_start", message: { usage: { ...usage, large: "a".repeat(n * 16) } } },
      "message_start",
    ),
    ...many(n, (at) =>
      frame({ type: "message_delta", delta: {}, usage: { output_tokens: at } }, "message_delta"),
    ),
    ...ending,
  ]),
  stream("tools that the vendor used", (n) =>
    whole(
      many(n, (at) =>
        frame(
          { type: "message_delta", delta: {}, usage: { server_tool_use: { [`tool${at}`]: 1 } } },
          "message_delta",
        ),
      ),
    ),
  ),
  stream("members of the message's ends", (n) =>
    whole(
      many(n, (at) =>
        frame({ type: "message_delta", delta: { [`member${at}`]: at } }, "message_delta"),
      ),
    ),
  ),
  stream("beginnings", (n) => [...many(n, () => opening), ...ending]),
  stream("pings", (n) => whole(many(n, () => frame({ type: "ping" }, "ping")))),
];

/** What vendors of the Messages API may send. */
export const anthropicRows: DialectRows = {
  dialect: "anthropic-messages",
  rows: [...replies, ...streams],
};
