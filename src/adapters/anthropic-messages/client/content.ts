import type { Json } from "../../../json/json.ts";
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

/**
 * Finds what is wrong with the blocks of a request. Blocks of types that are not known here are the
 * vendor's to judge, but every block must be an object with a type.
 */
export function checkBlocks(blocks: Cursor<Json>): void {
  for (const block of objects(elements(blocks))) checkBlock(block);
}

function checkBlock(block: Cursor): void {
  const type = requiredString(block, "type");
  if (type === "") return;
  checkCache(block);
  switch (type) {
    case "text":
      requiredString(block, "text");
      return;
    case "thinking":
      requiredString(block, "thinking");
      return;
    case "redacted_thinking":
      requiredString(block, "data");
      return;
    case "tool_use":
      requiredString(block, "id");
      requiredString(block, "name");
      requiredObject(block, "input");
      return;
    case "tool_result":
      requiredString(block, "tool_use_id");
      checkContent(block);
      return;
    case "image":
    case "document":
      checkSource(block);
      return;
    default:
  }
}

/** Content that may be a string, a list of blocks, or absent. */
function checkContent(holder: Cursor): void {
  const content = at(holder, "content");
  if (content === undefined || typeof content.json === "string") return;
  const { json } = content;
  if (Array.isArray(json)) checkBlocks(content);
  else problem(content, "", "must be a string or a list of content parts");
}

const SOURCE_MEMBER: Readonly<Record<string, string>> = {
  base64: "data",
  url: "url",
  file: "file_id",
  text: "data",
};

function checkSource(block: Cursor): void {
  const source = requiredObject(block, "source");
  if (source === undefined) return;
  const type = requiredString(source, "type");
  if (type === "content") {
    if (at(source, "content") === undefined) missing(source, "content");
    checkContent(source);
  } else {
    const member = Object.hasOwn(SOURCE_MEMBER, type) ? SOURCE_MEMBER[type] : undefined;
    if (member !== undefined) requiredString(source, member);
    if (type === "base64") requiredString(source, "media_type");
  }
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
}
