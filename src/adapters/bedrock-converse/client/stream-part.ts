import type { Event, ReasoningDelta } from "../../../../gen/parlance/chat/v1/event_pb.js";
import type { Part, Reasoning } from "../../../../gen/parlance/chat/v1/part_pb.js";
import type { FrameText } from "../../../core/dialect.ts";
import { reasoningDelta } from "../../../events/make-events.ts";
import { printBase64 } from "../../../json/base64.ts";
import { createObjectEnd, followObject } from "../../../json/object-end.ts";
import type { Writable } from "../../../json/write.ts";
import type { BlockPlace, SequencedBlock } from "../../shared/blocks/block-sequence.ts";
import { addProof, createProof } from "../../shared/blocks/foreign-proof.ts";
import { deltasOfWhole } from "../../shared/blocks/whole-part.ts";
import { sealCall } from "../../shared/sealed-reasoning.ts";
import { isOwnProof, sealThinking } from "../sealed-reasoning.ts";
import { encodeCitation } from "../vendor/citation.ts";
import { encodeReplyBlock, imageFormat } from "./response-message.ts";
import { deltaFrame, frame } from "./stream-frames.ts";

/** A block that a client has been sent the beginning of: the stream's own, changed in place. */
export interface ReplyBlock extends SequencedBlock {
  readonly kind: "text" | "reasoning" | "tool";
  /** The client's number of it. */
  readonly index: number;
  /** The id of a tool call, and its signature so far. */
  readonly toolCallId: string;
  callSignature: string;
  /** Which summary of the reasoning was sent last. */
  summary: number;
  /** Another vendor's proof of the reasoning so far, which is sent when the block ends. */
  readonly proof: Reasoning;
  signed: boolean;
}

/** The part of an event and the kind of its block; undefined where there is nothing to say. */
export function placeOf({
  event,
}: Event): { readonly part: number; readonly kind: ReplyBlock["kind"] } | undefined {
  switch (event.case) {
    case "textDelta":
    case "refusalDelta":
      return event.value.text === "" ? undefined : { part: event.value.part, kind: "text" };
    case "audioDelta":
      return event.value.transcript === "" ? undefined : { part: event.value.part, kind: "text" };
    case "citationAdd":
      return { part: event.value.part, kind: "text" };
    case "reasoningDelta": {
      const { part, text, summary, signature, encrypted, id } = event.value;
      const says = [text, summary, signature, encrypted, id].some((word) => word !== "");
      return says ? { part, kind: "reasoning" } : undefined;
    }
    case "toolCallStart":
    case "toolCallDelta":
      return { part: event.value.part, kind: "tool" };
    default:
      return undefined;
  }
}

/** A block begins with the event that first names it. Only tools tell a start. */
export function beginReply(
  first: Event,
  { part, kind, index }: BlockPlace<ReplyBlock>,
  frames: FrameText[],
): ReplyBlock {
  const { event } = first;
  const { id, name, custom } =
    event.case === "toolCallStart" ? event.value : { id: "", name: "", custom: false };
  if (kind === "tool") {
    frames.push(startFrame(index, { toolUse: { toolUseId: id, name } }));
    if (custom) frames.push(inputFrame(index, '{"input":"'));
  }
  const block: ReplyBlock = {
    part,
    kind,
    index,
    custom,
    input: createObjectEnd(),
    toolCallId: id,
    callSignature: "",
    summary: 0,
    signed: false,
    proof: createProof(),
  };
  addToReply(block, first, frames);
  return block;
}

/** An event is added to its block. */
export function addToReply(block: ReplyBlock, { event }: Event, frames: FrameText[]): void {
  const { index } = block;
  switch (event.case) {
    case "textDelta":
    case "refusalDelta":
      frames.push(deltaFrame(index, { text: event.value.text }));
      return;
    case "audioDelta":
      frames.push(deltaFrame(index, { text: event.value.transcript }));
      return;
    case "citationAdd": {
      const { citation } = event.value;
      const encoded = citation === undefined ? undefined : encodeCitation(citation);
      if (encoded !== undefined) frames.push(deltaFrame(index, { citation: encoded }));
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

/** The frames that end a block. Reasoning that the vendor did not sign gets its seal. */
export function endReply(block: ReplyBlock, frames: FrameText[]): void {
  const { custom, index, kind, proof, signed } = block;
  if (custom) frames.push(inputFrame(index, '"}'));
  if (kind === "reasoning" && !signed)
    frames.push(reasoningFrame(index, { signature: sealThinking(proof) }));
  frames.push(stopFrame(index));
}

/** The events that a whole part stands for, where a stream tells it in deltas; else none. */
export function deltasOf(whole: Part, part: number): readonly Event[] {
  const { content } = whole;
  if (content.case !== "reasoning") return deltasOfWhole(whole, part);
  const { dialect, text, summaries, signature, encrypted, id } = content.value;
  const words = text === "" ? summaries.join("\n\n") : text;
  const delta = reasoningDelta(dialect, part, words, signature, encrypted);
  if (delta.event.case === "reasoningDelta") delta.event.value.id = id;
  return [delta];
}

/** A whole block in frames; undefined for what this dialect has no words for in a stream. */
export function wholeFrames(part: Part): ((index: number) => readonly FrameText[]) | undefined {
  const { content } = part;
  const block = encodeReplyBlock(part);
  if (block === undefined) return undefined;
  if (content.case !== "image" || content.value.source.case !== "data")
    return (index) => [startFrame(index, block), stopFrame(index)];
  const format = imageFormat(content.value.mediaType);
  const image = { source: { bytes: printBase64(content.value.source.value) } };
  return (index) => [
    startFrame(index, { image: { format } }),
    deltaFrame(index, { image }),
    stopFrame(index),
  ];
}

/** The block that holds the proof of a tool call, and follows it; none where there is none. */
export function proofFrames(
  { toolCallId, callSignature }: ReplyBlock,
  index: number,
): readonly FrameText[] {
  if (callSignature === "") return [];
  const signature = sealCall({ toolCallId, signature: callSignature });
  return [
    reasoningFrame(index, { text: "" }),
    reasoningFrame(index, { signature }),
    stopFrame(index),
  ];
}

function startFrame(index: number, start: Writable): FrameText {
  return frame("contentBlockStart", { contentBlockIndex: index, start });
}

function stopFrame(index: number): FrameText {
  return frame("contentBlockStop", { contentBlockIndex: index });
}

function inputFrame(index: number, input: string): FrameText {
  return deltaFrame(index, { toolUse: { input } });
}

function reasoningFrame(index: number, reasoningContent: Writable): FrameText {
  return deltaFrame(index, { reasoningContent });
}

/** Full text comes first: summaries of other vendors are sent where there is nothing else. */
function addReasoning(block: ReplyBlock, delta: ReasoningDelta, frames: FrameText[]): void {
  const { index } = block;
  const own = isOwnProof(delta);
  if (own && delta.encrypted !== "") {
    frames.push(reasoningFrame(index, { redactedContent: delta.encrypted }));
    block.signed = true;
  }
  const at = delta.summaryIndex ?? block.summary;
  const gap = at > block.summary ? "\n\n" : "";
  const text = delta.text === "" && delta.summary !== "" ? gap + delta.summary : delta.text;
  if (text !== "") frames.push(reasoningFrame(index, { text }));
  block.summary = at;
  if (own && delta.signature !== "") {
    frames.push(reasoningFrame(index, { signature: delta.signature }));
    block.signed = true;
  } else if (!own) addProof(block.proof, delta, at);
}
