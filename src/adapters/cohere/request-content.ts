import type { Audio, Image, Part } from "../../../gen/parlance/chat/v1/part_pb.js";
import { ImageDetail } from "../../../gen/parlance/chat/v1/part_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { printDataUrl } from "../../core/data-url.ts";
import { rawJson, type Writable } from "../../core/json-write.ts";
import { isObjectText } from "./extras.ts";
import { clamped, type Draft, drop, mapped, NAME, type Report, refuse, refuseWith } from "./wire.ts";

/** A conversation under construction. */
export interface Prompt {
  readonly report: Report;
  readonly messages: Draft[];
  readonly documents: Writable[];
  /** Pictures of tool results, to be sent in a user message after the results. */
  readonly moved: Writable[];
  /** What the documents say about citations. */
  readonly cites: Set<boolean | undefined>;
}

const details: Readonly<Record<ImageDetail, string | undefined>> = {
  [ImageDetail.UNSPECIFIED]: undefined,
  [ImageDetail.AUTO]: "auto",
  [ImageDetail.LOW]: "low",
  [ImageDetail.HIGH]: "high",
  [ImageDetail.ORIGINAL]: "high",
};

/** A part as pieces of content: one, or none where there is nothing to send, which is then reported or refused. */
export function encodePart(part: Part, path: string, report: Report): Writable[] {
  const { content } = part;
  dropCache(report, part, path);
  switch (content.case) {
    case "text":
      dropCitations(content.value.citations.length, path, report);
      return [{ type: "text", text: content.value.text }];
    case "image":
      return encodeImage(content.value, `${path}.image`, report);
    case "audio":
      return encodeAudio(content.value, `${path}.audio`, report);
    case "refusal":
      mapped(report, `${path}.refusal`, "sent as text");
      return [{ type: "text", text: content.value.text }];
    case "opaque":
      return encodeOpaque(content.value.dialect, content.value.json, path, report);
    case "video":
      refuse(report, `${path}.video`, "the Chat API takes no video; send pictures of it instead");
      return [];
    case "document":
    case "toolCall":
    case "toolResult":
    case "reasoning":
      refuse(report, path, "such content has no place in this message");
      return [];
    case undefined:
      return [];
  }
}

/** Reports a cache mark. */
export function dropCache(report: Report, part: Part, path: string): void {
  if (part.cache !== undefined) drop(report, `${path}.cache`, "the vendor caches by itself");
}

/** Content in the vendor's own words. */
export function encodeOpaque(dialect: string, json: string, path: string, report: Report): Writable[] {
  if (dialect !== NAME) {
    drop(report, `${path}.opaque`, `content in the words of ${dialect}`);
    return [];
  }
  if (isObjectText(json)) return [rawJson(json)];
  refuseWith(report, ErrorReason.INVALID_REQUEST, `${path}.opaque.json`, "must be one JSON object");
  return [];
}

function dropCitations(count: number, path: string, report: Report): void {
  for (let at = 0; at < count; at += 1) drop(report, `${path}.text.citations[${at}]`, "only answers have citations");
}

function encodeImage(image: Image, path: string, report: Report): Writable[] {
  const { source, detail } = image;
  if (source.case === "fileId" || source.case === undefined) {
    refuse(report, path, "the vendor keeps no files for chats; send the picture or its address");
    return [];
  }
  const url = source.case === "url" ? source.value : printDataUrl(image.mediaType, source.value);
  if (detail === ImageDetail.ORIGINAL)
    clamped(report, `${path}.detail`, "sent as high, the closest that the vendor looks");
  return [{ type: "image_url", image_url: { url, detail: details[detail] } }];
}

function encodeAudio(audio: Audio, path: string, report: Report): Writable[] {
  if (audio.transcript === "") {
    refuse(report, path, "the Chat API takes no sound; send a transcript instead");
    return [];
  }
  mapped(report, path, "its transcript is sent as text");
  return [{ type: "text", text: audio.transcript }];
}
