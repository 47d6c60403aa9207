import type { Citation } from "../../../../gen/parlance/chat/v1/citation_pb.js";
import type { Part, Reasoning } from "../../../../gen/parlance/chat/v1/part_pb.js";
import {
  arrayAt,
  isObject,
  type Json,
  type JsonObject,
  objectAt,
  stringAt,
} from "../../../json/json.ts";
import {
  elementSources,
  memberSource,
  type Source,
  sourceText,
} from "../../../json/source-slice.ts";
import { decodeToolInput } from "../../shared/tool-input.ts";
import { DIALECT } from "../wire.ts";
import { decodeCitation } from "./citation.ts";
import { imageMediaType } from "./media.ts";
import { proofOf } from "./sealed-reasoning.ts";

type Content = Part["content"];

/**
 * One content block of an answer. What the contract does not model (tools that the vendor runs and
 * their results, guarded content, blocks of the future) is kept byte for byte as an opaque part in
 * its place. `claude`: Claude answers. See
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ContentBlock.html.
 */
export function decodeBlock(json: Json, source: Source, claude: boolean): Part {
  const content = isObject(json) ? decodeContent(json, source, claude) : undefined;
  return content === undefined ? opaquePart(sourceText(source, json)) : partOf(content);
}

/** A block that is kept as it is. */
export function opaquePart(json: string): Part {
  return partOf({
    case: "opaque",
    value: { $typeName: "parlance.chat.v1.Opaque", dialect: DIALECT, json },
  });
}

/** A text part. */
export function textPart(text: string, citations: Citation[] = []): Part {
  return partOf({ case: "text", value: { $typeName: "parlance.chat.v1.Text", text, citations } });
}

/** A picture of a model; undefined when it is not sent as bytes. */
export function imagePart(format: string, base64: string | undefined): Part | undefined {
  if (base64 === undefined) return undefined;
  const value = new Uint8Array(Buffer.from(base64, "base64"));
  const mediaType = imageMediaType(format);
  return partOf({
    case: "image",
    value: {
      $typeName: "parlance.chat.v1.Image",
      source: { case: "data", value },
      mediaType,
      detail: 0,
    },
  });
}

/** Whether a tool use is the vendor's own, which the caller is not to run. */
export function isServerTool(toolUse: JsonObject): boolean {
  const type = stringAt(toolUse, "type");
  return type !== undefined && type !== "tool_use";
}

function partOf(content: Content): Part {
  return { $typeName: "parlance.chat.v1.Part", content };
}

function decodeContent(json: JsonObject, source: Source, claude: boolean): Content | undefined {
  const text = stringAt(json, "text");
  if (text !== undefined) return textPart(text).content;
  const toolUse = objectAt(json, "toolUse");
  if (toolUse !== undefined) return decodeToolUse(toolUse, memberSource(source, "toolUse"));
  const reasoning = objectAt(json, "reasoningContent");
  if (reasoning !== undefined) return decodeReasoning(reasoning, claude);
  const cited = objectAt(json, "citationsContent");
  if (cited !== undefined) return decodeCited(cited, memberSource(source, "citationsContent"));
  const image = objectAt(json, "image");
  if (image === undefined) return undefined;
  return imagePart(
    stringAt(image, "format") ?? "",
    stringAt(objectAt(image, "source") ?? {}, "bytes"),
  )?.content;
}

function decodeToolUse(json: JsonObject, source: Source): Content | undefined {
  if (isServerTool(json)) return undefined;
  const input = json.input;
  const name = stringAt(json, "name") ?? "";
  const value = decodeToolInput(input, () => sourceText(memberSource(source, "input"), input));
  return {
    case: "toolCall",
    value: {
      $typeName: "parlance.chat.v1.ToolCall",
      id: stringAt(json, "toolUseId") ?? "",
      name,
      input: { case: "argumentsJson", value },
      signature: "",
    },
  };
}

/** Reasoning that is neither signed nor encrypted could be anyone's. */
function decodeReasoning(json: JsonObject, claude: boolean): Content | undefined {
  const reasoningText = objectAt(json, "reasoningText");
  const encrypted = stringAt(json, "redactedContent") ?? "";
  if (reasoningText === undefined && encrypted === "") return undefined;
  const signature = stringAt(reasoningText ?? {}, "signature") ?? "";
  const proven = signature !== "" || encrypted !== "";
  const value: Reasoning = {
    $typeName: "parlance.chat.v1.Reasoning",
    text: stringAt(reasoningText ?? {}, "text") ?? "",
    ...(proven ? proofOf(signature, encrypted, claude) : { signature, encrypted, dialect: "" }),
    summaries: [],
    id: "",
  };
  return { case: "reasoning", value };
}

function decodeCited(json: JsonObject, source: Source): Content {
  const pieces = (arrayAt(json, "content") ?? []).map((piece) =>
    isObject(piece) ? (stringAt(piece, "text") ?? "") : "",
  );
  const sourceAt = elementSources(memberSource(source, "citations"));
  const citations = (arrayAt(json, "citations") ?? []).flatMap((citation, index) =>
    isObject(citation) ? [decodeCitation(citation, sourceAt(index))] : [],
  );
  return textPart(pieces.join(""), citations).content;
}
