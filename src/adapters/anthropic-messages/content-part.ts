import type { Citation } from "../../../gen/parlance/chat/v1/citation_pb.js";
import type {
  Part,
  Reasoning,
  Text,
  ToolCall,
  ToolResult,
} from "../../../gen/parlance/chat/v1/part_pb.js";
import { type Fault, tooMany } from "../../core/faults/fault.ts";
import { MAX_CITATIONS, MAX_PARTS } from "../../events/answer-limits.ts";
import {
  arrayAt,
  booleanAt,
  isObject,
  type Json,
  type JsonObject,
  stringAt,
} from "../../json/json.ts";
import { isObjectText, membersOf, printMembers } from "../../json/members.ts";
import {
  elementSources,
  memberSource,
  memberSources,
  noSource,
  type Source,
  sourceText,
} from "../../json/source-slice.ts";
import { decodeToolInput } from "../shared/tool-input.ts";
import { decodeCache } from "./cache-control.ts";
import { decodeCitation } from "./citation.ts";
import { decodeDocument, decodeImage } from "./media.ts";
import { DIALECT } from "./wire.ts";

/** The fault of an answer's blocks that hold more than they may; undefined where they do not. */
export function blocksFault(blocks: readonly Json[]): Fault | undefined {
  let citations = 0;
  for (const block of blocks)
    citations += (isObject(block) ? arrayAt(block, "citations")?.length : undefined) ?? 0;
  return (
    tooMany(blocks.length, MAX_PARTS, "content blocks") ??
    tooMany(citations, MAX_CITATIONS, "citations")
  );
}

/** The blocks of a message, in order. An element that is not an object becomes an opaque part. */
export function decodeBlocks(blocks: readonly Json[], source: Source): Part[] {
  const sourceAt = elementSources(source);
  return blocks.map((block, index) => decodeBlock(block, sourceAt(index)));
}

/**
 * One content block of a request or a reply. What the contract does not model (server tools and
 * their results, search results, container uploads, compaction, blocks of the future) is kept byte
 * for byte as an opaque part in its place.
 */
export function decodeBlock(json: Json, source: Source): Part {
  const content = isObject(json) ? decodeContent(json, source) : undefined;
  if (!isObject(json) || content === undefined) return opaquePart(sourceText(source, json));
  const cache = decodeCache(json.cache_control);
  return {
    $typeName: "parlance.chat.v1.Part",
    content,
    ...(cache === undefined ? undefined : { cache }),
  };
}

/** A block that is kept as it is. */
export function opaquePart(json: string): Part {
  const value = { $typeName: "parlance.chat.v1.Opaque", dialect: DIALECT, json } as const;
  return { $typeName: "parlance.chat.v1.Part", content: { case: "opaque", value } };
}

/** A text part without a mark. */
export function textPart(text: string, citations: Citation[] = []): Part {
  const value: Text = { $typeName: "parlance.chat.v1.Text", text, citations };
  return { $typeName: "parlance.chat.v1.Part", content: { case: "text", value } };
}

/** The citations of a text block. */
export function decodeCitations(json: JsonObject, source: Source): Citation[] {
  const list = arrayAt(json, "citations");
  if (list === undefined) return [];
  const sourceAt = elementSources(memberSource(source, "citations"));
  return list.flatMap((citation, index) =>
    isObject(citation) ? [decodeCitation(citation, sourceAt(index))] : [],
  );
}

function decodeContent(json: JsonObject, source: Source): Part["content"] | undefined {
  switch (json.type) {
    case "text": {
      const text = stringAt(json, "text") ?? "";
      const citations = decodeCitations(json, source);
      return { case: "text", value: { $typeName: "parlance.chat.v1.Text", text, citations } };
    }
    case "thinking":
      return { case: "reasoning", value: decodeThinking(json) };
    case "redacted_thinking":
      return { case: "reasoning", value: reasoning("", "", stringAt(json, "data") ?? "") };
    case "tool_use":
      return { case: "toolCall", value: decodeToolUse(json, source) };
    case "tool_result":
      return { case: "toolResult", value: decodeToolResult(json, source) };
    case "image": {
      const value = decodeImage(json);
      return value === undefined ? undefined : { case: "image", value };
    }
    case "document": {
      const pieces = memberSource(memberSource(source, "source"), "content");
      const value = decodeDocument(json, (blocks) => decodeBlocks(blocks, pieces));
      return value === undefined ? undefined : { case: "document", value };
    }
    default:
      return undefined;
  }
}

/** Thinking that is neither signed nor encrypted could be anyone's. */
function decodeThinking(json: JsonObject): Reasoning {
  return reasoning(stringAt(json, "thinking") ?? "", stringAt(json, "signature") ?? "", "");
}

function reasoning(text: string, signature: string, encrypted: string): Reasoning {
  const dialect = signature === "" && encrypted === "" ? "" : DIALECT;
  return {
    $typeName: "parlance.chat.v1.Reasoning",
    text,
    signature,
    encrypted,
    summaries: [],
    id: "",
    dialect,
  };
}

function decodeToolUse(json: JsonObject, source: Source): ToolCall {
  const input = json.input;
  const value = decodeToolInput(input, () => sourceText(memberSource(source, "input"), input));
  return {
    $typeName: "parlance.chat.v1.ToolCall",
    id: stringAt(json, "id") ?? "",
    name: stringAt(json, "name") ?? "",
    input: { case: "argumentsJson", value },
    signature: "",
  };
}

function decodeToolResult(json: JsonObject, source: Source): ToolResult {
  const text = stringAt(json, "content");
  const blocks = arrayAt(json, "content");
  const isError = booleanAt(json, "is_error");
  return {
    $typeName: "parlance.chat.v1.ToolResult",
    toolCallId: stringAt(json, "tool_use_id") ?? "",
    content:
      blocks === undefined
        ? text === undefined
          ? []
          : decodeBlocks([{ type: "text", text }], noSource)
        : decodeBlocks(blocks, memberSource(source, "content")),
    ...(isError === undefined ? undefined : { isError }),
    name: "",
  };
}

/** A block that is kept as it is, while its deltas come: the stream's own, changed in place. */
export interface OpaqueBlock {
  /** What it began with, as JSON text. */
  readonly start: string;
  /**
   * Its members, each as JSON text; a text that may grow lacks its closing quote until the end.
   * Undefined: nothing was added to what it began with, which stays byte for byte.
   */
  members: Map<string, OpaqueMember> | undefined;
  /** Input of a tool that the vendor runs, which comes as pieces of JSON text. */
  input: string;
}

interface OpaqueMember {
  text: string;
  readonly growing: boolean;
}

/** A block with what it holds from the start. */
export function createOpaqueBlock(json: JsonObject, source: Source): OpaqueBlock {
  return { start: sourceText(source, json), members: undefined, input: "" };
}

/**
 * Adds a delta: texts grow, whatever else it holds replaces what was there. Costs no more than the
 * delta is long.
 */
export function addToOpaque(block: OpaqueBlock, delta: JsonObject, source: Source): void {
  if (delta.type === "input_json_delta") {
    block.input += stringAt(delta, "partial_json") ?? "";
    return;
  }
  const members = membersAt(block);
  const sourceOf = memberSources(source);
  for (const key of Object.keys(delta)) {
    const value = delta[key];
    if (key === "type" || value === null || value === undefined) continue;
    const present = members.get(key);
    if (typeof value !== "string") put(members, key, sourceText(sourceOf(key), value));
    else if (present?.growing === true) present.text += JSON.stringify(value).slice(1, -1);
    else put(members, key, JSON.stringify(value));
  }
}

/** The whole block. Input that is no JSON object is sent as the text it is. */
export function printOpaque(block: OpaqueBlock): string {
  const { input } = block;
  if (input === "" && block.members === undefined) return block.start;
  const members = membersAt(block);
  if (input !== "") put(members, "input", isObjectText(input) ? input : JSON.stringify(input));
  return printMembers(
    Array.from(members, ([key, { text, growing }]) => [key, growing ? `${text}"` : text]),
  );
}

function membersAt(block: OpaqueBlock): Map<string, OpaqueMember> {
  if (block.members === undefined) {
    block.members = new Map();
    for (const [key, text] of membersOf(block.start) ?? []) put(block.members, key, text);
  }
  return block.members;
}

function put(members: Map<string, OpaqueMember>, key: string, text: string): void {
  const growing = text.startsWith('"');
  members.set(key, { text: growing ? text.slice(0, -1) : text, growing });
}
