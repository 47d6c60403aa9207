import type { Event } from "../../gen/parlance/chat/v1/event_pb.js";

/**
 * Gives tool calls that their vendor left without an id one of the call's, for a result must name
 * the call it answers. The same array where every call has its id.
 */
export function nameToolCalls(events: readonly Event[], callId: string): readonly Event[] {
  return events.some(lacksId)
    ? events.map((event) => (lacksId(event) ? named(event, callId) : event))
    : events;
}

function lacksId({ event }: Event): boolean {
  if (event.case === "toolCallStart") return event.value.id === "";
  const content = event.case === "partWhole" ? event.value.content?.content : undefined;
  return content?.case === "toolCall" && content.value.id === "";
}

function named(original: Event, callId: string): Event {
  const { event } = original;
  if (event.case === "toolCallStart") {
    return {
      ...original,
      event: { case: event.case, value: { ...event.value, id: idOf(event.value, callId) } },
    };
  }
  const part = event.case === "partWhole" ? event.value.content : undefined;
  if (event.case !== "partWhole" || part?.content.case !== "toolCall") return original;
  const value = { ...part.content.value, id: idOf(event.value, callId) };
  const content = { ...part, content: { case: part.content.case, value } };
  return { ...original, event: { case: event.case, value: { ...event.value, content } } };
}

function idOf(
  { choice, part }: { readonly choice: number; readonly part: number },
  callId: string,
): string {
  return `call_${callId}_${choice}_${part}`;
}
