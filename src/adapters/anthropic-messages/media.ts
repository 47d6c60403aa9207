import type { Document, Image, Part } from "../../../gen/parlance/chat/v1/part_pb.js";
import { printBase64 } from "../../json/base64.ts";
import {
  arrayAt,
  asBuffer,
  booleanAt,
  isObject,
  type Json,
  type JsonObject,
  objectAt,
  stringAt,
} from "../../json/json.ts";
import type { Writable } from "../../json/write.ts";

/**
 * The source of an `image` block. See https://platform.claude.com/docs/en/build-with-claude/vision.
 */
export function encodeImageSource(image: Image): Writable {
  const { source } = image;
  switch (source.case) {
    case "url":
      return dataUrl(source.value) ?? { type: "url", url: source.value };
    case "data":
      return {
        type: "base64",
        media_type: image.mediaType || "image/png",
        data: printBase64(source.value),
      };
    case "fileId":
      return { type: "file", file_id: source.value };
    case undefined:
      return { type: "url", url: "" };
  }
}

/** The image of an `image` block; undefined when its source is not a known one. */
export function decodeImage(json: JsonObject): Image | undefined {
  const source = objectAt(json, "source");
  const decoded = source === undefined ? undefined : decodeImageSource(source);
  if (source === undefined || decoded === undefined) return undefined;
  const mediaType = decoded.case === "data" ? (stringAt(source, "media_type") ?? "") : "";
  return { $typeName: "parlance.chat.v1.Image", source: decoded, mediaType, detail: 0 };
}

/**
 * The source of a `document` block but for pieces, which hold blocks of their own.
 * See https://platform.claude.com/docs/en/build-with-claude/pdf-support.
 */
export function encodeDocumentSource(document: Document): Writable {
  const { source, mediaType } = document;
  switch (source.case) {
    case "url":
      return dataUrl(source.value) ?? { type: "url", url: source.value };
    case "data":
      if (mediaType.startsWith("text/")) {
        return {
          type: "text",
          media_type: "text/plain",
          data: asBuffer(source.value).toString("utf8"),
        };
      }
      return {
        type: "base64",
        media_type: mediaType || "application/pdf",
        data: printBase64(source.value),
      };
    case "fileId":
      return { type: "file", file_id: source.value };
    case "text":
      return { type: "text", media_type: mediaType || "text/plain", data: source.value };
    case "content":
    case undefined:
      return undefined;
  }
}

/**
 * The document of a `document` block; undefined when its source is not a known one. `decodeBlocks`
 * reads pieces.
 */
export function decodeDocument(
  json: JsonObject,
  decodeBlocks: (blocks: readonly Json[]) => Part[],
): Document | undefined {
  const source = objectAt(json, "source");
  const decoded = source === undefined ? undefined : decodeDocumentSource(source, decodeBlocks);
  if (source === undefined || decoded === undefined) return undefined;
  const citations = objectAt(json, "citations");
  const enabled = citations === undefined ? undefined : booleanAt(citations, "enabled");
  const named = decoded.case === "data" || decoded.case === "text";
  return {
    $typeName: "parlance.chat.v1.Document",
    source: decoded,
    mediaType: named ? (stringAt(source, "media_type") ?? "") : "",
    title: stringAt(json, "title") ?? "",
    context: stringAt(json, "context") ?? "",
    ...(enabled === undefined ? undefined : { citationsEnabled: enabled }),
  };
}

function decodeImageSource(source: JsonObject): Image["source"] | undefined {
  switch (source.type) {
    case "base64":
      return { case: "data", value: bytesOf(source) };
    case "url":
      return { case: "url", value: stringAt(source, "url") ?? "" };
    case "file":
      return { case: "fileId", value: stringAt(source, "file_id") ?? "" };
    default:
      return undefined;
  }
}

function decodeDocumentSource(
  source: JsonObject,
  decodeBlocks: (blocks: readonly Json[]) => Part[],
): Document["source"] | undefined {
  switch (source.type) {
    case "base64":
      return { case: "data", value: bytesOf(source) };
    case "url":
      return { case: "url", value: stringAt(source, "url") ?? "" };
    case "file":
      return { case: "fileId", value: stringAt(source, "file_id") ?? "" };
    case "text":
      return { case: "text", value: stringAt(source, "data") ?? "" };
    case "content": {
      const text = stringAt(source, "content");
      const blocks = text === undefined ? arrayAt(source, "content") : [{ type: "text", text }];
      if (blocks === undefined || !blocks.every(isObject)) return undefined;
      return {
        case: "content",
        value: { $typeName: "parlance.chat.v1.DocumentContent", parts: decodeBlocks(blocks) },
      };
    }
    default:
      return undefined;
  }
}

/** `data:<media type>;base64,<data>` as a base64 source, for the vendor fetches only http(s). */
function dataUrl(url: string): Writable | undefined {
  if (!url.startsWith("data:")) return undefined;
  const comma = url.indexOf(",");
  const head = comma === -1 ? "" : url.slice(5, comma);
  if (!head.endsWith(";base64")) return undefined;
  return {
    type: "base64",
    media_type: head.slice(0, -7).split(";")[0] ?? "",
    data: url.slice(comma + 1),
  };
}

function bytesOf(source: JsonObject): Uint8Array {
  const bytes = Buffer.from(stringAt(source, "data") ?? "", "base64");
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}
