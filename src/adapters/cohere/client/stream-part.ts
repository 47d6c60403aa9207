import type {
  CitationAdd,
  Event,
  ReasoningDelta,
} from "../../../../gen/parlance/chat/v1/event_pb.js";
import type { FrameText } from "../../../core/dialect.ts";
import { encodeCitation } from "../citation.ts";
import { callIdOf, isPlan } from "./response.ts";
import { frame } from "./stream-frames.ts";

/** A part that has been sent to a client: the stream's own, changed in place. */
export interface ReplyPart {
  readonly kind: "text" | "thinking" | "plan" | "call";
  /** The number of the part in the contract. */
  readonly part: number;
  /** The client's number of it: content and calls are counted apart. */
  readonly index: number;
  /** A call whose free text is sent as the string member `input` of an object. */
  readonly custom: boolean;
  /** Whether a call has any input. */
  fed: boolean;
}

/** The parts that has been sent to a client: the stream's own, changed in place. */
export interface ReplyParts {
  /** By their numbers in the contract. */
  readonly byPart: Map<number, ReplyPart>;
  /** How many there are of content and of calls. */
  contents: number;
  calls: number;
  /** The client's number of the last text. */
  lastText: number;
}

/** No parts yet. */
export function createParts(): ReplyParts {
  return { byPart: new Map(), contents: 0, calls: 0, lastText: 0 };
}

/** A part with the frames that an event adds to it. */
export interface PartFrames {
  readonly part: ReplyPart;
  readonly known: boolean;
  readonly frames: readonly FrameText[];
}

/**
 * The frames that an event makes of its part, which it begins if need be; undefined where this
 * dialect has no such event.
 */
export function tellPart(
  { event }: Event,
  parts: ReplyParts,
  callId: string,
): PartFrames | undefined {
  switch (event.case) {
    case "textDelta":
    case "refusalDelta":
      return tellContent("text", event.value.part, event.value.text, parts);
    case "audioDelta":
      return event.value.transcript === ""
        ? undefined
        : tellContent("text", event.value.part, event.value.transcript, parts);
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
      return {
        part,
        known: false,
        frames: [frame("tool-call-start", { index: part.index, delta })],
      };
    }
    case "toolCallDelta": {
      const part = parts.byPart.get(event.value.part);
      if (part?.kind !== "call" || event.value.input === "") return undefined;
      const input = part.custom
        ? JSON.stringify(event.value.input).slice(1, -1)
        : event.value.input;
      part.fed = true;
      return { part, known: true, frames: [inputFrame(part.index, input)] };
    }
    case "partWhole": {
      const content = event.value.content?.content;
      return content?.case === "text" || content?.case === "refusal"
        ? tellContent("text", event.value.part, content.value.text, parts)
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
  { byPart }: ReplyParts,
): readonly FrameText[] {
  const citations =
    citation === undefined ? undefined : encodeCitation(citation, "", byPart.get(part)?.index ?? 0);
  if (citations === undefined) return [];
  return [
    frame("citation-start", { index, delta: { message: { citations } } }),
    frame("citation-end", { index }),
  ];
}

function tellReasoning(delta: ReasoningDelta, parts: ReplyParts): PartFrames | undefined {
  const words = delta.text === "" ? delta.summary : delta.text;
  const known = parts.byPart.get(delta.part);
  if (words === "" && known === undefined && (delta.signature !== "" || delta.encrypted !== ""))
    return undefined;
  if (known?.kind !== "plan" && !isPlan(delta))
    return tellContent("thinking", delta.part, words, parts);
  const part = known ?? begin("plan", delta.part, parts);
  const message = { tool_plan: words };
  return {
    part,
    known: known !== undefined,
    frames: words === "" ? [] : [frame("tool-plan-delta", { delta: { message } })],
  };
}

function tellContent(
  kind: "text" | "thinking",
  number: number,
  words: string,
  parts: ReplyParts,
): PartFrames {
  const found = parts.byPart.get(number);
  const part = found ?? begin(kind, number, parts);
  const { index } = part;
  const key = kind === "text" ? "text" : "thinking";
  const frames: FrameText[] = [];
  if (found === undefined) {
    frames.push(
      frame("content-start", { index, delta: { message: { content: { type: kind, [key]: "" } } } }),
    );
  }
  if (words !== "")
    frames.push(
      frame("content-delta", { index, delta: { message: { content: { [key]: words } } } }),
    );
  return { part, known: found !== undefined, frames };
}

function begin(
  kind: ReplyPart["kind"],
  number: number,
  parts: ReplyParts,
  custom = false,
): ReplyPart {
  const index = kind === "plan" ? 0 : kind === "call" ? parts.calls : parts.contents;
  const part: ReplyPart = { kind, part: number, index, custom, fed: custom };
  if (kind === "call") parts.calls += 1;
  else if (kind !== "plan") parts.contents += 1;
  if (kind === "text") parts.lastText = index;
  if (!parts.byPart.has(number)) parts.byPart.set(number, part);
  return part;
}

function inputFrame(index: number, input: string): FrameText {
  return frame("tool-call-delta", {
    index,
    delta: { message: { tool_calls: { function: { arguments: input } } } },
  });
}
