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
import { isObject, type Json, type JsonObject, objectAt, stringAt } from "../../../json/json.ts";
import { memberSource, sourceText } from "../../../json/source-slice.ts";
import type { EventWork } from "../../shared/event-work.ts";
import { decodeToolInput } from "../../shared/tool-input.ts";
import { decodeCitation } from "../citation.ts";
import {
  addToOpaque,
  createOpaqueBlock,
  decodeCitations,
  type OpaqueBlock,
  opaquePart,
  printOpaque,
} from "../content-part.ts";
import { DIALECT } from "../wire.ts";

/** A content block that has begun and not ended: the stream's own, changed in place. */
export interface OpenBlock {
  /** Our number: blocks are parts, in the order in which they begin. */
  readonly part: number;
  readonly kind: "text" | "thinking" | "tool" | "opaque";
  /** Whether input of a tool has come. */
  fed: boolean;
  /** What an opaque block holds. */
  readonly opaque: OpaqueBlock | undefined;
}

/** A block begins; what it holds from the start is not lost. */
export function beginBlock(part: number, work: EventWork): OpenBlock {
  const { json, source, events } = work;
  const kind = kindOf(json);
  const opaque = kind === "opaque" ? createOpaqueBlock(json, source) : undefined;
  const block: OpenBlock = { part, kind, fed: false, opaque };
  switch (kind) {
    case "text":
      events.push(textDelta(part, stringAt(json, "text") ?? ""));
      for (const citation of decodeCitations(json, source))
        events.push(citationAdd(part, citation));
      return block;
    case "thinking": {
      const encrypted = json.type === "redacted_thinking" ? (stringAt(json, "data") ?? "") : "";
      const text = stringAt(json, "thinking") ?? "";
      events.push(
        reasoningDelta(DIALECT, part, text, stringAt(json, "signature") ?? "", encrypted),
      );
      return block;
    }
    case "tool":
      events.push(toolCallStart(part, stringAt(json, "id") ?? "", stringAt(json, "name") ?? ""));
      addFirstInput(block, work);
      return block;
    case "opaque":
      return block;
  }
}

/**
 * Something is added to a block. Deltas of no known kind are added to what an opaque block holds,
 * and ignored elsewhere.
 */
export function addToBlock(block: OpenBlock, { json: delta, source, events }: EventWork): void {
  const { part, opaque } = block;
  if (opaque !== undefined) {
    addToOpaque(opaque, delta, source);
    return;
  }
  switch (delta.type) {
    case "text_delta": {
      const text = stringAt(delta, "text") ?? "";
      if (text !== "") events.push(textDelta(part, text));
      return;
    }
    case "thinking_delta": {
      const text = stringAt(delta, "thinking") ?? "";
      if (text !== "") events.push(reasoningDelta(DIALECT, part, text, "", ""));
      return;
    }
    case "signature_delta": {
      const signature = stringAt(delta, "signature") ?? "";
      if (signature !== "") events.push(reasoningDelta(DIALECT, part, "", signature, ""));
      return;
    }
    case "input_json_delta":
      addInput(block, stringAt(delta, "partial_json") ?? "", events);
      return;
    case "citations_delta": {
      const citation = objectAt(delta, "citation");
      if (citation === undefined) return;
      events.push(citationAdd(part, decodeCitation(citation, memberSource(source, "citation"))));
      return;
    }
    default:
      return;
  }
}

/** A block ends: a tool without input has the empty one, and an opaque block is whole. */
export function endBlock({ part, kind, fed, opaque }: OpenBlock, events: Event[]): void {
  if (kind === "tool" && !fed) events.push(toolCallDelta(part, "{}"));
  if (opaque !== undefined) events.push(partWhole(part, opaquePart(printOpaque(opaque))));
  events.push(partEnd(part));
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
      return "tool";
    default:
      return "opaque";
  }
}

function addFirstInput(block: OpenBlock, { json, source, events }: EventWork): void {
  const input = json.input;
  if (isEmpty(input)) return;
  addInput(
    block,
    decodeToolInput(input, () => sourceText(memberSource(source, "input"), input)),
    events,
  );
}

function addInput(block: OpenBlock, input: string, events: Event[]): void {
  if (input === "") return;
  block.fed = true;
  events.push(toolCallDelta(block.part, input));
}

function isEmpty(input: Json | undefined): boolean {
  if (isObject(input)) return Object.keys(input).length === 0;
  return input === undefined || input === null || input === "";
}
