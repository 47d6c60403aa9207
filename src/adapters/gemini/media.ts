import type { Audio, Document, Image, Part, Video } from "../../../gen/parlance/chat/v1/part_pb.js";
import { printBase64 } from "../../json/base64.ts";
import { type JsonObject, objectAt, stringAt } from "../../json/json.ts";
import type { Body } from "../../json/members.ts";

/**
 * A part's media in the vendor's words, and whether its media type had to be guessed, for the
 * vendor demands one.
 */
export interface EncodedMedia {
  readonly body: Body;
  readonly guessed: boolean;
}

/**
 * Bytes as `inlineData`, addresses and uploaded files as `fileData`; undefined for what the vendor
 * does not take. See https://ai.google.dev/api/caching#Part.
 */
export function encodeMedia(content: Part["content"]): EncodedMedia | undefined {
  switch (content.case) {
    case "image":
      return encodeSource(content.value.source, content.value.mediaType, "image/png");
    case "video":
      return encodeSource(content.value.source, content.value.mediaType, "video/mp4");
    case "audio":
      return encodeAudio(content.value);
    case "document":
      return encodeDocument(content.value);
    default:
      return undefined;
  }
}

/** The content of a part that holds `inlineData` or `fileData`; undefined when it holds neither. */
export function decodeMedia(json: JsonObject): Part["content"] | undefined {
  const inline = objectAt(json, "inlineData") ?? objectAt(json, "inline_data");
  if (inline !== undefined) {
    const data = stringAt(inline, "data");
    if (data === undefined) return undefined;
    return contentOf(
      mimeOf(inline),
      { case: "data", value: bytesOf(data) },
      stringAt(inline, "displayName"),
    );
  }
  const file = objectAt(json, "fileData") ?? objectAt(json, "file_data");
  const uri =
    file === undefined ? undefined : (stringAt(file, "fileUri") ?? stringAt(file, "file_uri"));
  if (file === undefined || uri === undefined || uri === "") return undefined;
  const source = { case: /^https?:/.test(uri) ? "url" : "fileId", value: uri } as const;
  return contentOf(mimeOf(file), source, stringAt(file, "displayName"));
}

type Source =
  | { readonly case: "data"; readonly value: Uint8Array<ArrayBuffer> }
  | { readonly case: "url"; readonly value: string }
  | { readonly case: "fileId"; readonly value: string };

function audioSource(source: Source): Audio["source"] {
  return source.case === "fileId" ? { case: "id", value: source.value } : source;
}

function contentOf(mediaType: string, source: Source, title: string | undefined): Part["content"] {
  const kind = mediaType.split("/")[0];
  if (kind === "image") return { case: "image", value: { ...IMAGE, source, mediaType } };
  if (kind === "video") return { case: "video", value: { ...VIDEO, source, mediaType } };
  if (kind === "audio") {
    return {
      case: "audio",
      value: { ...AUDIO, source: audioSource(source), format: formatOf(mediaType) },
    };
  }
  return { case: "document", value: { ...DOCUMENT, source, mediaType, title: title ?? "" } };
}

const IMAGE = { $typeName: "parlance.chat.v1.Image", detail: 0 } as const;
const VIDEO = { $typeName: "parlance.chat.v1.Video" } as const;
const AUDIO = { $typeName: "parlance.chat.v1.Audio", transcript: "", answerId: "" } as const;
const DOCUMENT = { $typeName: "parlance.chat.v1.Document", context: "" } as const;

/** `audio/wav` is `wav`; a type with parameters stays whole, for they say how to play it. */
function formatOf(mediaType: string): string {
  return /^audio\/[\w.+-]+$/.test(mediaType) ? mediaType.slice(6) : mediaType;
}

function audioType(format: string): string {
  if (format === "") return "audio/wav";
  if (format === "pcm16") return "audio/L16;codec=pcm;rate=24000";
  return format.includes("/") ? format : `audio/${format}`;
}

function encodeAudio(audio: Audio): EncodedMedia | undefined {
  const { source, format } = audio;
  if (source.case === "id")
    return encodeSource({ case: "fileId", value: source.value }, audioType(format), "audio/wav");
  return encodeSource(source, audioType(format), "audio/wav");
}

function encodeDocument(document: Document): EncodedMedia | undefined {
  const { source, mediaType } = document;
  if (source.case === "text") {
    const data = Buffer.from(source.value).toString("base64");
    return { body: { inlineData: { mimeType: mediaType || "text/plain", data } }, guessed: false };
  }
  return source.case === "content" ? undefined : encodeSource(source, mediaType, "application/pdf");
}

function encodeSource(
  source: Image["source"] | Video["source"],
  mediaType: string,
  usual: string,
): EncodedMedia | undefined {
  if (source.case === "data") {
    const data = printBase64(source.value);
    return {
      body: { inlineData: { mimeType: mediaType || usual, data } },
      guessed: mediaType === "",
    };
  }
  if (source.case === undefined) return undefined;
  const inline = source.case === "url" ? dataUrl(source.value) : undefined;
  if (inline !== undefined) return { body: { inlineData: inline }, guessed: false };
  const known = mediaType || typeOfName(source.value);
  return {
    body: { fileData: { mimeType: known || usual, fileUri: fileUri(source.value) } },
    guessed: known === "",
  };
}

/** A file of the vendor's own store may be named without its address. */
function fileUri(name: string): string {
  return name.startsWith("files/")
    ? `https://generativelanguage.googleapis.com/v1beta/${name}`
    : name;
}

/** `data:{media type};base64,{data}` as inline data; any other data URL is left to the caller. */
function dataUrl(url: string): Body | undefined {
  if (!/^data:/i.test(url)) return undefined;
  const comma = url.indexOf(",");
  const head = comma === -1 ? "" : url.slice(5, comma);
  const mimeType = head.split(";")[0] || "text/plain";
  if (/;\s*base64\s*$/i.test(head)) return { mimeType, data: url.slice(comma + 1) };
  return { mimeType, data: Buffer.from(unescapeText(url.slice(comma + 1))).toString("base64") };
}

function unescapeText(text: string): string {
  return /%(?![0-9a-f]{2})/i.test(text)
    ? text
    : Buffer.from(text.replaceAll(/%([0-9a-f]{2})/gi, unescapeByte), "latin1").toString("utf8");
}

function unescapeByte(_: string, digits: string): string {
  return String.fromCharCode(Number.parseInt(digits, 16));
}

const types: ReadonlyMap<string, string> = new Map([
  ["png", "image/png"],
  ["jpg", "image/jpeg"],
  ["jpeg", "image/jpeg"],
  ["webp", "image/webp"],
  ["gif", "image/gif"],
  ["heic", "image/heic"],
  ["heif", "image/heif"],
  ["pdf", "application/pdf"],
  ["txt", "text/plain"],
  ["md", "text/markdown"],
  ["csv", "text/csv"],
  ["html", "text/html"],
  ["json", "application/json"],
  ["mp4", "video/mp4"],
  ["mov", "video/quicktime"],
  ["webm", "video/webm"],
  ["mp3", "audio/mp3"],
  ["wav", "audio/wav"],
  ["ogg", "audio/ogg"],
  ["flac", "audio/flac"],
  ["m4a", "audio/m4a"],
]);

function typeOfName(name: string): string {
  const [path = ""] = name.split(/[?#]/, 1);
  const extension = /\.(\w{2,5})$/.exec(path)?.[1] ?? "";
  return types.get(extension.toLowerCase()) ?? "";
}

function mimeOf(json: JsonObject): string {
  return stringAt(json, "mimeType") ?? stringAt(json, "mime_type") ?? "";
}

/** Small buffers are slices of a shared pool: what a message keeps has memory of its own. */
function bytesOf(data: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(data, "base64"));
}
