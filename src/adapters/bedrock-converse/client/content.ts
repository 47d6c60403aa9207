import { type CacheHint, CacheTtl, type Part } from "../../../../gen/parlance/chat/v1/part_pb.js";
import type { Json } from "../../../json/json.ts";
import { sourceText } from "../../../json/source-slice.ts";
import { noteMark, noteUnknown, takeOpaque } from "../../shared/notes/unknown-members.ts";
import {
  at,
  type Cursor,
  isAtObject,
  object,
  objects,
  requiredList,
  requiredName,
  requiredObject,
  requiredString,
  word,
} from "../../shared/request-cursor.ts";
import { isKnownReasoning, unsealBlock } from "../sealed-reasoning.ts";
import { decodeBlock, opaquePart, textPart } from "../vendor/content-part.ts";
import { DIALECT } from "../wire.ts";
import { noteCitations } from "./citation.ts";
import { decodeMedia, isMedia } from "./media.ts";

/**
 * The blocks of a message. A cache point belongs to the part before it. Blocks that the contract
 * does not model are kept as they are.
 */
export function decodeBlocks(blocks: readonly Cursor<Json>[], claude: boolean): Part[] {
  const parts: Part[] = [];
  for (const block of objects(blocks)) {
    const last = parts.at(-1);
    const cache = last === undefined ? undefined : decodeCachePoint(block);
    if (last !== undefined && cache !== undefined) last.cache = cache;
    else if (!giveBackProof(block, parts)) parts.push(decodePart(block, claude));
  }
  return parts;
}

const CACHE_MEMBERS: ReadonlySet<string> = new Set(["type", "ttl"]);
const CACHE_ONLY: ReadonlySet<string> = new Set(["cachePoint"]);

const lifetimes: ReadonlyMap<string, CacheTtl> = new Map([
  ["5m", CacheTtl.CACHE_TTL_5M],
  ["1h", CacheTtl.CACHE_TTL_1H],
]);

/** The mark that a block is; undefined for a block that is none. */
export function decodeCachePoint(block: Cursor): CacheHint | undefined {
  const point = at(block, "cachePoint");
  if (point === undefined || !isAtObject(point)) return undefined;
  noteUnknown(block, CACHE_ONLY);
  noteUnknown(point, CACHE_MEMBERS);
  const ttl = word(point, "ttl", lifetimes) ?? CacheTtl.CACHE_TTL_UNSPECIFIED;
  return { $typeName: "parlance.chat.v1.CacheHint", ttl };
}

/** Puts the proof of a tool call that was sealed back into its call; false for other blocks. */
function giveBackProof(block: Cursor, parts: readonly Part[]): boolean {
  const sealed = unsealBlock(block.json);
  if (sealed?.kind !== "call") return false;
  for (const { content } of parts) {
    if (content.case === "toolCall" && content.value.id === sealed.proof.toolCallId)
      content.value.signature = sealed.proof.signature;
  }
  return true;
}

/** Members of a block, by what it holds; blocks that hold anything else are kept whole. */
const KINDS = ["text", "toolUse", "toolResult", "reasoningContent", "citationsContent"] as const;

function decodePart(block: Cursor, claude: boolean): Part {
  const since = noteMark(block);
  const media = isMedia(block) ? decodeMedia(block) : undefined;
  const kind = KINDS.find((name) => at(block, name) !== undefined);
  const part = media?.part ?? (kind === undefined ? undefined : decodeKind(block, kind, claude));
  if (part === undefined) return opaquePart(sourceText(block.source, block.json));
  if (part.content.case === "opaque") return part;
  noteUnknown(block, new Set([media?.kind ?? kind ?? ""]));
  const extras = takeOpaque(block, DIALECT, since, LISTS);
  return extras === undefined ? part : { ...part, extras };
}

/** Lists whose elements a vendor gets as they came. */
const LISTS: ReadonlySet<string> = new Set(["citations"]);

function decodeKind(
  block: Cursor,
  kind: (typeof KINDS)[number],
  claude: boolean,
): Part | undefined {
  switch (kind) {
    case "text":
      return textPart(requiredString(block, "text"));
    case "toolResult":
      return decodeToolResult(block);
    case "reasoningContent":
      return decodeReasoning(block, claude);
    case "toolUse":
      return decodeToolUse(block);
    case "citationsContent":
      return decodeCited(block);
  }
}

const USE_MEMBERS: ReadonlySet<string> = new Set(["toolUseId", "name", "input", "type"]);

function decodeToolUse(block: Cursor): Part | undefined {
  const use = requiredObject(block, "toolUse");
  if (use === undefined) return undefined;
  const part = decodeBlock(block.json, block.source, false);
  if (part.content.case === "opaque") return part;
  requiredName(use, "toolUseId");
  requiredName(use, "name");
  noteUnknown(use, USE_MEMBERS);
  return part;
}

const RESULT_MEMBERS: ReadonlySet<string> = new Set(["toolUseId", "content", "status"]);

const statuses: ReadonlyMap<string, boolean> = new Map([
  ["success", false],
  ["error", true],
]);

function decodeToolResult(block: Cursor): Part | undefined {
  const result = requiredObject(block, "toolResult");
  if (result === undefined) return undefined;
  const toolCallId = requiredName(result, "toolUseId");
  const isError = word(result, "status", statuses);
  const listed = at(result, "content");
  const content = listed === undefined ? [] : objects(requiredContent(result));
  noteUnknown(result, RESULT_MEMBERS);
  return {
    $typeName: "parlance.chat.v1.Part",
    content: {
      case: "toolResult",
      value: {
        $typeName: "parlance.chat.v1.ToolResult",
        toolCallId,
        content: content.map(decodeResultPart),
        name: "",
        ...(isError === undefined ? undefined : { isError }),
      },
    },
  };
}

/** An empty list is a result without content. */
function requiredContent(result: Cursor): readonly Cursor<Json>[] {
  return Array.isArray(result.json.content) && result.json.content.length === 0
    ? []
    : requiredList(result, "content");
}

/** JSON is read as its text, as every other vendor takes it. */
function decodeResultPart(block: Cursor): Part {
  const json = at(block, "json");
  if (json === undefined) return decodePart(block, false);
  const since = noteMark(block);
  noteUnknown(block, new Set(["json"]));
  const extras = takeOpaque(block, DIALECT, since);
  const part = textPart(sourceText(json.source, json.json));
  return extras === undefined ? part : { ...part, extras };
}

function decodeReasoning(block: Cursor, claude: boolean): Part | undefined {
  const content = requiredObject(block, "reasoningContent");
  if (content === undefined || !isKnownReasoning(content.json)) return undefined;
  noteUnknown(content, new Set(["reasoningText", "redactedContent"]));
  const text = object(content, "reasoningText");
  if (text !== undefined) {
    requiredString(text, "text");
    noteUnknown(text, new Set(["text", "signature"]));
  }
  const sealed = unsealBlock(block.json);
  if (sealed?.kind !== "reasoning") return decodeBlock(block.json, block.source, claude);
  const { reasoning } = sealed;
  return {
    $typeName: "parlance.chat.v1.Part",
    content: { case: "reasoning", value: reasoning },
  };
}

function decodeCited(block: Cursor): Part | undefined {
  const cited = requiredObject(block, "citationsContent");
  if (cited === undefined) return undefined;
  noteCitations(cited);
  return decodeBlock(block.json, block.source, false);
}
