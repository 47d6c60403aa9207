import { FieldOutcome } from "../../../gen/parlance/call/v1/call_report_pb.js";
import type { Document, Opaque, Part, Text } from "../../../gen/parlance/chat/v1/part_pb.js";
import { ImageDetail } from "../../../gen/parlance/chat/v1/part_pb.js";
import { rawJson, type Writable } from "../../core/json-write.ts";
import { printBase64, printDataUrl } from "./data-url.ts";
import { drop, NAME, type Report, refuse, tell } from "./wire.ts";

const details: Readonly<Record<ImageDetail, string | undefined>> = {
  [ImageDetail.UNSPECIFIED]: undefined,
  [ImageDetail.AUTO]: "auto",
  [ImageDetail.LOW]: "low",
  [ImageDetail.HIGH]: "high",
  [ImageDetail.ORIGINAL]: "original",
};

/**
 * A part of a user's message as OpenAI content parts; most make one. Sound and video by address go out as `audio_url` and
 * `video_url` (vLLM, DashScope, OpenRouter). A cache mark has no equivalent: the vendor caches by itself.
 */
export function encodePart(part: Part, path: string, report: Report): readonly Writable[] {
  if (part.cache !== undefined) drop(report, `${path}.cache`, "the vendor caches by itself");
  const { content } = part;
  switch (content.case) {
    case "text":
      return encodeText(content.value, path, report);
    case "image":
    case "audio":
    case "video":
      return encodeMedia(content, path, report);
    case "document":
      return encodeDocument(content.value, path, report);
    case "refusal":
      return [{ type: "refusal", refusal: content.value.text }];
    case "opaque":
      return encodeOpaque(content.value, path, report);
    case "reasoning":
    case "toolCall":
    case "toolResult":
      return refused(report, path, `a part of kind ${content.case} in this place`);
    case undefined:
      return [];
  }
}

function encodeOpaque({ dialect, json }: Opaque, path: string, report: Report): readonly Writable[] {
  if (dialect === NAME) return [rawJson(json)];
  drop(report, path, `only the dialect ${dialect} knows it`);
  return [];
}

function encodeMedia(
  content: Extract<Part["content"], { case: "image" | "audio" | "video" }>,
  path: string,
  report: Report,
): readonly Writable[] {
  const { source } = content.value;
  if (source.case !== "url" && source.case !== "data") return refused(report, path, `${content.case} by id`);
  switch (content.case) {
    case "image": {
      const url = source.case === "url" ? source.value : printDataUrl(content.value.mediaType, source.value);
      return [{ type: "image_url", image_url: { url, detail: details[content.value.detail] } }];
    }
    case "video": {
      const url = source.case === "url" ? source.value : printDataUrl(content.value.mediaType, source.value);
      return [{ type: "video_url", video_url: { url } }];
    }
    case "audio": {
      if (source.case === "url") return [{ type: "audio_url", audio_url: { url: source.value } }];
      const format = content.value.format === "" ? undefined : content.value.format;
      return [{ type: "input_audio", input_audio: { data: printBase64(source.value), format } }];
    }
  }
}

function refused(report: Report, path: string, what: string): readonly Writable[] {
  refuse(report, path, what);
  return [];
}

function encodeText({ text, citations }: Text, path: string, report: Report): readonly Writable[] {
  if (citations.length > 0) drop(report, `${path}.citations`, "the vendor takes no citations back");
  return [{ type: "text", text }];
}

function encodeDocument(document: Document, path: string, report: Report): readonly Writable[] {
  const { source, title, mediaType } = document;
  if (document.context !== "") drop(report, `${path}.context`, "the vendor has no context of documents");
  if (document.citationsEnabled !== undefined) {
    drop(report, `${path}.citations_enabled`, "the vendor does not cite documents");
  }
  const named = title === "" ? undefined : title;
  switch (source.case) {
    case "fileId":
      return [{ type: "file", file: { file_id: source.value, filename: named } }];
    case "data": {
      const data = mediaType === "" ? printBase64(source.value) : printDataUrl(mediaType, source.value);
      return [{ type: "file", file: { file_data: data, filename: named ?? "document" } }];
    }
    case "text":
      tell(report, path, FieldOutcome.EMULATED, "the document is sent as text");
      return [{ type: "text", text: named === undefined ? source.value : `${named}\n\n${source.value}` }];
    case "content":
      tell(report, path, FieldOutcome.EMULATED, "the pieces of the document are sent as parts");
      return source.value.parts.flatMap((piece, at) => encodePart(piece, `${path}.content.parts[${at}]`, report));
    case "url":
      return refused(report, path, "a document by address");
    case undefined:
      return [];
  }
}
