import type {
  Audio,
  Document,
  Image,
  Part,
  Text,
} from "../../../../gen/parlance/chat/v1/part_pb.js";
import { ImageDetail } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import {
  dropped,
  type EncodeReport,
  mapped,
  refuse,
} from "../../../core/fidelity/encode-report.ts";
import { printBase64 } from "../../../json/base64.ts";
import { isDataUrl, printDataUrl } from "../../../json/data-url.ts";
import { type Body, isObjectText } from "../../../json/members.ts";
import { rawJson, type Writable } from "../../../json/write.ts";
import { withPartExtras } from "../../shared/add-extras.ts";
import { isForeign } from "../../shared/answers/foreign-source.ts";
import { refuseForeignFile } from "../../shared/notes/file-id.ts";
import { encodeAnnotation } from "../citation.ts";
import { DIALECT } from "../wire.ts";

/** What the encoding of content shares within one request. */
export interface ContentContext {
  readonly report: EncodeReport;
  /** Whether the vendor takes cache marks on content. */
  readonly cacheBreakpoints: boolean;
}

/**
 * A part as content of a message or of a tool's output; undefined when there is nothing to send,
 * which is then reported or refused. What the model said (`assistant`) has words of its own.
 */
export function encodeContent(
  part: Part,
  path: string,
  assistant: boolean,
  context: ContentContext,
): Writable | undefined {
  const { report, cacheBreakpoints } = context;
  const bare = contentOf(part.content, path, assistant, report);
  const [body] = withPartExtras(bare === undefined ? [] : [bare], part, path, report);
  if (part.cache === undefined) return body;
  const fits = isBody(body) && !assistant && part.content.case !== "audio";
  if (!cacheBreakpoints || !fits) {
    dropped(report, `${path}.cache`);
    return body;
  }
  return { ...body, prompt_cache_breakpoint: { mode: "explicit" } };
}

/** The text of a list that is one plain text; such a list may be written as a string. */
export function onlyText(contents: readonly Writable[]): string | undefined {
  const content = contents.length === 1 ? contents[0] : undefined;
  if (!isBody(content) || Object.keys(content).length !== 2) return undefined;
  return typeof content.text === "string" ? content.text : undefined;
}

/** Words for what has no content of its own in this dialect. */
export function encodeText(text: string, assistant: boolean): Body {
  return { type: assistant ? "output_text" : "input_text", text };
}

function contentOf(
  content: Part["content"],
  path: string,
  assistant: boolean,
  report: EncodeReport,
): Writable | undefined {
  switch (content.case) {
    case "text":
      return encodeSaid(content.value, `${path}.text`, assistant, report);
    case "refusal":
      if (assistant) return { type: "refusal", refusal: content.value.text };
      mapped(report, `${path}.refusal`);
      return encodeText(content.value.text, assistant);
    case "image":
      return assistant
        ? ofModel(`${path}.image`, report)
        : encodeImage(content.value, `${path}.image`, report);
    case "document":
      return assistant
        ? ofModel(`${path}.document`, report)
        : encodeDocument(content.value, `${path}.document`, report);
    case "audio":
      return encodeAudio(content.value, `${path}.audio`, assistant, report);
    case "video":
      return undefined;
    case "opaque":
      return encodeOpaque(content.value.dialect, content.value.json, path, report);
    case "toolCall":
    case "toolResult":
    case "reasoning":
      dropped(report, path);
      return undefined;
    case undefined:
      return undefined;
  }
}

/** An opaque value of this dialect as it is; undefined for another's, which is reported. */
export function encodeOpaque(
  dialect: string,
  json: string,
  path: string,
  report: EncodeReport,
): Writable | undefined {
  if (dialect !== DIALECT) {
    dropped(report, `${path}.opaque`, `content of ${dialect}`);
    return undefined;
  }
  if (isObjectText(json)) return rawJson(json);
  refuse(report, ErrorReason.INVALID_REQUEST, `${path}.opaque.json`, "must be one JSON object");
  return undefined;
}

function encodeSaid(text: Text, path: string, assistant: boolean, report: EncodeReport): Writable {
  const body = encodeText(text.text, assistant);
  if (text.citations.length === 0) return body;
  const annotations: Writable[] = [];
  for (const [index, citation] of text.citations.entries()) {
    const annotation =
      assistant && !isForeign(citation, DIALECT)
        ? encodeAnnotation({ ...citation, citedText: "" })
        : undefined;
    const field = `${path}.citations[${index}]`;
    if (annotation === undefined) dropped(report, field);
    else annotations.push(annotation);
  }
  return annotations.length === 0 ? body : { ...body, annotations };
}

/** Sound is taken as data, from the user; what the model spoke goes back as its words. */
function encodeAudio(
  audio: Audio,
  path: string,
  assistant: boolean,
  report: EncodeReport,
): Writable | undefined {
  const { source, format, transcript } = audio;
  if (!assistant && source.case === "data" && source.value.length > 0) {
    if (transcript !== "") dropped(report, `${path}.transcript`);
    return {
      type: "input_audio",
      input_audio: { data: printBase64(source.value), format: format || "wav" },
    };
  }
  if (transcript === "")
    return unsupported(path, "takes sound only as data; send a transcript", report);
  mapped(report, path);
  return encodeText(transcript, assistant);
}

function encodeImage(image: Image, path: string, report: EncodeReport): Writable {
  refuseForeignFile({ content: image, form: "hyphen" }, path, report);
  const { source, mediaType } = image;
  const detail = detailWord(image.detail);
  switch (source.case) {
    case "url":
      return { type: "input_image", image_url: source.value, detail };
    case "data":
      return {
        type: "input_image",
        image_url: printDataUrl(mediaType || "image/png", source.value),
        detail,
      };
    case "fileId":
      return { type: "input_image", file_id: source.value, detail };
    case undefined:
      return { type: "input_image", image_url: "", detail };
  }
}

function detailWord(detail: ImageDetail): string | undefined {
  switch (detail) {
    case ImageDetail.UNSPECIFIED:
      return undefined;
    case ImageDetail.AUTO:
      return "auto";
    case ImageDetail.LOW:
      return "low";
    case ImageDetail.HIGH:
      return "high";
    case ImageDetail.ORIGINAL:
      return "original";
  }
}

/** See https://platform.openai.com/docs/guides/pdf-files. Data needs a file name there. */
function encodeDocument(
  document: Document,
  path: string,
  report: EncodeReport,
): Writable | undefined {
  const { source, title, mediaType } = document;
  if (mediaType !== "" && (source.case === "url" || source.case === "fileId")) {
    mapped(report, `${path}.media_type`);
  }
  refuseForeignFile({ content: document, form: "hyphen" }, path, report);
  const filename = title === "" ? undefined : title;
  switch (source.case) {
    case "url":
      return encodeFileUrl(source.value, filename, path, report);
    case "fileId":
      if (filename !== undefined) mapped(report, `${path}.title`);
      return { type: "input_file", file_id: source.value };
    case "data": {
      const type = mediaType || "application/pdf";
      const name = filename ?? (type === "application/pdf" ? "document.pdf" : "document");
      return { type: "input_file", filename: name, file_data: printDataUrl(type, source.value) };
    }
    case "text": {
      const data = printDataUrl(mediaType || "text/plain", Buffer.from(source.value));
      mapped(report, `${path}.text`);
      return { type: "input_file", filename: filename ?? "document.txt", file_data: data };
    }
    case "content":
      return encodePieces(source.value.parts, `${path}.content`, title, report);
    case undefined:
      return undefined;
  }
}

/** An address that holds the file itself is data for the vendor. */
function encodeFileUrl(
  url: string,
  filename: string | undefined,
  path: string,
  report: EncodeReport,
): Writable {
  if (isDataUrl(url))
    return { type: "input_file", filename: filename ?? "document", file_data: url };
  if (filename !== undefined) mapped(report, `${path}.title`);
  return { type: "input_file", file_url: url };
}

/** The vendor knows no documents in pieces: their words are sent as one text. */
function encodePieces(
  parts: readonly Part[],
  path: string,
  title: string,
  report: EncodeReport,
): Writable {
  const texts: string[] = title === "" ? [] : [title];
  for (const [index, part] of parts.entries()) {
    if (part.content.case === "text") texts.push(part.content.value.text);
    else dropped(report, `${path}.parts[${index}]`);
  }
  mapped(report, path);
  return encodeText(texts.join("\n\n"), false);
}

function ofModel(path: string, report: EncodeReport): undefined {
  dropped(report, path);
  return undefined;
}

function unsupported(path: string, message: string, report: EncodeReport): undefined {
  refuse(report, ErrorReason.UNSUPPORTED, path, `the Responses API ${message}`);
  return undefined;
}

function isBody(value: Writable): value is Body {
  return (
    typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype
  );
}
