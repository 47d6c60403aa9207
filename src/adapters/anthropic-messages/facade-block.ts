import type { Event, ReasoningDelta } from "../../../gen/parlance/chat/v1/event_pb.js";
import type { Reasoning } from "../../../gen/parlance/chat/v1/part_pb.js";
import type { FrameText } from "../../core/dialect.ts";
import { isObject, parseJson } from "../../core/json.ts";
import type { Body } from "../../core/json-members.ts";
import type { CallProof } from "../../core/sealed-reasoning.ts";
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
import { encodeCallProof, isOwnProof, sealThinking } from "./seal-thinking.ts";

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
  /** Another vendor's proof of the reasoning so far, which is told when the block ends. */
  readonly proof: Reasoning;
  /** The vendor's own signature was told. */
  readonly signed: boolean;
  /** The id of the tool call, and its signature so far. */
  readonly call: CallProof;
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
  const call = { toolCallId: event.event.case === "toolCallStart" ? event.event.value.id : "", signature: "" };
  const block: ReplyBlock = { part, kind, index, input: "", custom, summary: 0, proof: NO_PROOF, signed: false, call };
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
    case "toolCallStart":
      return { block: withCallProof(block, event.value.signature), frames };
    case "toolCallDelta": {
      const { input, signature } = event.value;
      const proven = withCallProof(block, signature);
      if (input === "") return { block: proven, frames };
      frames.push(inputFrame(index, block.custom ? JSON.stringify(input).slice(1, -1) : input));
      return { block: { ...proven, input: block.input + input }, frames };
    }
    default:
      return { block, frames };
  }
}

/** The frames that end a block. Thinking that the vendor did not sign gets its seal. */
export function endReply({ custom, index, kind, proof, signed }: ReplyBlock): FrameText[] {
  const frames = custom ? [inputFrame(index, '"}')] : [];
  if (kind === "thinking" && !signed) frames.push(signatureFrame(index, sealThinking(proof)));
  frames.push(blockStopFrame(index));
  return frames;
}

/** The block that holds the proof of a tool call, and follows it; undefined where there is none. */
export function proofBlock({ call }: ReplyBlock): Body | undefined {
  return encodeCallProof({ id: call.toolCallId, signature: call.signature });
}

function withCallProof(block: ReplyBlock, signature: string): ReplyBlock {
  if (signature === "") return block;
  return { ...block, call: { ...block.call, signature: block.call.signature + signature } };
}

const NO_PROOF: Reasoning = {
  $typeName: "parlance.chat.v1.Reasoning",
  text: "",
  signature: "",
  encrypted: "",
  summaries: [],
  id: "",
  dialect: "",
};

/** Whether nothing more can come to a block: a tool's input is complete when it is a whole object. */
export function isComplete(block: ReplyBlock): boolean {
  if (block.kind !== "tool") return true;
  if (block.custom || !block.input.trimEnd().endsWith("}")) return false;
  const parsed = parseJson(block.input);
  return parsed.ok && isObject(parsed.value);
}

function placeOfReasoning(delta: ReasoningDelta): { readonly part: number; readonly kind: BlockKind } | undefined {
  const { part, text, summary, signature, encrypted, id } = delta;
  if (isOwnProof(delta) && encrypted !== "") return { part, kind: "redacted" };
  const says = [text, summary, signature, encrypted, id].some((word) => word !== "");
  return says ? { part, kind: "thinking" } : undefined;
}

/** Words come first: another vendor's summaries are told where there is nothing else. */
function addReasoning({ block, frames }: BlockFrames, delta: ReasoningDelta): BlockFrames {
  const { index } = block;
  const at = delta.summaryIndex ?? block.summary;
  if (delta.text !== "") frames.push(thinkingFrame(index, delta.text));
  else if (delta.summary !== "") frames.push(thinkingFrame(index, (at > block.summary ? "\n\n" : "") + delta.summary));
  const own = isOwnProof(delta) && delta.signature !== "";
  if (own) frames.push(signatureFrame(index, delta.signature));
  const proof = own ? block.proof : addProof(block.proof, delta, at);
  const same = at === block.summary && proof === block.proof && !own;
  return { block: same ? block : { ...block, summary: at, proof, signed: block.signed || own }, frames };
}

/** What the words do not tell: whose reasoning it is, what it is proven by, and its summaries as they are cut. */
function addProof(proof: Reasoning, delta: ReasoningDelta, at: number): Reasoning {
  const { signature, encrypted, id, dialect, summary } = delta;
  if (signature === "" && encrypted === "" && id === "" && dialect === "" && summary === "") return proof;
  return {
    ...proof,
    signature: proof.signature + signature,
    encrypted: proof.encrypted + encrypted,
    id: id === "" ? proof.id : id,
    dialect: dialect === "" ? proof.dialect : dialect,
    summaries: summary === "" ? proof.summaries : addSummary(proof.summaries, summary, at),
  };
}

function addSummary(summaries: readonly string[], summary: string, at: number): string[] {
  const longer = Array.from({ length: Math.max(summaries.length, at + 1) }, (_, index) => summaries[index] ?? "");
  return longer.with(at, (longer[at] ?? "") + summary);
}
