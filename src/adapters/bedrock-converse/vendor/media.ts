import {
  type Audio,
  type Document,
  type Image,
  ImageDetail,
  type Part,
  type Video,
} from "../../../../gen/parlance/chat/v1/part_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import {
  dropped,
  type EncodeReport,
  mapped,
  refuse,
} from "../../../core/fidelity/encode-report.ts";
import { printBase64 } from "../../../json/base64.ts";
import { isDataUrl } from "../../../json/data-url.ts";
import type { Body } from "../../../json/members.ts";
import type { Writable } from "../../../json/write.ts";

/** A picture as a block; undefined, and refused, for what the vendor cannot take. */
export function encodeImage(image: Image, path: string, report: EncodeReport): Body | undefined {
  if (image.detail === ImageDetail.AUTO) mapped(report, `${path}.detail`);
  else if (image.detail !== ImageDetail.UNSPECIFIED) dropped(report, `${path}.detail`);
  const media = sourceOf(image.source, image.mediaType, path, report);
  if (media === undefined) return undefined;
  const format = imageFormat(media.mediaType || typeOfName(media.name), media.data);
  if (format === undefined)
    return unfit(report, `${path}.media_type`, "the vendor takes png, jpeg, gif and webp");
  if (image.mediaType !== "") mapped(report, `${path}.media_type`);
  return { image: { format, source: media.source } };
}

/** A video as a block; undefined, and refused, for what the vendor cannot take. */
export function encodeVideo(video: Video, path: string, report: EncodeReport): Body | undefined {
  const media = sourceOf(video.source, video.mediaType, path, report);
  if (media === undefined) return undefined;
  const format = videoFormat(media.mediaType);
  if (format === undefined)
    return unfit(report, `${path}.media_type`, "the vendor takes no video of this type");
  if (video.mediaType !== "" || media.mediaType === "") mapped(report, `${path}.media_type`);
  return { video: { format, source: media.source } };
}

/**
 * Sound as a block, or the words of it where they are all there is; undefined, and refused, for
 * what the vendor cannot take.
 */
export function encodeAudio(audio: Audio, path: string, report: EncodeReport): Body | undefined {
  if (audio.source.case === "id" || audio.source.case === undefined) {
    if (audio.transcript === "") return unfit(report, path, "the vendor takes sound only as bytes");
    if (audio.transcript.trim() === "") {
      dropped(report, path);
      return undefined;
    }
    mapped(report, path);
    return { text: audio.transcript };
  }
  const media = sourceOf(audio.source, "", path, report);
  if (media === undefined) return undefined;
  const format = audioFormat(audio.format || "wav");
  if (format === undefined)
    return unfit(report, `${path}.format`, "the vendor takes no sound of this format");
  if (format !== audio.format) mapped(report, `${path}.format`);
  if (audio.transcript !== "") dropped(report, `${path}.transcript`);
  return { audio: { format, source: media.source } };
}

/** A document as a block; undefined, and refused, for what the vendor cannot take. */
export function encodeDocument(
  document: Document,
  path: string,
  names: DocumentNames,
  report: EncodeReport,
): Body | undefined {
  const { source, title, mediaType, context, citationsEnabled } = document;
  const resolved = documentSource(source, mediaType, path, report);
  if (resolved === undefined) return undefined;
  const written = source.case === "text" || source.case === "content";
  const format =
    documentFormat(resolved.mediaType, title || resolved.name) ?? (written ? "txt" : undefined);
  if (format === undefined) {
    return unfit(
      report,
      `${path}.media_type`,
      "the vendor takes pdf, csv, doc, docx, xls, xlsx, html, txt and md",
    );
  }
  const name = names(title.replace(/\.[A-Za-z]{1,5}$/, ""));
  if (title !== "" && name !== title) mapped(report, `${path}.title`);
  if (mediaType !== "") mapped(report, `${path}.media_type`);
  return {
    document: {
      format,
      name,
      source: resolved.source,
      ...(context === "" ? undefined : { context }),
      ...(citationsEnabled === undefined
        ? undefined
        : { citations: { enabled: citationsEnabled } }),
    },
  };
}

interface Media {
  readonly source: Writable;
  readonly mediaType: string;
  /** Its name where its address tells one. */
  readonly name: string;
  readonly data: Uint8Array;
}

const NO_BYTES = new Uint8Array();

type MediaSource = Image["source"] | Video["source"] | Exclude<Audio["source"], { case: "id" }>;

/**
 * Bytes, an `s3://` address, or a data URL; the vendor fetches nothing else, and files of vendors
 * are refused by the table.
 */
function sourceOf(
  source: MediaSource,
  mediaType: string,
  path: string,
  report: EncodeReport,
): Media | undefined {
  switch (source.case) {
    case "data":
      return ofBytes(source.value, mediaType);
    case "url":
      return sourceOfUrl(source.value, mediaType, path, report);
    case "fileId":
      return undefined;
    case undefined:
      return unfit(report, path, "has no source");
  }
}

function sourceOfUrl(
  url: string,
  mediaType: string,
  path: string,
  report: EncodeReport,
): Media | undefined {
  if (url.startsWith("s3://")) {
    return {
      source: { s3Location: { uri: url } },
      mediaType,
      name: url.slice(url.lastIndexOf("/") + 1),
      data: NO_BYTES,
    };
  }
  const comma = isDataUrl(url) ? url.indexOf(",") : -1;
  const head = comma === -1 ? "" : url.slice(5, comma);
  if (!head.toLowerCase().endsWith(";base64")) {
    return unfit(
      report,
      `${path}.url`,
      "the vendor fetches nothing but s3:// addresses; send the bytes",
    );
  }
  const [type = ""] = head.split(";", 1);
  return ofBytes(Buffer.from(url.slice(comma + 1), "base64"), mediaType || type);
}

function ofBytes(data: Uint8Array, mediaType: string): Media {
  return { source: { bytes: printBase64(data) }, mediaType, name: "", data };
}

type DocumentInput = Document["source"];

function documentSource(
  source: DocumentInput,
  mediaType: string,
  path: string,
  report: EncodeReport,
): Media | undefined {
  switch (source.case) {
    case "text":
      return { source: { text: source.value }, mediaType, name: "", data: NO_BYTES };
    case "content": {
      const pieces = source.value.parts.flatMap((part, index) =>
        encodePiece(part, `${path}.content.parts[${index}]`, report),
      );
      return { source: { content: pieces }, mediaType, name: "", data: NO_BYTES };
    }
    case "url":
    case "data":
    case "fileId":
    case undefined:
      return sourceOf(source, mediaType, path, report);
  }
}

function encodePiece(part: Part, path: string, report: EncodeReport): Writable[] {
  if (part.content.case === "text") return [{ text: part.content.value.text }];
  dropped(report, path, "the vendor takes only text as pieces of a document");
  return [];
}

function typeOfName(name: string): string {
  const ending = /\.([A-Za-z]+)$/.exec(name)?.[1]?.toLowerCase();
  return ending === undefined ? "" : `image/${ending}`;
}

function unfit(report: EncodeReport, field: string, message: string): undefined {
  refuse(report, ErrorReason.UNSUPPORTED, field, message);
}

/**
 * Gives documents names that the vendor takes and that are unique within one request, as it
 * demands.
 */
export type DocumentNames = (title: string) => string;

/** Most characters of a name. */
const MAX_LENGTH = 200;

/**
 * Letters, digits, single blanks, hyphens, parentheses and brackets stay; everything else becomes a
 * blank. A title without any of them becomes "Document". The second document of a name becomes
 * "name 2", and so on, so that the same conversation always has the same names. See
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_DocumentBlock.html.
 */
export function createDocumentNames(): DocumentNames {
  /**
   * The names used so far, each with the number of the last one like it: the search for the next
   * number does not begin at 1.
   */
  const used = new Map<string, number>();
  return (title) => {
    const name = cleanName(title);
    let unique = name;
    let count = used.get(name.toLowerCase()) ?? 1;
    while (used.has(unique.toLowerCase())) {
      count += 1;
      unique = `${name} ${count}`;
    }
    used.set(name.toLowerCase(), count);
    if (unique !== name) used.set(unique.toLowerCase(), 1);
    return unique;
  };
}

function cleanName(title: string): string {
  const kept = title.replaceAll(/[^A-Za-z0-9()[\]-]+/g, " ").trim();
  return kept === "" ? "Document" : kept.slice(0, MAX_LENGTH - 8).trim();
}

/**
 * The vendor's word for the format of a picture; undefined for one that it does not take. Without a
 * type the bytes tell.
 */
function imageFormat(mediaType: string, data: Uint8Array): string | undefined {
  const type = bareType(mediaType);
  if (type === "") return sniffImage(data);
  return IMAGES.get(type);
}

/** The media type of a picture by the vendor's word for its format. */
export function imageMediaType(format: string): string {
  return format === "" ? "" : `image/${format}`;
}

/**
 * The vendor's word for the format of a document, by its media type, else by the ending of its
 * title.
 */
export function documentFormat(mediaType: string, title: string): string | undefined {
  const type = bareType(mediaType);
  const known = DOCUMENTS.get(type);
  if (known !== undefined) return known;
  const ending = /\.([A-Za-z]{1,5})$/.exec(title)?.[1]?.toLowerCase() ?? "";
  const named = ending === "htm" ? "html" : ending;
  if (DOCUMENT_FORMATS.has(named)) return named;
  return type.startsWith("text/") ? "txt" : undefined;
}

/** The vendor's word for the format of a video; undefined for one that it does not take. */
function videoFormat(mediaType: string): string | undefined {
  const type = bareType(mediaType);
  return type === "" ? "mp4" : VIDEOS.get(type);
}

/** The vendor's word for the encoding of sound; undefined for one that it does not take. */
function audioFormat(format: string): string | undefined {
  const word = bareType(format).replace(/^audio\//, "");
  if (word === "pcm16") return "pcm";
  return AUDIOS.has(word) ? word : undefined;
}

const IMAGES: ReadonlyMap<string, string> = new Map([
  ["image/png", "png"],
  ["image/jpeg", "jpeg"],
  ["image/jpg", "jpeg"],
  ["image/gif", "gif"],
  ["image/webp", "webp"],
]);

const DOCUMENTS: ReadonlyMap<string, string> = new Map([
  ["application/pdf", "pdf"],
  ["text/csv", "csv"],
  ["application/msword", "doc"],
  ["application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"],
  ["application/vnd.ms-excel", "xls"],
  ["application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"],
  ["text/html", "html"],
  ["text/markdown", "md"],
]);

/** The media type of a document by the vendor's word for its format. */
export function documentMediaType(format: string): string {
  return format === "txt" ? "text/plain" : typeOf(DOCUMENTS, format);
}

/** The media type of a video by the vendor's word for its format. */
export function videoMediaType(format: string): string {
  return typeOf(VIDEOS, format);
}

function typeOf(formats: ReadonlyMap<string, string>, format: string): string {
  for (const [type, word] of formats) if (word === format) return type;
  return "";
}

const DOCUMENT_FORMATS: ReadonlySet<string> = new Set([...DOCUMENTS.values(), "txt"]);

const VIDEOS: ReadonlyMap<string, string> = new Map([
  ["video/mp4", "mp4"],
  ["video/quicktime", "mov"],
  ["video/x-matroska", "mkv"],
  ["video/webm", "webm"],
  ["video/x-flv", "flv"],
  ["video/mpeg", "mpeg"],
  ["video/x-ms-wmv", "wmv"],
  ["video/3gpp", "three_gp"],
]);

const AUDIOS: ReadonlySet<string> = new Set(
  "aac flac m4a mka mkv mp3 mp4 mpeg mpga ogg opus pcm wav webm x-aac".split(" "),
);

function bareType(mediaType: string): string {
  return (mediaType.split(";")[0] ?? "").trim().toLowerCase();
}

/** The vendor's word for the format of a picture, by its first bytes; undefined for any other. */
export function sniffImage(data: Uint8Array): string | undefined {
  const [one, two] = data;
  if (one === 0x89 && two === 0x50) return "png";
  if (one === 0xff && two === 0xd8) return "jpeg";
  if (one === 0x47 && two === 0x49) return "gif";
  return one === 0x52 && two === 0x49 && data[8] === 0x57 ? "webp" : undefined;
}
