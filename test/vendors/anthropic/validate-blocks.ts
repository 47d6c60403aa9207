import { firstBroken } from "../first-broken.ts";
import {
  asObject,
  asObjects,
  asString,
  isArray,
  isSet,
  type Json,
  type JsonObject,
} from "../json-value.ts";

/**
 * Members of the blocks that are judged by member; blocks of other known types pass as they are.
 */
const members: Readonly<Record<string, readonly string[]>> = {
  text: ["type", "text", "cache_control", "citations"],
  image: ["type", "source", "cache_control", "transformations"],
  document: ["type", "source", "cache_control", "citations", "context", "title"],
  tool_use: ["type", "id", "name", "input", "cache_control", "caller", "toolset_name"],
  tool_result: ["type", "tool_use_id", "content", "is_error", "cache_control", "toolset_name"],
  thinking: ["type", "thinking", "signature"],
  redacted_thinking: ["type", "data"],
};

const required: Readonly<Record<string, readonly string[]>> = {
  text: ["text"],
  image: ["source"],
  document: ["source"],
  tool_use: ["id", "name", "input"],
  tool_result: ["tool_use_id"],
  thinking: ["thinking", "signature"],
  redacted_thinking: ["data"],
};

/** Block types a message of each role takes. */
export const blockTypesOfRole = {
  user: ["text", "image", "document", "search_result", "tool_result", "container_upload"],
  assistant: [
    "text",
    "thinking",
    "redacted_thinking",
    "tool_use",
    "server_tool_use",
    "web_search_tool_result",
    "web_fetch_tool_result",
    "code_execution_tool_result",
    "bash_code_execution_tool_result",
    "text_editor_code_execution_tool_result",
    "tool_search_tool_result",
    "mcp_tool_use",
    "mcp_tool_result",
    "compaction",
  ],
} as const;

/**
 * The first fault in a list of content blocks at `at`; `owner` is the list an empty text is blamed
 * on.
 */
export function validateBlocks(
  blocks: readonly Json[],
  at: string,
  allowed: readonly string[],
  owner: string,
  sourceTexts: boolean,
): string | undefined {
  for (const [index, each] of blocks.entries()) {
    const fault = validateBlock(asObject(each), `${at}.${index}`, allowed, owner, sourceTexts);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function validateBlock(
  block: JsonObject | undefined,
  at: string,
  allowed: readonly string[],
  owner: string,
  sourceTexts: boolean,
): string | undefined {
  if (block === undefined)
    return `${at}: Input should be a valid dictionary or object to extract fields from`;
  const type = asString(block.type);
  if (type === undefined) return `${at}: Unable to extract tag using discriminator 'type'`;
  if (!allowed.includes(type)) {
    return `${at}: Input tag '${type}' found using 'type' does not match any of the expected tags: ${allowed.map((tag) => `'${tag}'`).join(", ")}`;
  }
  const absent = required[type]?.find((key) => block[key] === undefined);
  if (absent !== undefined) return `${at}.${type}.${absent}: Field required`;
  const unknown = Object.keys(block).find((key) => members[type]?.includes(key) === false);
  if (unknown !== undefined) return `${at}.${type}.${unknown}: Extra inputs are not permitted`;
  return validateByType(block, type, at, owner, sourceTexts);
}

function validateByType(
  block: JsonObject,
  type: string,
  at: string,
  owner: string,
  sourceTexts: boolean,
): string | undefined {
  switch (type) {
    case "text":
      return validateText(block, at, owner, sourceTexts);
    case "image":
    case "document":
      return validateSource(asObject(block.source), type, `${at}.${type}.source`);
    case "tool_use":
      return firstBroken([
        [
          !/^[a-zA-Z0-9_-]+$/.test(asString(block.id) ?? ""),
          `${at}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'`,
        ],
        [
          asObject(block.input) === undefined,
          `${at}.tool_use.input: Input should be a valid dictionary`,
        ],
      ]);
    case "tool_result":
      return validateResult(block, at);
    default:
      return undefined;
  }
}

function validateText(
  block: JsonObject,
  at: string,
  owner: string,
  sourceTexts: boolean,
): string | undefined {
  const { text } = block;
  if (typeof text !== "string") return `${at}.text.text: Input should be a valid string`;
  return firstBroken([
    [
      text === "" && isSet(block.cache_control),
      `${at}.text: cache_control cannot be set for empty text blocks`,
    ],
    [text === "", `${owner}: text content blocks must be non-empty`],
    [
      sourceTexts && text.trim() === "",
      `${owner}: text content blocks must contain non-whitespace text`,
    ],
  ]);
}

function validateSource(
  source: JsonObject | undefined,
  type: "image" | "document",
  at: string,
): string | undefined {
  const kinds =
    type === "image" ? ["base64", "url", "file"] : ["base64", "text", "content", "url", "file"];
  const kind = asString(source?.type);
  if (source === undefined || kind === undefined)
    return `${at}: Unable to extract tag using discriminator 'type'`;
  if (!kinds.includes(kind)) {
    return `${at}: Input tag '${kind}' found using 'type' does not match any of the expected tags: ${kinds.map((each) => `'${each}'`).join(", ")}`;
  }
  if (kind === "base64") return validateBytes(source, type, `${at}.base64`);
  return kind === "url" && asString(source.url) === undefined
    ? `${at}.url.url: Field required`
    : undefined;
}

function validateBytes(
  source: JsonObject,
  type: "image" | "document",
  at: string,
): string | undefined {
  const mediaType = asString(source.media_type) ?? "";
  const imageTypes = ["image/jpeg", "image/png", "image/gif", "image/webp"];
  const data = asString(source.data) ?? "";
  return firstBroken([
    [
      type === "image" && !imageTypes.includes(mediaType),
      `${at}.media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'`,
    ],
    [
      type === "document" && mediaType !== "application/pdf",
      `${at}.media_type: Input should be 'application/pdf'`,
    ],
    [data === "", `${at}.data: Field required`],
    [!/^[A-Za-z0-9+/]+={0,2}$/.test(data), `${at}: invalid base64 data`],
  ]);
}

function validateResult(block: JsonObject, at: string): string | undefined {
  const { content } = block;
  if (content === undefined || typeof content === "string") return undefined;
  if (!isArray(content)) return `${at}.tool_result.content: Input should be a valid list`;
  if (block.is_error === true && asObjects(content).some((each) => each.type !== "text"))
    return `${at}.tool_result: all content must be type 'text' if 'is_error' is true`;
  return validateBlocks(
    content,
    `${at}.tool_result.content`,
    ["text", "image", "search_result", "document", "tool_reference"],
    "messages",
    false,
  );
}
