import type { JsonObject } from "../json-value.ts";
import type { Answer, RequestFacts } from "../plan-answer.ts";
import type { Scenario } from "../scenario.ts";
import type { VendorReply } from "../vendor-reply.ts";
import { contentBlocks, stopDetails, stopReason } from "./content-blocks.ts";
import { deltaUsage, messageUsage } from "./message-usage.ts";
import { anthropicHeaders } from "./response-headers.ts";

/** Everything a messages reply is made of. */
export interface MessageTurn {
  readonly facts: RequestFacts;
  readonly scenario: Scenario;
  readonly answer: Answer;
  readonly ordinal: number;
}

/** The unary reply. */
export function unaryReply(turn: MessageTurn): VendorReply {
  const message = {
    ...envelope(turn),
    content: contentBlocks(turn.answer).map((block) => block.whole),
    ...stop(turn),
    usage: messageUsage(turn.scenario, turn.facts, turn.answer),
  };
  return {
    status: 200,
    headers: anthropicHeaders(turn.ordinal),
    frames: [Buffer.from(JSON.stringify(message))],
    ending: "end",
  };
}

/**
 * The streamed reply: named events; a ping after the first block's start, where the vendor sends
 * it.
 */
export function streamReply(turn: MessageTurn): VendorReply {
  const usage = messageUsage(turn.scenario, turn.facts, turn.answer);
  const message = {
    ...envelope(turn),
    content: [],
    stop_reason: null,
    stop_sequence: null,
    stop_details: null,
    usage: { ...usage, output_tokens: 1 },
  };
  const blocks = contentBlocks(turn.answer).flatMap((block, index) => [
    { type: "content_block_start", index, content_block: block.start },
    ...(index === 0 ? [{ type: "ping" }] : []),
    ...block.deltas.map((delta) => ({ type: "content_block_delta", index, delta })),
    { type: "content_block_stop", index },
  ]);
  const events = [
    { type: "message_start", message },
    ...blocks,
    { type: "message_delta", delta: stop(turn), usage: deltaUsage(usage) },
    { type: "message_stop" },
  ];
  return {
    status: 200,
    headers: {
      ...anthropicHeaders(turn.ordinal, "text/event-stream; charset=utf-8"),
      "cache-control": "no-cache",
    },
    frames: events.map(eventFrame),
    ending: "end",
  };
}

/**
 * The vendor pads its JSON with spaces before the last brace, so a frame's length says nothing of
 * its content.
 */
function eventFrame(event: JsonObject & { readonly type: string }, position: number): Buffer {
  const json =
    event.type === "ping"
      ? '{"type": "ping"}'
      : `${JSON.stringify(event).slice(0, -1)}${" ".repeat((position * 7) % 16)}}`;
  return Buffer.from(`event: ${event.type}\ndata: ${json}\n\n`);
}

function envelope(turn: MessageTurn): JsonObject {
  return {
    model: turn.facts.model,
    id: `msg_sim${turn.ordinal}`,
    type: "message",
    role: "assistant",
  };
}

function stop(turn: MessageTurn): JsonObject {
  const reason = turn.answer.stop;
  return {
    stop_reason: stopReason(reason),
    stop_sequence: reason === "stop_sequence" ? (turn.facts.stopSequence ?? "END") : null,
    stop_details: stopDetails(reason),
  };
}
