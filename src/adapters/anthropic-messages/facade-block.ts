import type { Event, ReasoningDelta } from "../../../gen/parlance/chat/v1/event_pb.js";
import type { FrameText } from "../../core/dialect.ts";
import { isObject, parseJson } from "../../core/json.ts";
import { encodeCitation } from "./citation.ts";
import {
  blockStartFrame,
  blockStopFrame,
  citationFrame,
  inputFrame,
  signatureFrame,
  textFrame,
  thinkingFrame,
} from "./facade-frames.ts";
import { encodeReplyBlock } from "./reply-block.ts";
import { DIALECT } from "./wire.ts";

/** The block that a client is being told. Never changed in place. */
export interface ReplyBlock {
  readonly part: number;
  readonly kind: BlockKind;
  /** The client's number of it. */
  readonly index: number;
  /** Input of a tool so far. */
  readonly input: string;
  /** The tool takes free text, which is told as the string member `input` of an object. */
  readonly custom: boolean;
  /** Which summary of the reasoning was told last. */
  readonly summary: number;
}

/** What a block is. A whole one begins and ends in one step. */
export type BlockKind = "text" | "thinking" | "redacted" | "tool" | "whole";

/** A block after a step, and the frames that tell of it. */
export interface BlockFrames {
  readonly block: ReplyBlock;
  readonly frames: FrameText[];
}

/** Where an event belongs: its part and what kind of block that makes; undefined for what this dialect has no words for. */
export function placeOf({ event }: Event): { readonly part: number; readonly kind: BlockKind } | undefined {
  switch (event.case) {
    case "textDelta":
    case "refusalDelta":
      return event.value.text === "" ? undefined : { part: event.value.part, kind: "text" };
    case "audioDelta":
      return event.value.transcript === "" ? undefined : { part: event.value.part, kind: "text" };
    case "citationAdd":
      return { part: event.value.part, kind: "text" };
    case "reasoningDelta":
      return placeOfReasoning(event.value);
    case "toolCallStart":
    case "toolCallDelta":
      return { part: event.value.part, kind: "tool" };
    case "partWhole":
      return { part: event.value.part, kind: "whole" };
    default:
      return undefined;
  }
}

/** A block begins with the event that first names it. */
export function beginReply(event: Event, part: number, kind: BlockKind, index: number): BlockFrames {
  const custom = event.event.case === "toolCallStart" && event.event.value.custom;
  const block: ReplyBlock = { part, kind, index, input: "", custom, summary: 0 };
  switch (kind) {
    case "text":
      return addToReply({ block, frames: [blockStartFrame(index, { type: "text", text: "" })] }, event);
    case "thinking":
      return addToReply(
        { block, frames: [blockStartFrame(index, { type: "thinking", thinking: "", signature: "" })] },
        event,
      );
    case "redacted": {
      const data = event.event.case === "reasoningDelta" ? event.event.value.encrypted : "";
      return { block, frames: [blockStartFrame(index, { type: "redacted_thinking", data })] };
    }
    case "tool": {
      const { id, name } = event.event.case === "toolCallStart" ? event.event.value : { id: "", name: "" };
      const frames = [blockStartFrame(index, { type: "tool_use", id, name, input: {} })];
      if (custom) frames.push(inputFrame(index, '{"input":"'));
      return addToReply({ block, frames }, event);
    }
    case "whole": {
      const content = event.event.case === "partWhole" ? event.event.value.content : undefined;
      return {
        block,
        frames: [blockStartFrame(index, (content && encodeReplyBlock(content)) ?? { type: "text", text: "" })],
      };
    }
  }
}

/** An event is added to the block that it belongs to. */
export function addToReply({ block, frames }: BlockFrames, { event }: Event): BlockFrames {
  const { index } = block;
  switch (event.case) {
    case "textDelta":
    case "refusalDelta":
      frames.push(textFrame(index, event.value.text));
      return { block, frames };
    case "audioDelta":
      frames.push(textFrame(index, event.value.transcript));
      return { block, frames };
    case "citationAdd": {
      const citation = event.value.citation === undefined ? undefined : encodeCitation(event.value.citation);
      if (citation !== undefined) frames.push(citationFrame(index, citation));
      return { block, frames };
    }
    case "reasoningDelta":
      return addReasoning({ block, frames }, event.value);
    case "toolCallDelta": {
      const { input } = event.value;
      if (input === "") return { block, frames };
      frames.push(inputFrame(index, block.custom ? JSON.stringify(input).slice(1, -1) : input));
      return { block: { ...block, input: block.input + input }, frames };
    }
    default:
      return { block, frames };
  }
}

/** The frames that end a block. */
export function endReply(block: ReplyBlock): FrameText[] {
  return block.custom ? [inputFrame(block.index, '"}'), blockStopFrame(block.index)] : [blockStopFrame(block.index)];
}

/** Whether nothing more can come to a block: a tool's input is complete when it is a whole object. */
export function isComplete(block: ReplyBlock): boolean {
  if (block.kind !== "tool") return true;
  if (block.custom || !block.input.trimEnd().endsWith("}")) return false;
  const parsed = parseJson(block.input);
  return parsed.ok && isObject(parsed.value);
}

function placeOfReasoning(delta: ReasoningDelta): { readonly part: number; readonly kind: BlockKind } | undefined {
  const { part } = delta;
  if (isOwn(delta) && delta.encrypted !== "") return { part, kind: "redacted" };
  if (delta.text !== "" || delta.summary !== "" || (isOwn(delta) && delta.signature !== ""))
    return { part, kind: "thinking" };
  return undefined;
}

/** Words come first: another vendor's summaries are told where there is nothing else. */
function addReasoning({ block, frames }: BlockFrames, delta: ReasoningDelta): BlockFrames {
  const { index } = block;
  const at = delta.summaryIndex ?? block.summary;
  if (delta.text !== "") frames.push(thinkingFrame(index, delta.text));
  else if (delta.summary !== "") frames.push(thinkingFrame(index, (at > block.summary ? "\n\n" : "") + delta.summary));
  if (delta.signature !== "" && isOwn(delta)) frames.push(signatureFrame(index, delta.signature));
  return { block: at === block.summary ? block : { ...block, summary: at }, frames };
}

function isOwn({ dialect }: ReasoningDelta): boolean {
  return dialect === "" || dialect === DIALECT;
}
