import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import type { Part } from "../../../gen/parlance/chat/v1/part_pb.js";
import type { Piece } from "../../core/call.ts";

/** The pieces of an answer with the caller's names of tools in place of those that were sent. */
export async function* renameCalls(
  pieces: AsyncIterable<Piece>,
  callers: ReadonlyMap<string, string>,
): AsyncGenerator<Piece> {
  for await (const { events } of pieces)
    yield { events: events.map((event) => renameEvent(event, callers)) };
}

function renameEvent(event: Event, callers: ReadonlyMap<string, string>): Event {
  const { event: kind } = event;
  if (kind.case === "toolCallStart") {
    const name = callers.get(kind.value.name);
    return name === undefined
      ? event
      : { ...event, event: { ...kind, value: { ...kind.value, name } } };
  }
  if (kind.case !== "partWhole" || kind.value.content === undefined) return event;
  const content = renamePart(kind.value.content, callers);
  return { ...event, event: { ...kind, value: { ...kind.value, content } } };
}

function renamePart(part: Part, callers: ReadonlyMap<string, string>): Part {
  const { content } = part;
  if (content.case !== "toolCall") return part;
  const name = callers.get(content.value.name);
  if (name === undefined) return part;
  return { ...part, content: { ...content, value: { ...content.value, name } } };
}
