import type { CitationAdd, Event, ReasoningDelta } from "../../../gen/parlance/chat/v1/event_pb.js";
import type { FrameText } from "../../core/dialect.ts";
import { encodeCitation } from "./citation.ts";
import { frame } from "./facade-frame.ts";
import { callIdOf, isPlan } from "./facade-response.ts";

/** A part that a client has been told of. */
export interface ReplyPart {
  readonly kind: "text" | "thinking" | "plan" | "call";
  /** The number of the part in the contract. */
  readonly part: number;
  /** The client's number of it: content and calls are counted apart. */
  readonly index: number;
  /** A call whose free text is told as the string member `input` of an object. */
  readonly custom: boolean;
  /** Whether a call has any input. */
  readonly fed: boolean;
}

/** What an event tells of a part. */
export interface ToldPart {
  readonly part: ReplyPart;
  readonly known: boolean;
  readonly frames: readonly FrameText[];
}

/** The frames that an event makes of its part, which it begins if need be; undefined where this dialect has no words. */
export function tellPart({ event }: Event, parts: readonly ReplyPart[], callId: string): ToldPart | undefined {
  switch (event.case) {
    case "textDelta":
    case "refusalDelta":
      return tellText(event.value.part, event.value.text, parts);
    case "audioDelta":
      return event.value.transcript === "" ? undefined : tellText(event.value.part, event.value.transcript, parts);
    case "reasoningDelta":
      return tellReasoning(event.value, parts);
    case "toolCallStart": {
      const { id, name, custom, part: number } = event.value;
      const part = begin("call", number, parts, custom);
      const call = {
        id: callIdOf(id, callId, part.index),
        type: "function",
        function: { name, arguments: custom ? '{"input":"' : "" },
      };
      const delta = { message: { tool_calls: call } };
      return { part, known: false, frames: [frame("tool-call-start", { index: part.index, delta })] };
    }
    case "toolCallDelta": {
      const part = find(event.value.part, parts);
      if (part?.kind !== "call" || event.value.input === "") return undefined;
      const input = part.custom ? JSON.stringify(event.value.input).slice(1, -1) : event.value.input;
      return { part: { ...part, fed: true }, known: true, frames: [inputFrame(part.index, input)] };
    }
    case "partWhole": {
      const content = event.value.content?.content;
      return content?.case === "text" || content?.case === "refusal"
        ? tellText(event.value.part, content.value.text, parts)
        : undefined;
    }
    default:
      return undefined;
  }
}

/** The frames that end a part. */
export function closePart({ kind, index, custom }: ReplyPart): FrameText[] {
  switch (kind) {
    case "text":
    case "thinking":
      return [frame("content-end", { index })];
    case "call":
      return [...(custom ? [inputFrame(index, '"}')] : []), frame("tool-call-end", { index })];
    case "plan":
      return [];
  }
}

/** A citation begins and ends at once. Its words are not known here: `text` is empty. */
export function citationFrames(
  { citation, part }: CitationAdd,
  index: number,
  parts: readonly ReplyPart[],
): readonly FrameText[] {
  const citations = citation === undefined ? undefined : encodeCitation(citation, "", find(part, parts)?.index ?? 0);
  if (citations === undefined) return [];
  return [frame("citation-start", { index, delta: { message: { citations } } }), frame("citation-end", { index })];
}

function tellText(number: number, text: string, parts: readonly ReplyPart[]): ToldPart {
  return tellContent("text", number, text, parts);
}

function tellReasoning(delta: ReasoningDelta, parts: readonly ReplyPart[]): ToldPart | undefined {
  const words = delta.text === "" ? delta.summary : delta.text;
  const known = find(delta.part, parts);
  if (words === "" && known === undefined && (delta.signature !== "" || delta.encrypted !== "")) return undefined;
  if (known?.kind !== "plan" && !isPlan(delta)) return tellContent("thinking", delta.part, words, parts);
  const part = known ?? begin("plan", delta.part, parts);
  const message = { tool_plan: words };
  return {
    part,
    known: known !== undefined,
    frames: words === "" ? [] : [frame("tool-plan-delta", { delta: { message } })],
  };
}

function tellContent(kind: "text" | "thinking", number: number, words: string, parts: readonly ReplyPart[]): ToldPart {
  const found = find(number, parts);
  const part = found ?? begin(kind, number, parts);
  const { index } = part;
  const key = kind === "text" ? "text" : "thinking";
  const frames: FrameText[] = [];
  if (found === undefined) {
    frames.push(frame("content-start", { index, delta: { message: { content: { type: kind, [key]: "" } } } }));
  }
  if (words !== "") frames.push(frame("content-delta", { index, delta: { message: { content: { [key]: words } } } }));
  return { part, known: found !== undefined, frames };
}

function find(number: number, parts: readonly ReplyPart[]): ReplyPart | undefined {
  return parts.find(({ part }) => part === number);
}

function begin(kind: ReplyPart["kind"], part: number, parts: readonly ReplyPart[], custom = false): ReplyPart {
  const counted = (other: ReplyPart): boolean =>
    kind === "call" ? other.kind === "call" : other.kind === "text" || other.kind === "thinking";
  return { kind, part, index: kind === "plan" ? 0 : parts.filter(counted).length, custom, fed: custom };
}

function inputFrame(index: number, input: string): FrameText {
  return frame("tool-call-delta", { index, delta: { message: { tool_calls: { function: { arguments: input } } } } });
}
