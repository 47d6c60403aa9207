import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Piece } from "../../../src/core/call.ts";
import type { Stage } from "../../../src/core/compose.ts";
import { GatewayError } from "../../../src/core/faults/gateway-error.ts";
import { rewriteReply } from "../../../src/core/reply/rewrite-reply.ts";

/** Words that are replaced, and words that end the answer; neither is longer than `window`. */
export interface GuardedWords {
  readonly window: number;
  readonly replaced: ReadonlyMap<string, string>;
  readonly refused: readonly string[];
}

/**
 * Judges text before it is handed on, and keeps back as much as a word that is not whole may be.
 */
export function windowedGuard(words: GuardedWords): Stage {
  return {
    name: "windowed_guard",
    sees: "rewrites",
    layer: (next) => (call) => rewriteReply(call, next, (pieces) => guarded(pieces, words)),
  };
}

async function* guarded(pieces: AsyncIterable<Piece>, words: GuardedWords): AsyncGenerator<Piece> {
  let held = "";
  let last: Event | undefined;
  const take = (one: Event): readonly Event[] => {
    const said = one.event.case === "textDelta" ? one.event.value.text : undefined;
    if (said !== undefined) last = one;
    held = judged(held + (said ?? ""), words);
    const passed = held.slice(0, ends.has(one.event.case) ? held.length : -words.window);
    held = held.slice(passed.length);
    const before = passed === "" || last === undefined ? [] : [withText(last, passed)];
    return said === undefined ? [...before, one] : before;
  };
  for await (const { events } of pieces) yield { events: events.flatMap(take) };
}

/** Events after which no more text comes to what is held. */
const ends: ReadonlySet<Event["event"]["case"]> = new Set(["partEnd", "finish", "toolCallStart"]);

function judged(text: string, { replaced, refused }: GuardedWords): string {
  if (refused.some((word) => text.includes(word)))
    throw new GatewayError({
      reason: ErrorReason.PERMISSION_DENIED,
      message: "refused by a guard",
    });
  return [...replaced].reduce((judgedText, [word, by]) => judgedText.replaceAll(word, by), text);
}

function withText(from: Event, text: string): Event {
  const { event } = from;
  if (event.case !== "textDelta") return from;
  return { ...from, event: { case: event.case, value: { ...event.value, text } } };
}
