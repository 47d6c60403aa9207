import type { Citation } from "../../../../gen/parlance/chat/v1/citation_pb.js";
import type {
  CacheHint,
  Document,
  Opaque,
  Part,
  Reasoning,
  Text,
  ToolCall,
  ToolResult,
} from "../../../../gen/parlance/chat/v1/part_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import { appendAll } from "../../../core/append-all.ts";
import {
  dropped,
  type EncodeReport,
  mapped,
  refuse,
} from "../../../core/fidelity/encode-report.ts";
import { type Body, isObjectText } from "../../../json/members.ts";
import { rawJson, type Writable } from "../../../json/write.ts";
import type { ToolIds } from "../../shared/tool-ids.ts";
import { encodeToolInput } from "../../shared/tool-input.ts";
import { DIALECT } from "../wire.ts";
import { encodeCachePoint } from "./cache-control.ts";
import { encodeCitation } from "./citation.ts";
import type { DocumentNames } from "./media.ts";
import { documentFormat, encodeAudio, encodeDocument, encodeImage, encodeVideo } from "./media.ts";
import type { ModelTraits } from "./model-traits.ts";
import { CLAUDE_DIALECT } from "./sealed-reasoning.ts";

/** What the encoding of content shares within one request. */
export interface ContentContext {
  readonly report: EncodeReport;
  readonly traits: ModelTraits;
  readonly ids: ToolIds;
  readonly names: DocumentNames;
}

/** A block on its way out with what must follow it at once, and whether it is a tool result. */
export interface EncodedPart {
  readonly blocks: readonly Writable[];
  readonly toolResult: boolean;
  /**
   * A cache point that cannot stand behind the block, as none can behind a document other than a
   * PDF.
   */
  readonly pointBefore?: Writable;
}

/**
 * A part as a content block and its cache point; undefined when there is nothing to send, which is
 * then reported or refused.
 */
export function encodePart(
  part: Part,
  path: string,
  context: ContentContext,
): EncodedPart | undefined {
  const { content } = part;
  const block = encodeContent(content, path, context);
  const toolResult = content.case === "toolResult";
  const marks = [
    ...(part.cache === undefined ? [] : [{ cache: part.cache, path: `${path}.cache` }]),
  ];
  if (toolResult) appendAll(marks, nestedMarks(content.value, `${path}.tool_result`));
  const [mark] = marks;
  if (block === undefined) {
    if (mark !== undefined) dropped(context.report, mark.path, "the block it marks is not sent");
    return undefined;
  }
  if (mark === undefined) return { blocks: [block], toolResult };
  for (const other of marks.slice(1)) {
    mapped(context.report, other.path, "one cache point stands behind the whole result");
  }
  const point = encodeMark(mark, content, context);
  if (point === undefined) return { blocks: [block], toolResult };
  if (content.case === "document" && !isPdf(content.value))
    return { blocks: [block], toolResult, pointBefore: point };
  return { blocks: [block, point], toolResult };
}

interface Mark {
  readonly cache: CacheHint;
  readonly path: string;
}

/** The vendor takes no cache points within a result: they stand behind it. */
function nestedMarks(result: ToolResult, path: string): Mark[] {
  return result.content.flatMap(({ cache }, index) =>
    cache === undefined ? [] : [{ cache, path: `${path}.content[${index}].cache` }],
  );
}

/** A cache point behind what it marks; undefined where the vendor takes none there. */
function encodeMark(
  { cache, path }: Mark,
  content: Part["content"],
  context: ContentContext,
): Writable | undefined {
  const { report, traits } = context;
  if (content.case === "reasoning") {
    dropped(report, path, "the vendor takes no cache point behind reasoning");
    return undefined;
  }
  const point = encodeCachePoint(cache, path, traits, report);
  if (point !== undefined && path.includes(".tool_result.content[")) {
    mapped(report, path, "a cache point behind the whole result");
  }
  return point;
}

function isPdf({ mediaType, title }: Document): boolean {
  return documentFormat(mediaType, title) === "pdf";
}

function encodeContent(
  content: Part["content"],
  path: string,
  context: ContentContext,
): Writable | undefined {
  const { report } = context;
  switch (content.case) {
    case "text":
      return encodeText(content.value, `${path}.text`, report);
    case "image":
      return encodeImage(content.value, `${path}.image`, report);
    case "audio":
      return encodeAudio(content.value, `${path}.audio`, report);
    case "video":
      return encodeVideo(content.value, `${path}.video`, report);
    case "document":
      return encodeDocument(content.value, `${path}.document`, context.names, report);
    case "toolCall":
      return encodeToolCall(content.value, `${path}.tool_call`, context);
    case "toolResult":
      return encodeToolResult(content.value, `${path}.tool_result`, context);
    case "reasoning":
      return encodeReasoning(content.value, `${path}.reasoning`, context);
    case "refusal":
      if (content.value.text.trim() !== "") mapped(report, `${path}.refusal`);
      return encodeWords(content.value.text, `${path}.refusal`, report);
    case "opaque":
      return encodeOpaque(content.value, `${path}.opaque`, report);
    case undefined:
      return undefined;
  }
}

function encodeText(text: Text, path: string, report: EncodeReport): Writable | undefined {
  const citations: Writable[] = [];
  for (const [index, citation] of text.citations.entries()) {
    const encoded = encodeCitation(citation);
    if (encoded === undefined) dropped(report, `${path}.citations[${index}]`);
    else {
      citations.push(encoded);
      reportCitation(citation, `${path}.citations[${index}]`, report);
    }
  }
  if (citations.length === 0) return encodeWords(text.text, path, report);
  if (text.text === "") return { citationsContent: { citations } };
  return { citationsContent: { content: [{ text: text.text }], citations } };
}

/**
 * Pages of the web are cited as a whole, and a citation in the vendor's own words stands for
 * itself.
 */
function reportCitation(
  { source, location, title, citedText }: Citation,
  path: string,
  report: EncodeReport,
): void {
  const opaque = source.case === "opaque";
  if ((opaque || source.case === "web") && location.case !== undefined)
    dropped(report, `${path}.${location.case}`, "its source is cited as a whole");
  if (opaque && title !== "") dropped(report, `${path}.title`, "the vendor's own words are sent");
  if (opaque && citedText !== "")
    dropped(report, `${path}.cited_text`, "the vendor's own words are sent");
}

/** The vendor refuses blocks of blank text. */
function encodeWords(text: string, path: string, report: EncodeReport): Body | undefined {
  if (text.trim() !== "") return { text };
  dropped(report, path);
  return undefined;
}

function encodeToolCall(call: ToolCall, path: string, { report, ids }: ContentContext): Writable {
  const toolUseId = ids.call(call.id);
  if (toolUseId !== call.id) mapped(report, `${path}.id`);
  if (call.input.case === "text") {
    mapped(report, `${path}.text`);
    return { toolUse: { toolUseId, name: call.name, input: { input: call.input.value } } };
  }
  const { input, wrapped } = encodeToolInput(call.input.value ?? "");
  if (wrapped) mapped(report, `${path}.arguments_json`);
  return { toolUse: { toolUseId, name: call.name, input } };
}

function encodeToolResult(result: ToolResult, path: string, context: ContentContext): Writable {
  const { report, traits, ids } = context;
  const toolUseId = ids.result(result.toolCallId);
  if (result.toolCallId !== "" && toolUseId !== result.toolCallId)
    mapped(report, `${path}.tool_call_id`);
  if (result.name !== "") mapped(report, `${path}.name`);
  const content: Writable[] = [];
  for (const [index, part] of result.content.entries()) {
    const block = encodeResultPart(part, `${path}.content[${index}]`, context);
    if (block !== undefined) content.push(block);
  }
  const { isError } = result;
  if (isError !== undefined && !traits.toolResultStatus) {
    if (isError) dropped(report, `${path}.is_error`);
    else mapped(report, `${path}.is_error`);
    return { toolResult: { toolUseId, content } };
  }
  return {
    toolResult: {
      toolUseId,
      content,
      ...(isError === undefined ? {} : { status: isError ? "error" : "success" }),
    },
  };
}

/** What may stand in a result: text, pictures, documents, videos and this dialect's own words. */
function encodeResultPart(part: Part, path: string, context: ContentContext): Writable | undefined {
  switch (part.content.case) {
    case "text":
      return encodeWords(part.content.value.text, `${path}.text`, context.report);
    case "image":
    case "document":
    case "video":
    case "opaque":
      return encodeContent(part.content, path, context);
    case "audio":
    case "toolCall":
    case "toolResult":
    case "reasoning":
    case "refusal":
    case undefined:
      refuse(
        context.report,
        ErrorReason.UNSUPPORTED,
        path,
        "the vendor takes text, pictures, documents and videos as a result",
      );
      return undefined;
  }
}

/**
 * Only signed or encrypted reasoning is taken back; what Claude signed elsewhere is as good to
 * Claude here.
 */
function encodeReasoning(
  reasoning: Reasoning,
  path: string,
  { report, traits }: ContentContext,
): Writable | undefined {
  const { encrypted, signature, text, dialect } = reasoning;
  const own = dialect === DIALECT || dialect === "";
  const foreign = traits.family === "claude" && dialect === CLAUDE_DIALECT;
  if (!(own || foreign) || (encrypted === "" && signature === "")) {
    dropped(report, path);
    return undefined;
  }
  if (encrypted === "") return { reasoningContent: { reasoningText: { text, signature } } };
  if (text !== "") dropped(report, `${path}.text`, "the encrypted reasoning is sent instead");
  if (signature !== "")
    dropped(report, `${path}.signature`, "the encrypted reasoning is sent instead");
  return {
    reasoningContent: {
      redactedContent: own ? encrypted : Buffer.from(encrypted).toString("base64"),
    },
  };
}

function encodeOpaque(
  { dialect, json }: Opaque,
  path: string,
  report: EncodeReport,
): Writable | undefined {
  if (dialect !== DIALECT) {
    dropped(report, path, `content of ${dialect}`);
    return undefined;
  }
  if (!isObjectText(json))
    refuse(report, ErrorReason.INVALID_REQUEST, `${path}.json`, "must be one JSON object");
  return rawJson(json);
}
