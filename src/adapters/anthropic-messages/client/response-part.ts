import type { Event, ReasoningDelta } from "../../../../gen/parlance/chat/v1/event_pb.js";
import type { Part, Reasoning } from "../../../../gen/parlance/chat/v1/part_pb.js";
import type { FrameText } from "../../../core/dialect.ts";
import { isObject, type JsonObject, parseJson } from "../../../json/json.ts";
import { createObjectEnd, followObject } from "../../../json/object-end.ts";
import { sliceJsonText } from "../../../json/slice.ts";
import type { Writable } from "../../../json/write.ts";
import type { BlockPlace, SequencedBlock } from "../../shared/blocks/block-sequence.ts";
import { addProof, createProof } from "../../shared/blocks/foreign-proof.ts";
import { encodeCitation } from "../citation.ts";
import { encodeCallProof, isOwnProof, sealThinking } from "../sealed-reasoning.ts";
import { encodeReplyBlock } from "./response-message.ts";
import {
  blockStartFrame,
  blockStopFrame,
  citationFrame,
  inputFrame,
  signatureFrame,
  textFrame,
  thinkingFrame,
} from "./stream-frames.ts";

/** The block that is being sent to a client: the stream's own, changed in place. */
export interface ReplyBlock extends SequencedBlock {
  readonly kind: BlockKind;
  /** The client's number of it. */
  readonly index: number;
  /** Which summary of the reasoning was sent last. */
  summary: number;
  /** Another vendor's proof of the reasoning so far, which is sent when the block ends. */
  readonly proof: Reasoning;
  /** The vendor's own signature was sent. */
  signed: boolean;
  /** The id of the tool call, and its signature so far. */
  readonly toolCallId: string;
  callSignature: string;
}

/** What a block is. */
export type BlockKind = "text" | "thinking" | "redacted" | "tool";

/**
 * Where an event belongs: its part and what kind of block that makes; undefined for what this
 * dialect has no words for.
 */
export function placeOf({
  event,
}: Event): { readonly part: number; readonly kind: BlockKind } | undefined {
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
    default:
      return undefined;
  }
}

/** A block begins with the event that first names it. */
export function beginReply(
  event: Event,
  { part, kind, index }: BlockPlace<ReplyBlock>,
  frames: FrameText[],
): ReplyBlock {
  const start =
    event.event.case === "toolCallStart" ? event.event.value : { id: "", name: "", custom: false };
  const block: ReplyBlock = {
    part,
    kind,
    index,
    input: createObjectEnd(),
    custom: start.custom,
    summary: 0,
    proof: createProof(),
    signed: false,
    toolCallId: start.id,
    callSignature: "",
  };
  frames.push(blockStartFrame(index, firstOf(event, kind, start)));
  if (kind === "tool" && start.custom) frames.push(inputFrame(index, '{"input":"'));
  if (kind !== "redacted") addToReply(block, event, frames);
  return block;
}

/** What a block is before anything is added to it. */
function firstOf(
  event: Event,
  kind: BlockKind,
  { id, name }: { readonly id: string; readonly name: string },
): Writable {
  switch (kind) {
    case "text":
      return { type: "text", text: "" };
    case "thinking":
      return { type: "thinking", thinking: "", signature: "" };
    case "redacted": {
      const data = event.event.case === "reasoningDelta" ? event.event.value.encrypted : "";
      return { type: "redacted_thinking", data };
    }
    case "tool":
      return { type: "tool_use", id, name, input: {} };
  }
}

/** An event is added to the block that it belongs to. */
export function addToReply(block: ReplyBlock, { event }: Event, frames: FrameText[]): void {
  const { index } = block;
  switch (event.case) {
    case "textDelta":
    case "refusalDelta":
      frames.push(textFrame(index, event.value.text));
      return;
    case "audioDelta":
      frames.push(textFrame(index, event.value.transcript));
      return;
    case "citationAdd": {
      const citation =
        event.value.citation === undefined ? undefined : encodeCitation(event.value.citation);
      if (citation !== undefined) frames.push(citationFrame(index, citation));
      return;
    }
    case "reasoningDelta":
      addReasoning(block, event.value, frames);
      return;
    case "toolCallStart":
      block.callSignature += event.value.signature;
      return;
    case "toolCallDelta": {
      const { input, signature } = event.value;
      block.callSignature += signature;
      if (input === "") return;
      frames.push(inputFrame(index, block.custom ? JSON.stringify(input).slice(1, -1) : input));
      followObject(block.input, input);
      return;
    }
    default:
      return;
  }
}

/** The frames that end a block. Thinking that the vendor did not sign gets its seal. */
export function endReply(
  { custom, index, kind, proof, signed }: ReplyBlock,
  frames: FrameText[],
): void {
  if (custom) frames.push(inputFrame(index, '"}'));
  if (kind === "thinking" && !signed) frames.push(signatureFrame(index, sealThinking(proof)));
  frames.push(blockStopFrame(index));
}

/** The block that holds the proof of a tool call, and follows it; none where there is none. */
export function proofFrames(
  { toolCallId, callSignature }: ReplyBlock,
  index: number,
): readonly FrameText[] {
  const proof = encodeCallProof({ id: toolCallId, signature: callSignature });
  return proof === undefined ? [] : [blockStartFrame(index, proof), blockStopFrame(index)];
}

/** A whole block in frames; undefined for what this dialect has no words for. */
export function wholeFrames(part: Part): ((index: number) => readonly FrameText[]) | undefined {
  const block = encodeReplyBlock(part);
  if (block === undefined) return undefined;
  const call = part.content.case === "opaque" ? serverCall(part.content.value.json) : undefined;
  if (call !== undefined) return (index) => callFrames(index, call);
  return (index) => [blockStartFrame(index, block), blockStopFrame(index)];
}

/** A tool that the vendor runs itself: clients read its input in deltas, as that of their own. */
function serverCall(json: string): ServerCall | undefined {
  if (!json.includes('"server_tool_use"')) return undefined;
  const parsed = parseJson(json);
  if (!parsed.ok || !isObject(parsed.value) || parsed.value.type !== "server_tool_use")
    return undefined;
  const input = sliceJsonText(Buffer.from(json), ["input"]) ?? "{}";
  return { block: { ...parsed.value, input: {} }, input };
}

interface ServerCall {
  readonly block: JsonObject;
  /** Its exact text. */
  readonly input: string;
}

function callFrames(index: number, { block, input }: ServerCall): readonly FrameText[] {
  return [blockStartFrame(index, block), inputFrame(index, input), blockStopFrame(index)];
}

function placeOfReasoning(
  delta: ReasoningDelta,
): { readonly part: number; readonly kind: BlockKind } | undefined {
  const { part, text, summary, signature, encrypted, id } = delta;
  if (isOwnProof(delta) && encrypted !== "") return { part, kind: "redacted" };
  const says = [text, summary, signature, encrypted, id].some((word) => word !== "");
  return says ? { part, kind: "thinking" } : undefined;
}

/** Full text comes first: another vendor's summaries are sent where there is nothing else. */
function addReasoning(block: ReplyBlock, delta: ReasoningDelta, frames: FrameText[]): void {
  const { index } = block;
  const at = delta.summaryIndex ?? block.summary;
  if (delta.text !== "") frames.push(thinkingFrame(index, delta.text));
  else if (delta.summary !== "")
    frames.push(thinkingFrame(index, (at > block.summary ? "\n\n" : "") + delta.summary));
  block.summary = at;
  if (isOwnProof(delta) && delta.signature !== "") {
    frames.push(signatureFrame(index, delta.signature));
    block.signed = true;
  } else addProof(block.proof, delta, at);
}
