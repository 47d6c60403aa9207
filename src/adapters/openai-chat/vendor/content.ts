import type {
  Audio,
  Document,
  Image,
  Opaque,
  Part,
  Video,
} from "../../../../gen/parlance/chat/v1/part_pb.js";
import { ImageDetail } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import {
  dropped,
  type EncodeReport,
  emulated,
  mapped,
  refuse,
} from "../../../core/fidelity/encode-report.ts";
import { printBase64 } from "../../../json/base64.ts";
import { printDataUrl } from "../../../json/data-url.ts";
import type { Writable } from "../../../json/write.ts";
import { withPartExtras } from "../../shared/add-extras.ts";
import { refuseForeignFile } from "../../shared/notes/file-id.ts";
import { NAME, objectText } from "../wire.ts";

const details: Readonly<Record<ImageDetail, string | undefined>> = {
  [ImageDetail.UNSPECIFIED]: undefined,
  [ImageDetail.AUTO]: "auto",
  [ImageDetail.LOW]: "low",
  [ImageDetail.HIGH]: "high",
  [ImageDetail.ORIGINAL]: "original",
};

/**
 * A part of a user's message as OpenAI content parts; most make one. Sound and video by address go
 * out as `audio_url` and `video_url` (vLLM, DashScope, OpenRouter). Files that only another vendor
 * knows are refused by the table.
 */
export function encodePart(part: Part, path: string, report: EncodeReport): readonly Writable[] {
  return withPartExtras(encodeContent(part.content, path, report), part, path, report);
}

function encodeContent(
  content: Part["content"],
  path: string,
  report: EncodeReport,
): readonly Writable[] {
  switch (content.case) {
    case "text":
      return [{ type: "text", text: content.value.text }];
    case "image":
      return encodeImage(content.value, `${path}.image`, report);
    case "audio":
      return encodeAudio(content.value, `${path}.audio`, report);
    case "video":
      return encodeVideo(content.value, `${path}.video`, report);
    case "document":
      return encodeDocument(content.value, `${path}.document`, report);
    case "refusal":
      return [{ type: "refusal", refusal: content.value.text }];
    case "opaque":
      return encodeOpaque(content.value, `${path}.opaque`, report);
    case "reasoning":
    case "toolCall":
    case "toolResult":
      refuse(
        report,
        ErrorReason.UNSUPPORTED,
        path,
        `${kinds[content.case]} cannot be sent in this place`,
      );
      return [];
    case undefined:
      return [];
  }
}

const kinds = {
  reasoning: "reasoning",
  toolCall: "a tool call",
  toolResult: "the result of a tool",
} as const;

function encodeOpaque(
  { dialect, json }: Opaque,
  path: string,
  report: EncodeReport,
): readonly Writable[] {
  if (dialect === NAME) return [objectText(json, `${path}.json`, report)];
  dropped(report, path, `only the dialect ${dialect} knows it`);
  return [];
}

function encodeImage(image: Image, path: string, report: EncodeReport): readonly Writable[] {
  const url = urlOf(image, path, report);
  return url === undefined
    ? []
    : [{ type: "image_url", image_url: { url, detail: details[image.detail] } }];
}

function encodeVideo(video: Video, path: string, report: EncodeReport): readonly Writable[] {
  const url = urlOf(video, path, report);
  return url === undefined ? [] : [{ type: "video_url", video_url: { url } }];
}

/** An address, or the bytes in one; undefined, and refused, for what has neither. */
export function urlOf(
  { source, mediaType }: Image | Video,
  path: string,
  report: EncodeReport,
): string | undefined {
  switch (source.case) {
    case "data":
      return printDataUrl(mediaType, source.value);
    case "url":
      if (mediaType !== "") mapped(report, `${path}.media_type`);
      return source.value;
    case "fileId":
      return undefined;
    case undefined:
      refuse(report, ErrorReason.UNSUPPORTED, path, "has no source");
      return undefined;
  }
}

function encodeAudio(audio: Audio, path: string, report: EncodeReport): readonly Writable[] {
  const { source, format } = audio;
  if (source.case !== "data" && source.case !== "url") {
    refuse(report, ErrorReason.UNSUPPORTED, path, "the vendor takes sound as bytes or by address");
    return [];
  }
  if (audio.transcript !== "") dropped(report, `${path}.transcript`);
  if (audio.answerId !== "") dropped(report, `${path}.answer_id`);
  if (audio.expiresAtUnixS !== undefined) mapped(report, `${path}.expires_at_unix_s`);
  if (source.case === "data") {
    const data = printBase64(source.value);
    return [
      { type: "input_audio", input_audio: { data, format: format === "" ? undefined : format } },
    ];
  }
  if (format !== "") mapped(report, `${path}.format`);
  return [{ type: "audio_url", audio_url: { url: source.value } }];
}

function encodeDocument(
  document: Document,
  path: string,
  report: EncodeReport,
): readonly Writable[] {
  const { source, title, mediaType, citationsEnabled } = document;
  if (citationsEnabled === true) dropped(report, `${path}.citations_enabled`);
  else if (citationsEnabled === false) mapped(report, `${path}.citations_enabled`);
  if (mediaType !== "" && source.case !== "data") mapped(report, `${path}.media_type`);
  refuseForeignFile({ content: document, form: "hyphen" }, path, report);
  switch (source.case) {
    case "fileId":
      return [
        {
          type: "file",
          file: { file_id: source.value, filename: title === "" ? undefined : title },
        },
      ];
    case "data": {
      const data =
        mediaType === "" ? printBase64(source.value) : printDataUrl(mediaType, source.value);
      return [
        { type: "file", file: { file_data: data, filename: title === "" ? "document" : title } },
      ];
    }
    case "text":
    case "content":
      return encodeWords(source, title, path, report);
    case "url":
      return [];
    case undefined:
      refuse(report, ErrorReason.UNSUPPORTED, path, "has no source");
      return [];
  }
}

/** A document that is words already, below its title. */
function encodeWords(
  source: Extract<Document["source"], { case: "text" | "content" }>,
  title: string,
  path: string,
  report: EncodeReport,
): readonly Writable[] {
  emulated(report, `${path}.${source.case}`);
  if (title !== "") emulated(report, `${path}.title`);
  if (source.case === "text")
    return [{ type: "text", text: title === "" ? source.value : `${title}\n\n${source.value}` }];
  const pieces = source.value.parts.flatMap((piece, at) =>
    encodePart(piece, `${path}.content.parts[${at}]`, report),
  );
  return title === "" ? pieces : [{ type: "text", text: title }, ...pieces];
}
