import type { Event } from "../../../gen/parlance/chat/v1/event_pb.js";
import { isObject, type Json, type JsonObject, objectAt, stringAt } from "../../core/json.ts";
import { type Body, mergeMembers } from "../../core/json-members.ts";
import { rawJson, writeJson } from "../../core/json-write.ts";
import {
  citationAdd,
  partEnd,
  partWhole,
  reasoningDelta,
  textDelta,
  toolCallDelta,
  toolCallStart,
} from "../../core/make-events.ts";
import { memberSource, type Source, sourceText } from "../../core/source-slice.ts";
import { decodeToolInput } from "../../core/tool-input.ts";
import { decodeCitation } from "./citation.ts";
import { decodeCitations, opaquePart } from "./content-block.ts";
import { isStructured } from "./response.ts";
import { DIALECT } from "./wire.ts";

/** A content block that has begun and not ended. Never changed in place. */
export interface OpenBlock {
  /** The vendor's number of it. */
  readonly index: number;
  /** Our number: blocks are parts, in the order in which they begin. */
  readonly part: number;
  readonly kind: "text" | "thinking" | "tool" | "structured" | "opaque";
  /** Input of a tool has come, or an opaque block's input text so far. */
  readonly input: string;
  /** An opaque block's text, as far as it is known. */
  readonly json: string;
}

/** A block after a frame, and what the frame stands for. */
export interface BlockStep {
  readonly block: OpenBlock;
  readonly events: Event[];
}

/** A block begins; what it holds from the start is not lost. */
export function beginBlock(index: number, part: number, json: JsonObject, source: Source): BlockStep {
  const type = json.type;
  const block: OpenBlock = { index, part, kind: kindOf(json), input: "", json: "" };
  switch (block.kind) {
    case "text": {
      const events = [textDelta(part, stringAt(json, "text") ?? "")];
      for (const citation of decodeCitations(json, source)) events.push(citationAdd(part, citation));
      return { block, events };
    }
    case "thinking": {
      const encrypted = type === "redacted_thinking" ? (stringAt(json, "data") ?? "") : "";
      const text = stringAt(json, "thinking") ?? "";
      return { block, events: [reasoningDelta(DIALECT, part, text, stringAt(json, "signature") ?? "", encrypted)] };
    }
    case "tool":
      return beginTool(block, json, source, [
        toolCallStart(part, stringAt(json, "id") ?? "", stringAt(json, "name") ?? ""),
      ]);
    case "structured":
      return beginTool(block, json, source, [textDelta(part, "")]);
    case "opaque":
      return { block: { ...block, json: sourceText(source, json) }, events: [] };
  }
}

/** Something is added to a block. Deltas of no known kind are added to what an opaque block holds, and ignored elsewhere. */
export function addToBlock(block: OpenBlock, delta: JsonObject, source: Source): BlockStep {
  const { part } = block;
  if (block.kind === "opaque") return { block: addToOpaque(block, delta, source), events: [] };
  switch (delta.type) {
    case "text_delta":
      return { block, events: nonEmpty(stringAt(delta, "text"), (text) => textDelta(part, text)) };
    case "thinking_delta":
      return {
        block,
        events: nonEmpty(stringAt(delta, "thinking"), (text) => reasoningDelta(DIALECT, part, text, "", "")),
      };
    case "signature_delta":
      return {
        block,
        events: nonEmpty(stringAt(delta, "signature"), (text) => reasoningDelta(DIALECT, part, "", text, "")),
      };
    case "input_json_delta":
      return addInput(block, stringAt(delta, "partial_json") ?? "");
    case "citations_delta": {
      const citation = objectAt(delta, "citation");
      if (citation === undefined) return { block, events: [] };
      return { block, events: [citationAdd(part, decodeCitation(citation, memberSource(source, "citation")))] };
    }
    default:
      return { block, events: [] };
  }
}

/** A block ends: a tool without input has the empty one, and an opaque block is whole. */
export function endBlock(block: OpenBlock): Event[] {
  const { part, kind, input } = block;
  switch (kind) {
    case "text":
    case "thinking":
      return [partEnd(part)];
    case "tool":
      return input === "" ? [toolCallDelta(part, "{}"), partEnd(part)] : [partEnd(part)];
    case "structured":
      return input === "" ? [textDelta(part, "{}"), partEnd(part)] : [partEnd(part)];
    case "opaque":
      return [partWhole(part, opaquePart(wholeJson(block))), partEnd(part)];
  }
}

/** The block that a delta belongs to when the vendor left out its beginning. */
export function blockOfDelta(delta: JsonObject): JsonObject {
  switch (delta.type) {
    case "thinking_delta":
    case "signature_delta":
      return { type: "thinking" };
    case "input_json_delta":
      return { type: "tool_use" };
    default:
      return { type: "text" };
  }
}

function kindOf(json: JsonObject): OpenBlock["kind"] {
  switch (json.type) {
    case "text":
      return "text";
    case "thinking":
    case "redacted_thinking":
      return "thinking";
    case "tool_use":
      return isStructured(json.type, json.name) ? "structured" : "tool";
    default:
      return "opaque";
  }
}

function beginTool(block: OpenBlock, json: JsonObject, source: Source, events: Event[]): BlockStep {
  const input = json.input;
  if (isEmpty(input)) return { block, events };
  const text = decodeToolInput(input, () => sourceText(memberSource(source, "input"), input));
  const added = addInput(block, text);
  return { block: added.block, events: [...events, ...added.events] };
}

/** Only whether there was any input is remembered, so that the block changes once and not with each delta. */
function addInput(block: OpenBlock, input: string): BlockStep {
  if (input === "") return { block, events: [] };
  const events = [block.kind === "structured" ? textDelta(block.part, input) : toolCallDelta(block.part, input)];
  return { block: block.input === "" ? { ...block, input: "some" } : block, events };
}

function addToOpaque(block: OpenBlock, delta: JsonObject, source: Source): OpenBlock {
  if (delta.type === "input_json_delta")
    return { ...block, input: block.input + (stringAt(delta, "partial_json") ?? "") };
  const body: Body = {};
  if (!mergeMembers(body, block.json)) return block;
  for (const key of Object.keys(delta)) {
    const value = delta[key];
    if (key === "type" || value === null || value === undefined) continue;
    const text = sourceText(memberSource(source, key), value);
    body[key] = rawJson(typeof value === "string" ? joinStrings(body[key], value) : text);
  }
  return { ...block, json: writeJson(body) };
}

/** The JSON text of a string member with more text behind it. */
function joinStrings(present: Body[string], added: string): string {
  const text = writeJson(present);
  return text.startsWith('"') && text.length > 1
    ? text.slice(0, -1) + JSON.stringify(added).slice(1)
    : JSON.stringify(added);
}

function wholeJson(block: OpenBlock): string {
  if (block.input === "") return block.json;
  const body: Body = {};
  if (!mergeMembers(body, block.json)) return block.json;
  const check: Body = {};
  body.input = mergeMembers(check, block.input) ? rawJson(block.input) : block.input;
  return writeJson(body);
}

function nonEmpty(text: string | undefined, make: (text: string) => Event): Event[] {
  return text === undefined || text === "" ? [] : [make(text)];
}

function isEmpty(input: Json | undefined): boolean {
  if (isObject(input)) return Object.keys(input).length === 0;
  return input === undefined || input === null || input === "";
}
