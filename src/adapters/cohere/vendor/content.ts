import type { Audio, Image, Part } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { ImageDetail } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import {
  clamped,
  dropped,
  type EncodeReport,
  mapped,
  refuse,
} from "../../../core/fidelity/encode-report.ts";
import { printDataUrl } from "../../../json/data-url.ts";
import { rawJson, type Writable } from "../../../json/write.ts";
import { withPartExtras } from "../../shared/add-extras.ts";
import { isObjectText } from "../extras.ts";
import { type Draft, NAME } from "../wire.ts";

/** A conversation under construction. */
export interface Prompt {
  readonly report: EncodeReport;
  readonly messages: Draft[];
  readonly documents: Writable[];
  /** Pictures of tool results, to be sent in a user message after the results. */
  readonly moved: Writable[];
  /** What documents say about citations, by their paths. */
  readonly cites: { readonly path: string; readonly enabled: boolean | undefined }[];
}

const details: Readonly<Record<ImageDetail, string | undefined>> = {
  [ImageDetail.UNSPECIFIED]: undefined,
  [ImageDetail.AUTO]: "auto",
  [ImageDetail.LOW]: "low",
  [ImageDetail.HIGH]: "high",
  [ImageDetail.ORIGINAL]: "high",
};

/**
 * A part as pieces of content: one, or none where there is nothing to send, which is then reported
 * or refused.
 */
export function encodePart(part: Part, path: string, report: EncodeReport): readonly Writable[] {
  return withPartExtras(encodeContent(part.content, path, report), part, path, report);
}

function encodeContent(content: Part["content"], path: string, report: EncodeReport): Writable[] {
  switch (content.case) {
    case "text":
      dropCitations(content.value.citations.length, path, report);
      return [{ type: "text", text: content.value.text }];
    case "image":
      return encodeImage(content.value, `${path}.image`, report);
    case "audio":
      return encodeAudio(content.value, `${path}.audio`, report);
    case "refusal":
      mapped(report, `${path}.refusal`);
      return [{ type: "text", text: content.value.text }];
    case "opaque":
      return encodeOpaque(content.value.dialect, content.value.json, path, report);
    case "video":
      return [];
    case "document":
    case "toolCall":
    case "toolResult":
    case "reasoning":
      refuse(report, ErrorReason.UNSUPPORTED, path, "such content has no place in this message");
      return [];
    case undefined:
      return [];
  }
}

/** Content in the vendor's own words. */
export function encodeOpaque(
  dialect: string,
  json: string,
  path: string,
  report: EncodeReport,
): Writable[] {
  if (dialect !== NAME) {
    dropped(report, `${path}.opaque`, `content of ${dialect}`);
    return [];
  }
  if (isObjectText(json)) return [rawJson(json)];
  refuse(report, ErrorReason.INVALID_REQUEST, `${path}.opaque.json`, "must be one JSON object");
  return [];
}

/** Tells that citations of a text are not sent. */
export function dropCitations(count: number, path: string, report: EncodeReport): void {
  for (let at = 0; at < count; at += 1)
    dropped(report, `${path}.text.citations[${at}]`, "only answers have citations");
}

function encodeImage(image: Image, path: string, report: EncodeReport): Writable[] {
  const { source, mediaType, detail } = image;
  if (source.case === "fileId" || source.case === undefined) {
    refuse(
      report,
      ErrorReason.UNSUPPORTED,
      path,
      "the vendor keeps no files for chats; send the picture or its address",
    );
    return [];
  }
  if (source.case === "url" && mediaType !== "") mapped(report, `${path}.media_type`);
  const url = source.case === "url" ? source.value : printDataUrl(mediaType, source.value);
  if (detail === ImageDetail.ORIGINAL) clamped(report, `${path}.detail`);
  return [{ type: "image_url", image_url: { url, detail: details[detail] } }];
}

function encodeAudio(audio: Audio, path: string, report: EncodeReport): Writable[] {
  if (audio.transcript === "") {
    refuse(
      report,
      ErrorReason.UNSUPPORTED,
      path,
      "the Chat API takes no sound; send a transcript instead",
    );
    return [];
  }
  mapped(report, path);
  return [{ type: "text", text: audio.transcript }];
}
