import type { Event } from "../../../../gen/parlance/chat/v1/event_pb.js";
import {
  citationAdd,
  partEnd,
  partWhole,
  reasoningDelta,
  textDelta,
  toolCallDelta,
  toolCallStart,
} from "../../../events/make-events.ts";
import { isObject, type JsonObject, objectAt, parseJson, stringAt } from "../../../json/json.ts";
import { type Body, mergeMembers } from "../../../json/members.ts";
import {
  elementSources,
  memberSource,
  type Source,
  sourceText,
} from "../../../json/source-slice.ts";
import { rawJson, type Writable, writeJson } from "../../../json/write.ts";
import type { EventWork } from "../../shared/event-work.ts";
import { decodeCitation } from "./citation.ts";
import { imagePart, isServerTool, opaquePart } from "./content-part.ts";
import { proofOf } from "./sealed-reasoning.ts";

/** A content block that has begun and not ended: its stream's own, changed in place. */
export interface OpenBlock {
  /** The vendor's number of it. */
  readonly index: number;
  /** Our number: blocks are parts, in the order in which they begin. */
  readonly part: number;
  readonly kind: "text" | "reasoning" | "tool" | "image" | "opaque";
  /** "some" once a tool's input has come; the text so far of an opaque tool's input. */
  input: string;
  /** The member name of an opaque block, and a picture's format. */
  readonly name: string;
  /** What an opaque block began with, as JSON text. */
  readonly start: string;
  /** Objects that were added to that, as JSON texts. */
  readonly added: string[];
  /** Elements of an opaque result, as JSON texts, or pieces of a picture. */
  readonly pieces: string[];
}

/**
 * A block begins with a start of its own: a tool use, the result of the vendor's own tool, a
 * picture, or what is not known.
 */
export function beginBlock(
  index: number,
  part: number,
  { json: start, source, events }: EventWork,
): OpenBlock {
  const toolUse = objectAt(start, "toolUse");
  if (toolUse !== undefined && !isServerTool(toolUse)) {
    const name = stringAt(toolUse, "name") ?? "";
    const id = stringAt(toolUse, "toolUseId") ?? "";
    events.push(toolCallStart(part, id, name));
    return blockOf(index, part, "tool");
  }
  const image = objectAt(start, "image");
  if (image !== undefined) return blockOf(index, part, "image", stringAt(image, "format") ?? "");
  const name = Object.keys(start)[0] ?? "";
  return blockOf(index, part, "opaque", name, sourceText(memberSource(source, name), start[name]));
}

/**
 * The block that a delta begins where the vendor tells no start, as it does for text and reasoning.
 */
export function beginByDelta(index: number, part: number, delta: JsonObject): OpenBlock {
  return blockOf(index, part, kindOf(delta), Object.keys(delta)[0] ?? "", "{}");
}

function blockOf(
  index: number,
  part: number,
  kind: OpenBlock["kind"],
  name = "",
  start = "",
): OpenBlock {
  return { index, part, kind, input: "", name, start, added: [], pieces: [] };
}

/** Whether a delta can be added to a block; if not, a new part begins with it. */
export function fits(block: OpenBlock, delta: JsonObject): boolean {
  if (block.kind === "opaque") return true;
  return kindOf(delta) === block.kind;
}

/** Input comes in pieces of its text; some servers send the object. */
function inputOf({ input }: JsonObject): string {
  if (typeof input === "string") return input;
  return isObject(input) ? JSON.stringify(input) : "";
}

/** Something is added to a block. `claude`: Claude answers. */
export function addToBlock(
  block: OpenBlock,
  delta: JsonObject,
  source: Source,
  claude: boolean,
): readonly Event[] {
  const { part } = block;
  switch (block.kind) {
    case "text":
      return addText(part, delta, source);
    case "reasoning":
      return addReasoning(part, objectAt(delta, "reasoningContent") ?? {}, claude);
    case "tool":
      return addInput(block, inputOf(objectAt(delta, "toolUse") ?? {}));
    case "image": {
      const bytes =
        stringAt(objectAt(objectAt(delta, "image") ?? {}, "source") ?? {}, "bytes") ?? "";
      if (bytes !== "") block.pieces.push(bytes);
      return [];
    }
    case "opaque":
      addToOpaque(block, delta, source);
      return [];
  }
}

/** A block ends: a tool without input has the empty one; pictures and opaque blocks are whole. */
export function endBlock(block: OpenBlock): Event[] {
  const { part, kind, input } = block;
  switch (kind) {
    case "text":
    case "reasoning":
      return [partEnd(part)];
    case "tool":
      return input === "" ? [toolCallDelta(part, "{}"), partEnd(part)] : [partEnd(part)];
    case "image": {
      const whole = imagePart(block.name, joinBase64(block.pieces)) ?? opaquePart("{}");
      return [partWhole(part, whole), partEnd(part)];
    }
    case "opaque":
      return [partWhole(part, opaquePart(wholeJson(block))), partEnd(part)];
  }
}

function kindOf(delta: JsonObject): OpenBlock["kind"] {
  if (delta.text !== undefined || delta.citation !== undefined) return "text";
  if (delta.reasoningContent !== undefined) return "reasoning";
  if (delta.toolUse !== undefined) return "tool";
  return delta.image === undefined ? "opaque" : "image";
}

function addText(part: number, delta: JsonObject, source: Source): Event[] {
  const text = stringAt(delta, "text") ?? "";
  const citation = objectAt(delta, "citation");
  const events = text === "" ? [] : [textDelta(part, text)];
  if (citation !== undefined)
    events.push(citationAdd(part, decodeCitation(citation, memberSource(source, "citation"))));
  return events;
}

function addReasoning(part: number, json: JsonObject, claude: boolean): Event[] {
  const text = stringAt(json, "text") ?? "";
  const signature = stringAt(json, "signature") ?? "";
  const encrypted = stringAt(json, "redactedContent") ?? "";
  if (text === "" && signature === "" && encrypted === "") return [];
  const proof = proofOf(signature, encrypted, claude);
  return [reasoningDelta(proof.dialect, part, text, proof.signature, proof.encrypted)];
}

/** Only whether there was any input is remembered. */
function addInput(block: OpenBlock, input: string): Event[] {
  if (input === "") return [];
  block.input = "some";
  return [toolCallDelta(block.part, input)];
}

/** The vendor streams a tool's input as text, and a result as lists of its elements. */
function addToOpaque(block: OpenBlock, delta: JsonObject, source: Source): void {
  const value = delta[block.name];
  if (Array.isArray(value)) {
    const sourceAt = elementSources(memberSource(source, block.name));
    for (const [index, piece] of value.entries())
      block.pieces.push(sourceText(sourceAt(index), piece));
    return;
  }
  if (!isObject(value)) return;
  const input = stringAt(value, "input");
  if (input !== undefined) block.input += input;
  else block.added.push(sourceText(memberSource(source, block.name), value));
}

function wholeJson({ name, start, added, input, pieces }: OpenBlock): string {
  const body: Body = {};
  if (!mergeMembers(body, start)) return writeJson({ [name]: rawJson(start) });
  for (const text of added) mergeMembers(body, text);
  if (input !== "") body.input = parseJson(input).ok ? rawJson(input) : input;
  if (pieces.length > 0) body.content = pieces.map((piece): Writable => rawJson(piece));
  return writeJson({ [name]: body });
}

/** Pieces of base64 may end in padding each. */
function joinBase64(pieces: readonly string[]): string {
  if (pieces.length < 2) return pieces[0] ?? "";
  return Buffer.concat(pieces.map((piece) => Buffer.from(piece, "base64"))).toString("base64");
}
