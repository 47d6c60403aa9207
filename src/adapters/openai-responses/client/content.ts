import type { Audio, Document, Image, Part } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { ImageDetail } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { parseBase64 } from "../../../json/base64.ts";
import { isDataUrl, parseDataUrl } from "../../../json/data-url.ts";
import { isObject, type Json, type JsonObject, objectAt, stringAt } from "../../../json/json.ts";
import { isPresent } from "../../../json/members.ts";
import { sourceText } from "../../../json/source-slice.ts";
import { noteMark, noteUnknown, takeOpaque } from "../../shared/notes/unknown-members.ts";
import {
  at,
  type Cursor,
  elements,
  isAtObject,
  list,
  missing,
  object,
  objects,
  problem,
  requiredString,
} from "../../shared/request-cursor.ts";
import { decodeContent, opaque, part } from "../content-part.ts";
import { DIALECT } from "../wire.ts";
import { noteFileId } from "./demands.ts";

/**
 * What content of a type has. Likelihoods of what the model said say nothing more when they are
 * sent back.
 */
const MEMBERS: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries({
    input_text: ["text"],
    text: ["text"],
    output_text: ["text", "annotations", "logprobs"],
    refusal: ["refusal"],
    input_image: ["image_url", "file_id", "detail"],
    input_file: ["filename", "file_url", "file_id", "file_data"],
    input_audio: ["input_audio"],
  }).map(([type, members]) => [type, new Set(["type", "prompt_cache_breakpoint", ...members])]),
);
const BREAKPOINT_MEMBERS: ReadonlySet<string> = new Set(["mode"]);
const AUDIO_MEMBERS: ReadonlySet<string> = new Set(["data", "format"]);
const ANNOTATION_MEMBERS: ReadonlyMap<unknown, ReadonlySet<string>> = new Map<
  unknown,
  ReadonlySet<string>
>([
  ["url_citation", new Set(["type", "start_index", "end_index", "url", "title", "cited_text"])],
  ["file_citation", new Set(["type", "file_id", "filename", "index"])],
]);

/** Content of a message or of a tool's output: a text, or a list of content parts. */
export function decodeContents(item: Cursor, key: string): Part[] {
  const content = at(item, key);
  if (content === undefined) return missing(item, key) ?? [];
  const { json } = content;
  if (typeof json === "string") return [textPart(json)];
  if (Array.isArray(json)) return objects(elements(content)).flatMap(decodeEntry);
  problem(content, "", "must be a string or a list of content parts");
  return [];
}

/** A part of plain text. */
export function textPart(text: string): Part {
  return part({ case: "text", value: { $typeName: "parlance.chat.v1.Text", text, citations: [] } });
}

function decodeEntry(entry: Cursor): Part[] {
  const { json } = entry;
  const cache = isPresent(json.prompt_cache_breakpoint);
  const since = noteMark(entry);
  const parts = decodeTyped(entry);
  const opaque = parts.some(({ content }) => content.case === "opaque");
  if (!opaque) noteMembers(entry);
  const extras = opaque ? undefined : takeOpaque(entry, DIALECT, since, LISTS);
  return parts.map((decoded) => ({
    ...decoded,
    ...(cache
      ? { cache: { $typeName: "parlance.chat.v1.CacheHint", ttl: 0 } as const }
      : undefined),
    ...(extras === undefined ? undefined : { extras }),
  }));
}

/** Lists whose elements a vendor gets as they came. */
const LISTS: ReadonlySet<string> = new Set(["annotations"]);

/** Notes what content says that has no field, which has a part of its own. */
function noteMembers(entry: Cursor): void {
  const { json } = entry;
  const known = MEMBERS.get(stringAt(json, "type") ?? "");
  if (known === undefined) return;
  const unused = unusedSources(json);
  if (known.has("file_id") && isPresent(json.file_id) && !unused.includes("file_id"))
    noteFileId(entry);
  noteUnknown(entry, known, unused);
  const mark = isObject(json.prompt_cache_breakpoint)
    ? object(entry, "prompt_cache_breakpoint")
    : undefined;
  if (mark !== undefined) noteUnknown(mark, BREAKPOINT_MEMBERS);
  const audio = json.type === "input_audio" ? object(entry, "input_audio") : undefined;
  if (audio !== undefined) noteUnknown(audio, AUDIO_MEMBERS);
  if (!Array.isArray(json.annotations)) return;
  for (const annotation of list(entry, "annotations")) {
    const members = isAtObject(annotation)
      ? ANNOTATION_MEMBERS.get(annotation.json.type)
      : undefined;
    if (members !== undefined && isAtObject(annotation)) noteUnknown(annotation, members);
  }
}

/** Of several sources of a picture or a file the first counts. */
function unusedSources(json: JsonObject): readonly string[] {
  if (json.type === "input_image") return isPresent(json.image_url) ? ["file_id"] : [];
  if (json.type !== "input_file") return [];
  const sources = ["file_url", "file_id", "file_data"];
  return sources.slice(sources.findIndex((key) => isPresent(json[key]) && json[key] !== "") + 1);
}

/** What has no part of its own, or does not hold what it says, is kept as it is. */
function decodeTyped(cursor: Cursor): Part[] {
  const { json: entry, source } = cursor;
  const kept = (): Part[] => [part({ case: "opaque", value: opaque(sourceText(source, entry)) })];
  switch (stringAt(entry, "type")) {
    case "input_text":
    case "text":
      return [textPart(requiredString(cursor, "text"))];
    case "output_text":
    case "refusal":
      return decodeContent(entry, source);
    case "input_image": {
      const image = decodeImage(entry);
      return image === undefined ? kept() : [part({ case: "image", value: image })];
    }
    case "input_file": {
      const document = decodeDocument(entry);
      return document === undefined ? kept() : [part({ case: "document", value: document })];
    }
    case "input_audio": {
      const audio = decodeAudio(entry);
      return audio === undefined ? kept() : [part({ case: "audio", value: audio })];
    }
    case undefined:
      requiredString(cursor, "type");
      return [];
    default:
      return kept();
  }
}

function decodeImage(entry: JsonObject): Image | undefined {
  const detail = detailOf(entry.detail);
  const url = stringAt(entry, "image_url");
  const fileId = stringAt(entry, "file_id");
  if (detail === undefined) return undefined;
  if (fileId !== undefined && fileId !== "" && !isPresent(entry.image_url))
    return image({ case: "fileId", value: fileId }, "", detail);
  if (url === undefined || url === "") return undefined;
  if (!isDataUrl(url)) return image({ case: "url", value: url }, "", detail);
  const data = parseDataUrl(url);
  if (data === undefined || data.data.length === 0) return undefined;
  return image({ case: "data", value: data.data }, data.mediaType, detail);
}

function image(source: Image["source"], mediaType: string, detail: ImageDetail): Image {
  return { $typeName: "parlance.chat.v1.Image", source, mediaType, detail };
}

function detailOf(word: Json | undefined): ImageDetail | undefined {
  switch (word) {
    case undefined:
    case null:
      return ImageDetail.UNSPECIFIED;
    case "auto":
      return ImageDetail.AUTO;
    case "low":
      return ImageDetail.LOW;
    case "high":
      return ImageDetail.HIGH;
    case "original":
      return ImageDetail.ORIGINAL;
    default:
      return undefined;
  }
}

/** `file_data` is a data URL; bare base64, as some clients send, is taken for a PDF. */
function decodeDocument(entry: JsonObject): Document | undefined {
  const title = stringAt(entry, "filename") ?? "";
  const url = stringAt(entry, "file_url");
  const fileId = stringAt(entry, "file_id");
  const text = stringAt(entry, "file_data");
  if (isPresent(entry.detail)) return undefined;
  if (url !== undefined && url !== "") return document({ case: "url", value: url }, "", title);
  if (fileId !== undefined && fileId !== "")
    return document({ case: "fileId", value: fileId }, "", title);
  if (text === undefined) return undefined;
  if (isDataUrl(text)) {
    const data = parseDataUrl(text);
    return data === undefined
      ? undefined
      : document({ case: "data", value: data.data }, data.mediaType, title);
  }
  const bytes = parseBase64(text);
  return bytes === undefined
    ? undefined
    : document({ case: "data", value: bytes }, "application/pdf", title);
}

function document(source: Document["source"], mediaType: string, title: string): Document {
  return { $typeName: "parlance.chat.v1.Document", source, mediaType, title, context: "" };
}

function decodeAudio(entry: JsonObject): Audio | undefined {
  const audio = objectAt(entry, "input_audio");
  const data = audio === undefined ? undefined : parseBase64(stringAt(audio, "data") ?? "");
  if (audio === undefined || data === undefined || data.length === 0) return undefined;
  return {
    $typeName: "parlance.chat.v1.Audio",
    source: { case: "data", value: data },
    format: stringAt(audio, "format") ?? "",
    transcript: "",
    answerId: "",
  };
}
