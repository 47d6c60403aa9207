import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import type { GuardStageName } from "../../core/guard/guard-note.ts";

/** A text that an event adds to one that grows. */
export interface AddedText {
  /** The same for all events that add to one text. */
  readonly channel: string;
  /** The part of the answer that it belongs to, as `partOf` has it. */
  readonly part: string;
  readonly stage: GuardStageName;
  /** Whether the text is JSON: the arguments of a call of a function. */
  readonly json: boolean;
  /** Whether it is the text that an answer goes on with that broke off. */
  readonly goesOn: boolean;
  readonly text: string;
  /** The event with another text. */
  readonly replace: (text: string) => Event;
}

/** The texts that an event adds; none of them is empty. */
export function addedTexts(event: Event, custom: ReadonlySet<string>): readonly AddedText[] {
  const { event: kind } = event;
  switch (kind.case) {
    case "textDelta":
      return added(event, kind.value, "text", "output");
    case "refusalDelta":
      return added(event, kind.value, "text", "output", "refusal");
    case "audioDelta":
      return added(event, kind.value, "transcript", "output");
    case "toolCallDelta": {
      const json = !custom.has(partOf(kind.value));
      return added(event, kind.value, "input", "tool_arguments", "", json);
    }
    case "reasoningDelta":
      return [
        ...added(event, kind.value, "text", "reasoning"),
        ...added(event, kind.value, "summary", "reasoning", "summary"),
      ];
    default:
      return [];
  }
}

/** The part of an answer that an event is about. */
export function partOf({ choice, part }: { readonly choice: number; readonly part: number }) {
  return `${choice}/${part}`;
}

function added<V extends { readonly choice: number; readonly part: number }>(
  event: Event,
  value: V,
  member: keyof V & string,
  stage: GuardStageName,
  name = "",
  json = false,
): readonly AddedText[] {
  const text = value[member] as string; // the callers name members that hold texts
  if (text === "") return [];
  const replace = (other: string): Event => {
    const { event: kind } = event;
    return { ...event, event: { ...kind, value: { ...kind.value, [member]: other } } } as Event;
  };
  const part = partOf(value);
  const goesOn = event.event.case === "textDelta" && value.choice === 0;
  return [{ channel: `${part} ${stage} ${name}`, part, stage, json, goesOn, text, replace }];
}
