import { isObject, type Json, type JsonObject } from "../../../json/json.ts";
import { given } from "../../../json/members.ts";
import { kindOfJson, type Problems, problem } from "../../shared/request-problems.ts";

/**
 * Finds what is wrong with the blocks of a request. Blocks of types that are not known here are the
 * vendor's to judge, but every block must be an object with a type.
 */
export function checkBlocks(problems: Problems, blocks: readonly Json[], path: string): void {
  for (const [index, block] of blocks.entries()) checkBlock(problems, block, `${path}.${index}`);
}

function checkBlock(problems: Problems, block: Json, path: string): void {
  if (!isObject(block)) {
    problem(problems, path, `must be an object, not ${kindOfJson(block)}`);
    return;
  }
  const type = block.type;
  if (typeof type !== "string") {
    problem(problems, `${path}.type`, "must be a string that names the kind of block");
    return;
  }
  checkCache(problems, block, path);
  switch (type) {
    case "text":
      requireString(problems, block, "text", path);
      return;
    case "thinking":
      requireString(problems, block, "thinking", path);
      return;
    case "redacted_thinking":
      requireString(problems, block, "data", path);
      return;
    case "tool_use":
      requireString(problems, block, "id", path);
      requireString(problems, block, "name", path);
      if (!isObject(block.input)) problem(problems, `${path}.input`, "must be an object");
      return;
    case "tool_result":
      requireString(problems, block, "tool_use_id", path);
      checkContent(problems, block.content, `${path}.content`);
      return;
    case "image":
    case "document":
      checkSource(problems, block.source, `${path}.source`);
      return;
    default:
  }
}

/** Content that may be a string, a list of blocks, or absent. */
function checkContent(problems: Problems, content: Json | undefined, path: string): void {
  if (!given(content) || typeof content === "string") return;
  if (Array.isArray(content)) checkBlocks(problems, content, path);
  else problem(problems, path, "must be a string or a list of content blocks");
}

const SOURCE_MEMBER: Readonly<Record<string, string>> = {
  base64: "data",
  url: "url",
  file: "file_id",
  text: "data",
};

function checkSource(problems: Problems, source: Json | undefined, path: string): void {
  if (!isObject(source)) {
    problem(problems, path, "must be an object");
    return;
  }
  const type = source.type;
  if (typeof type !== "string")
    problem(problems, `${path}.type`, "must be a string that names the kind of source");
  else if (type === "content") {
    if (!given(source.content)) problem(problems, `${path}.content`, "is required");
    checkContent(problems, source.content, `${path}.content`);
  } else {
    const member = Object.hasOwn(SOURCE_MEMBER, type) ? SOURCE_MEMBER[type] : undefined;
    if (member !== undefined) requireString(problems, source, member, path);
    if (type === "base64") requireString(problems, source, "media_type", path);
  }
}

/** Finds what is wrong with a cache mark. */
export function checkCache(problems: Problems, object: JsonObject, path: string): void {
  const mark = object.cache_control;
  if (!given(mark)) return;
  const at = path === "" ? "cache_control" : `${path}.cache_control`;
  if (!isObject(mark)) problem(problems, at, "must be an object");
  else if (mark.type !== "ephemeral") problem(problems, `${at}.type`, 'must be "ephemeral"');
  else if (given(mark.ttl) && mark.ttl !== "5m" && mark.ttl !== "1h") {
    problem(problems, `${at}.ttl`, 'must be "5m" or "1h"');
  }
}

function requireString(problems: Problems, object: JsonObject, key: string, path: string): void {
  const value = object[key];
  if (value === undefined) problem(problems, `${path}.${key}`, "is required");
  else if (typeof value !== "string")
    problem(problems, `${path}.${key}`, `must be a string, not ${kindOfJson(value)}`);
}
