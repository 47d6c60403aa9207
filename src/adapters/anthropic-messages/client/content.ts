import type { Opaque, Part } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { isObject, type Json } from "../../../json/json.ts";
import {
  forgetNotes,
  noteMark,
  noteUnknown,
  takeOpaque,
} from "../../shared/notes/unknown-members.ts";
import {
  at,
  type Cursor,
  elements,
  missing,
  object,
  objects,
  problem,
  requiredObject,
  requiredString,
  word,
} from "../../shared/request-cursor.ts";
import { DIALECT } from "../wire.ts";
import { noteCitations } from "./citation.ts";
import { noteFileId } from "./demands.ts";

/** What a block says that has no field, and the same of the blocks in it. */
export interface BlockExtras {
  readonly own: Opaque | undefined;
  readonly inner: readonly BlockExtras[];
}

const BLOCK_MEMBERS: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries({
    text: ["text", "citations"],
    thinking: ["thinking", "signature"],
    redacted_thinking: ["data"],
    tool_use: ["id", "name", "input"],
    tool_result: ["tool_use_id", "content", "is_error"],
    image: ["source"],
    document: ["source", "title", "context", "citations"],
  }).map(([type, members]) => [type, new Set(["type", "cache_control", ...members])]),
);
const ENABLED_MEMBERS: ReadonlySet<string> = new Set(["enabled"]);
const CACHE_MEMBERS: ReadonlySet<string> = new Set(["type", "ttl"]);

/**
 * Finds what is wrong with the blocks of a request, and what they say that has no field. Blocks of
 * types that are not known here are the vendor's to judge, but every block must be an object with a
 * type.
 */
export function checkBlocks(blocks: Cursor<Json>): BlockExtras[] {
  return objects(elements(blocks)).map(readBlock);
}

/** Adds what blocks say beside their fields to the parts that they were read as. */
export function addBlockExtras(parts: readonly Part[], extras: readonly BlockExtras[]): void {
  for (const [at, { own, inner }] of extras.entries()) {
    const part = parts[at];
    if (part === undefined) continue;
    if (own !== undefined) part.extras = own;
    if (inner.length > 0) addBlockExtras(partsIn(part), inner);
  }
}

function partsIn({ content }: Part): readonly Part[] {
  if (content.case === "toolResult") return content.value.content;
  const source = content.case === "document" ? content.value.source : undefined;
  return source?.case === "content" ? source.value.parts : [];
}

function readBlock(block: Cursor): BlockExtras {
  const since = noteMark(block);
  const inner = checkBlock(block) ?? [];
  const type = block.json.type;
  const known = typeof type === "string" ? BLOCK_MEMBERS.get(type) : undefined;
  if (known === undefined || !isRead(block)) {
    forgetNotes(block, since);
    return { own: undefined, inner };
  }
  noteUnknown(block, known);
  return { own: takeOpaque(block, DIALECT, since, LISTS), inner };
}

/** Lists whose elements a vendor gets as they came. */
const LISTS: ReadonlySet<string> = new Set(["citations"]);

/** Whether a block is not kept whole: its source is of a known type, where it has one. */
function isRead({ json }: Cursor): boolean {
  if (json.type !== "image" && json.type !== "document") return true;
  const type = isObject(json.source) ? json.source.type : undefined;
  const known = json.type === "image" ? IMAGE_SOURCES : DOCUMENT_SOURCES;
  return typeof type === "string" && known.has(type);
}

const IMAGE_SOURCES: ReadonlySet<string> = new Set(["base64", "url", "file"]);
const DOCUMENT_SOURCES: ReadonlySet<string> = new Set([...IMAGE_SOURCES, "text", "content"]);

/** Gives what is in the blocks that the block holds. */
function checkBlock(block: Cursor): BlockExtras[] | undefined {
  const type = requiredString(block, "type");
  if (type === "") return undefined;
  checkCache(block);
  switch (type) {
    case "text":
      requiredString(block, "text");
      noteCitations(block);
      return undefined;
    case "thinking":
      requiredString(block, "thinking");
      return undefined;
    case "redacted_thinking":
      requiredString(block, "data");
      return undefined;
    case "tool_use":
      requiredString(block, "id");
      requiredString(block, "name");
      requiredObject(block, "input");
      return undefined;
    case "tool_result":
      requiredString(block, "tool_use_id");
      return checkContent(block);
    case "document": {
      const citations = isObject(block.json.citations) ? object(block, "citations") : undefined;
      if (citations !== undefined) noteUnknown(citations, ENABLED_MEMBERS);
      return checkSource(block);
    }
    case "image":
      return checkSource(block);
    case "container_upload":
      noteFileId(block);
      return undefined;
    default:
      return undefined;
  }
}

/** Content that may be a string, a list of blocks, or absent. */
function checkContent(holder: Cursor): BlockExtras[] | undefined {
  const content = at(holder, "content");
  if (content === undefined || typeof content.json === "string") return undefined;
  const { json } = content;
  if (Array.isArray(json)) return checkBlocks(content);
  return problem(content, "", "must be a string or a list of content parts");
}

const SOURCE_MEMBERS: Readonly<Record<string, readonly string[]>> = {
  base64: ["data", "media_type"],
  url: ["url"],
  file: ["file_id"],
  text: ["data"],
  content: ["content"],
};

/** Members that are read of a source but need not be there. */
const OPTIONAL: Readonly<Record<string, readonly string[]>> = { text: ["media_type"] };

function checkSource(block: Cursor): BlockExtras[] | undefined {
  const source = requiredObject(block, "source");
  if (source === undefined) return undefined;
  const type = requiredString(source, "type");
  const members = Object.hasOwn(SOURCE_MEMBERS, type) ? SOURCE_MEMBERS[type] : undefined;
  if (members === undefined) return undefined;
  noteUnknown(source, new Set(["type", ...members, ...(OPTIONAL[type] ?? [])]));
  if (type === "file") noteFileId(source);
  if (type !== "content") {
    for (const member of members) requiredString(source, member);
    return undefined;
  }
  if (at(source, "content") === undefined) missing(source, "content");
  return checkContent(source);
}

const cacheTypes: ReadonlyMap<string, string> = new Map([["ephemeral", "ephemeral"]]);

const lifetimes: ReadonlyMap<string, string> = new Map([
  ["5m", "5m"],
  ["1h", "1h"],
]);

/** Finds what is wrong with the cache mark of an object. */
export function checkCache(holder: Cursor): void {
  const mark = object(holder, "cache_control");
  if (mark === undefined) return;
  if (at(mark, "type") === undefined) missing(mark, "type");
  word(mark, "type", cacheTypes);
  word(mark, "ttl", lifetimes);
  noteUnknown(mark, CACHE_MEMBERS);
}
