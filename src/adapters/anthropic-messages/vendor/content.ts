import type {
  Audio,
  Document,
  Image,
  Part,
  Reasoning,
  Text,
  ToolCall,
  ToolResult,
} from "../../../../gen/parlance/chat/v1/part_pb.js";
import { ImageDetail } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import {
  dropped,
  type EncodeReport,
  mapped,
  refuse,
} from "../../../core/fidelity/encode-report.ts";
import { type Body, isObjectText } from "../../../json/members.ts";
import { rawJson, type Writable } from "../../../json/write.ts";
import { withPartExtras } from "../../shared/add-extras.ts";
import { isForeign } from "../../shared/answers/foreign-source.ts";
import { refuseForeignFile } from "../../shared/notes/file-id.ts";
import type { ToolIds } from "../../shared/tool-ids.ts";
import { encodeToolInput } from "../../shared/tool-input.ts";
import { encodeCache } from "../cache-control.ts";
import { encodeCitation } from "../citation.ts";
import { encodeDocumentSource, encodeImageSource } from "../media.ts";
import { DIALECT } from "../wire.ts";

/** What the encoding of content shares within one request. */
export interface ContentContext {
  readonly report: EncodeReport;
  readonly ids: ToolIds;
}

/**
 * A block on its way out, and whether it is a tool result, which the vendor wants before all else
 * in its message.
 */
export interface EncodedBlock {
  readonly block: Body | Writable;
  readonly toolResult: boolean;
}

/**
 * A part as a content block; undefined when there is nothing to send, which is then reported or
 * refused.
 */
export function encodePart(
  part: Part,
  path: string,
  context: ContentContext,
): EncodedBlock | undefined {
  const { content } = part;
  if (content.case === "opaque")
    return encodeOpaque(content.value.dialect, content.value.json, part, path, context);
  const block = encodeContent(content, path, context);
  if (block === undefined) {
    withPartExtras([], part, path, context.report);
    if (part.cache !== undefined) dropped(context.report, `${path}.cache`);
    return undefined;
  }
  if (part.cache !== undefined) {
    if (content.case === "reasoning") dropped(context.report, `${path}.cache`);
    else block.cache_control = encodeCache(part.cache);
  }
  const [whole = block] = withPartExtras([block], part, path, context.report);
  return { block: whole, toolResult: content.case === "toolResult" };
}

function encodeContent(
  content: Part["content"],
  path: string,
  context: ContentContext,
): Body | undefined {
  const { report } = context;
  switch (content.case) {
    case "text":
      return encodeText(content.value, `${path}.text`, report);
    case "image":
      return encodeImage(content.value, `${path}.image`, report);
    case "document":
      return encodeDocument(content.value, `${path}.document`, context);
    case "toolCall":
      return encodeToolCall(content.value, `${path}.tool_call`, context);
    case "toolResult":
      return encodeToolResult(content.value, `${path}.tool_result`, context);
    case "reasoning":
      return encodeReasoning(content.value, `${path}.reasoning`, report);
    case "refusal":
      return encodeSaid(content.value.text, `${path}.refusal`, report);
    case "audio":
      return encodeAudio(content.value, `${path}.audio`, report);
    case "video":
    case "opaque":
    case undefined:
      return undefined;
  }
}

/** The vendor refuses text blocks without a visible character. */
function encodeText(text: Text, path: string, report: EncodeReport): Body | undefined {
  if (text.text.trim() === "") {
    dropped(report, path);
    return undefined;
  }
  if (text.citations.length === 0) return { type: "text", text: text.text };
  const citations: Writable[] = [];
  for (const [index, citation] of text.citations.entries()) {
    const unsealed = citation.source.case === "web" && citation.source.value.encryptedIndex === "";
    const encoded = unsealed || isForeign(citation, DIALECT) ? undefined : encodeCitation(citation);
    if (encoded === undefined) dropped(report, `${path}.citations[${index}]`);
    else {
      citations.push(encoded);
      const { source, location } = citation;
      if (source.case === "web" && location.case !== undefined) {
        dropped(
          report,
          `${path}.citations[${index}].${location.case}`,
          "a page of the web is cited as a whole",
        );
      }
    }
  }
  return citations.length === 0
    ? { type: "text", text: text.text }
    : { type: "text", text: text.text, citations };
}

function encodeImage(image: Image, path: string, report: EncodeReport): Body {
  const { detail } = image;
  if (detail === ImageDetail.AUTO) mapped(report, `${path}.detail`);
  else if (detail !== ImageDetail.UNSPECIFIED) dropped(report, `${path}.detail`);
  if (image.mediaType !== "" && image.source.case !== "data") mapped(report, `${path}.media_type`);
  refuseForeignFile({ content: image, form: "underscore" }, path, report);
  return { type: "image", source: encodeImageSource(image) };
}

function encodeDocument(document: Document, path: string, context: ContentContext): Body {
  const { source, citationsEnabled } = document;
  refuseForeignFile({ content: document, form: "underscore" }, path, context.report);
  const pieces = source.case === "content" ? source.value.parts : undefined;
  return {
    type: "document",
    source:
      pieces === undefined
        ? encodeDocumentSource(document)
        : { type: "content", content: encodeNested(pieces, `${path}.content.parts`, context) },
    ...(document.title === "" ? undefined : { title: document.title }),
    ...(document.context === "" ? undefined : { context: document.context }),
    ...(citationsEnabled === undefined ? undefined : { citations: { enabled: citationsEnabled } }),
  };
}

function encodeToolCall(call: ToolCall, path: string, { report, ids }: ContentContext): Body {
  const id = ids.call(call.id);
  if (id !== call.id) mapped(report, `${path}.id`);
  if (call.input.case === "text") {
    mapped(report, `${path}.text`);
    return { type: "tool_use", id, name: call.name, input: { input: call.input.value } };
  }
  const { input, wrapped } = encodeToolInput(call.input.value ?? "");
  if (wrapped) mapped(report, `${path}.arguments_json`);
  return { type: "tool_use", id, name: call.name, input };
}

function encodeToolResult(result: ToolResult, path: string, context: ContentContext): Body {
  const id = context.ids.result(result.toolCallId);
  if (result.name !== "") mapped(context.report, `${path}.name`);
  const content = encodeNested(result.content, `${path}.content`, context);
  const unfit = result.isError === true && !content.every(isText);
  if (unfit) dropped(context.report, `${path}.is_error`);
  return {
    type: "tool_result",
    tool_use_id: id,
    ...(content.length === 0 ? undefined : { content: onlyText(content) ?? content }),
    ...(result.isError === undefined || unfit ? undefined : { is_error: result.isError }),
  };
}

function isText(block: Body | Writable): boolean {
  return typeof block === "object" && block !== null && "type" in block && block.type === "text";
}

/** The text of a list that is one plain text block; such a list may be written as a string. */
export function onlyText(blocks: readonly (Body | Writable)[]): string | undefined {
  const block = blocks.length === 1 ? blocks[0] : undefined;
  if (typeof block !== "object" || block === null || !("type" in block) || !("text" in block))
    return undefined;
  return Object.keys(block).length === 2 && typeof block.text === "string" ? block.text : undefined;
}

/** Only the vendor's own proof makes reasoning acceptable to it again. */
function encodeReasoning(
  reasoning: Reasoning,
  path: string,
  report: EncodeReport,
): Body | undefined {
  const own = reasoning.dialect === DIALECT || reasoning.dialect === "";
  if (own && reasoning.encrypted !== "")
    return { type: "redacted_thinking", data: reasoning.encrypted };
  if (own && reasoning.signature !== "") {
    return { type: "thinking", thinking: reasoning.text, signature: reasoning.signature };
  }
  dropped(report, path);
  return undefined;
}

function encodeAudio(audio: Audio, path: string, report: EncodeReport): Body | undefined {
  if (audio.transcript !== "") return encodeSaid(audio.transcript, path, report);
  refuse(
    report,
    ErrorReason.UNSUPPORTED,
    path,
    "the Messages API takes no sound; send a transcript instead",
  );
  return undefined;
}

function encodeSaid(text: string, path: string, report: EncodeReport): Body | undefined {
  if (text.trim() === "") {
    dropped(report, path);
    return undefined;
  }
  mapped(report, path);
  return { type: "text", text };
}

function encodeOpaque(
  dialect: string,
  json: string,
  part: Part,
  path: string,
  { report }: ContentContext,
): EncodedBlock | undefined {
  if (dialect !== DIALECT) {
    dropped(report, `${path}.opaque`, `content of ${dialect}`);
    return undefined;
  }
  if (!isObjectText(json)) {
    refuse(report, ErrorReason.INVALID_REQUEST, `${path}.opaque.json`, "must be one JSON object");
    return undefined;
  }
  if (part.cache !== undefined) dropped(report, `${path}.cache`);
  withPartExtras([], part, path, report);
  return { block: rawJson(json), toolResult: false };
}

function encodeNested(
  parts: readonly Part[],
  path: string,
  context: ContentContext,
): (Body | Writable)[] {
  const blocks: (Body | Writable)[] = [];
  for (const [index, part] of parts.entries()) {
    const encoded = encodePart(part, `${path}[${index}]`, context);
    if (encoded !== undefined) blocks.push(encoded.block);
  }
  return blocks;
}
