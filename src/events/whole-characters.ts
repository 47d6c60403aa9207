import type { Event } from "../../gen/parlance/chat/v1/event_pb.js";

/** Keeps halves of characters back until the other half has come. Stateful, one for each stream. */
export interface CharacterJoiner {
  /**
   * The events with every text made of whole characters. The same array where nothing had to be
   * done.
   */
  join(events: readonly Event[]): readonly Event[];
}

/**
 * Some vendors cut the text of their stream between the two UTF-16 halves of a character. JSON can
 * carry a half, Protobuf cannot: it would arrive as U+FFFD, twice. The contract promises whole
 * characters, so the first half waits for the next delta of its part. A half that nothing follows
 * is a fault of the vendor's and is dropped at the end of the stream.
 */
export function createCharacterJoiner(): CharacterJoiner {
  let halves: Map<string, string> | undefined;
  const joined = (event: Event): Event => {
    const delta = textOf(event);
    if (delta === undefined) return event;
    const key = `${event.event.case} ${delta.choice} ${delta.part}`;
    const before = halves?.get(key) ?? "";
    const text = before + delta.text;
    const half = endsInHalf(text) ? text.slice(-1) : "";
    if (before === "" && half === "") return event;
    halves ??= new Map();
    halves.set(key, half);
    return withText(event, half === "" ? text : text.slice(0, -1));
  };
  return {
    join(events) {
      if (halves === undefined && !events.some(startsWaiting)) return events;
      return events.map(joined);
    },
  };
}

/** A copy, for an event is never changed once it is made. */
function withText(original: Event, text: string): Event {
  const { event } = original;
  switch (event.case) {
    case "textDelta":
      return { ...original, event: { case: event.case, value: { ...event.value, text } } };
    case "reasoningDelta":
      return { ...original, event: { case: event.case, value: { ...event.value, text } } };
    case "refusalDelta":
      return { ...original, event: { case: event.case, value: { ...event.value, text } } };
    default:
      return original;
  }
}

function startsWaiting(event: Event): boolean {
  const delta = textOf(event);
  return delta !== undefined && endsInHalf(delta.text);
}

function textOf({ event }: Event): { choice: number; part: number; text: string } | undefined {
  if (
    event.case === "textDelta" ||
    event.case === "reasoningDelta" ||
    event.case === "refusalDelta"
  )
    return event.value;
  return undefined;
}

/**
 * Whether a text ends in a high surrogate, the first half of a character beyond the basic plane.
 */
function endsInHalf(text: string): boolean {
  const last = text.charCodeAt(text.length - 1);
  return last >= 0xd800 && last <= 0xdbff;
}
