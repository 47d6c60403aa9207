import { firstBroken } from "../first-broken.ts";
import { asArray, asObject, asObjects, asString, type JsonObject } from "../json-value.ts";

/** The members of a content block; each block sets one of them. */
export const blockKinds: readonly string[] = [
  ...[
    "text",
    "image",
    "document",
    "video",
    "audio",
    "toolUse",
    "toolResult",
    "guardContent",
    "cachePoint",
  ],
  ...["reasoningContent", "citationsContent", "searchResult"],
];

const kindsOfRole: Readonly<Record<"user" | "assistant", readonly string[]>> = {
  user: blockKinds.filter(
    (kind) => !["toolUse", "reasoningContent", "citationsContent"].includes(kind),
  ),
  assistant: [
    "text",
    "image",
    "toolUse",
    "toolResult",
    "cachePoint",
    "reasoningContent",
    "citationsContent",
  ],
};

/** The first fault in the content of a message. */
export function validateBlocks(
  blocks: readonly JsonObject[],
  at: string,
  role: "user" | "assistant",
): string | undefined {
  for (const [index, block] of blocks.entries()) {
    const fault =
      validateBlock(block, `${at}.${index}`, kindsOfRole[role]) ?? validatePoint(blocks, index, at);
    if (fault !== undefined) return fault;
  }
  const documents = asObjects(blocks.map(({ document }) => document ?? null));
  const names = documents.map(({ name }) => asString(name) ?? "");
  return firstBroken([
    [
      documents.length > 0 && blocks.every(({ text }) => text === undefined),
      "A text block must be included along with a document. Add a text block and try again.",
    ],
    [
      new Set(names).size < names.length,
      "Duplicate document names were found. Use a unique name for each document.",
    ],
  ]);
}

function validateBlock(
  block: JsonObject,
  at: string,
  kinds: readonly string[],
): string | undefined {
  const set = Object.keys(block);
  const [kind = ""] = set;
  if (set.length !== 1)
    return `The ContentBlock object at ${at} must set one of the following keys: ${kinds.join(", ")}.`;
  if (!kinds.includes(kind))
    return `The ContentBlock object at ${at} contains ${kind}, which this role does not take.`;
  switch (kind) {
    case "text":
      return firstBroken([
        [
          (asString(block.text) ?? "").trim() === "",
          `The text field in the ContentBlock object at ${at} is blank. Add text to the text field, and try again.`,
        ],
      ]);
    case "image":
      return validateMedia(asObject(block.image), ["png", "jpeg", "gif", "webp"], `${at}.image`);
    case "document":
      return validateDocument(asObject(block.document) ?? {}, `${at}.document`);
    case "toolUse":
      return validateToolUse(asObject(block.toolUse) ?? {}, `${at}.toolUse`);
    case "toolResult":
      return validateToolResult(asObject(block.toolResult) ?? {}, `${at}.toolResult`);
    default:
      return undefined;
  }
}

function validateMedia(
  media: JsonObject | undefined,
  formats: readonly string[],
  at: string,
): string | undefined {
  const format = asString(media?.format) ?? "";
  const source = asObject(media?.source) ?? {};
  const bytes = asString(source.bytes) ?? "";
  const located = ["s3Location", "text", "content"].some((key) => source[key] !== undefined);
  return firstBroken([
    [
      !formats.includes(format),
      `1 validation error detected: Value '${format}' at '${at}.format' failed to satisfy constraint: Member must satisfy enum value set: [${formats.join(", ")}]`,
    ],
    [Object.keys(source).length !== 1, `The source at ${at}.source must set exactly one member.`],
    [
      !located && !/^[A-Za-z0-9+/]+={0,2}$/.test(bytes),
      `The bytes at ${at}.source.bytes are not base64.`,
    ],
  ]);
}

const documentFormats = ["pdf", "csv", "doc", "docx", "xls", "xlsx", "html", "txt", "md"];

function validateDocument(document: JsonObject, at: string): string | undefined {
  const name = asString(document.name) ?? "";
  const legible = /^[a-zA-Z0-9 ()[\]-]{1,200}$/.test(name) && !name.includes("  ");
  if (!legible) {
    return `The provided document name at ${at}.name is not valid. It can only contain alphanumeric characters, whitespace characters, hyphens, parentheses, and square brackets, and no more than one consecutive whitespace character.`;
  }
  return validateMedia(document, documentFormats, at);
}

function validateToolUse(use: JsonObject, at: string): string | undefined {
  return (
    validateId(use, at) ??
    firstBroken([
      [asString(use.name) === undefined, `The name at ${at}.name is missing.`],
      [
        asObject(use.input) === undefined,
        `The format of the value at ${at}.input is invalid. Provide a json object for the field and try again.`,
      ],
    ])
  );
}

function validateToolResult(result: JsonObject, at: string): string | undefined {
  const { status, content } = result;
  const kinds = ["text", "json", "image", "document", "video", "searchResult"];
  const strange = asObjects(content).find((block) =>
    Object.keys(block).some((key) => !kinds.includes(key)),
  );
  return (
    validateId(result, at) ??
    firstBroken([
      [
        status !== undefined && status !== "success" && status !== "error",
        `1 validation error detected: Value '${asString(status)}' at '${at}.status' failed to satisfy constraint: Member must satisfy enum value set: [success, error]`,
      ],
      [
        status === "error" && asArray(content).length === 0,
        `The content field at ${at} cannot be empty when status value is error.`,
      ],
      [
        strange !== undefined,
        `The ToolResultContentBlock at ${at}.content sets a key that is not known.`,
      ],
    ])
  );
}

/**
 * See https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ToolUseBlock.html
 * (2026-11).
 */
function validateId({ toolUseId }: JsonObject, at: string): string | undefined {
  const id = asString(toolUseId) ?? "";
  if (/^[a-zA-Z0-9_-]{1,64}$/.test(id)) return undefined;
  return `1 validation error detected: Value '${id}' at '${at}.toolUseId' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+`;
}

/** No cache point stands first, behind another, or behind reasoning. */
function validatePoint(
  blocks: readonly JsonObject[],
  index: number,
  at: string,
): string | undefined {
  if (blocks[index]?.cachePoint === undefined) return undefined;
  const before = blocks[index - 1];
  const fits =
    before !== undefined &&
    before.cachePoint === undefined &&
    before.reasoningContent === undefined;
  return fits
    ? undefined
    : `The cachePoint at ${at}.${index} must follow content that can be cached.`;
}
