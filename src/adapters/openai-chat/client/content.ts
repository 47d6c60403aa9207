import type { Document, Part } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { type CacheHint, CacheTtl, ImageDetail } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { parseBase64 } from "../../../json/base64.ts";
import { isDataUrl, parseDataUrl } from "../../../json/data-url.ts";
import { isObject, type Json } from "../../../json/json.ts";
import { sourceText } from "../../../json/source-slice.ts";
import {
  demand,
  forgetNotes,
  noteMark,
  noteUnknown,
  takeOpaque,
} from "../../shared/notes/unknown-members.ts";
import {
  asObject,
  type Cursor,
  elements,
  member,
  missing,
  object,
  objects,
  problem,
  requiredName,
  requiredObject,
  requiredString,
  string,
  word,
} from "../../shared/request-cursor.ts";
import { NAME } from "../wire.ts";

type Content = Part["content"];

const details: ReadonlyMap<string, ImageDetail> = new Map([
  ["auto", ImageDetail.AUTO],
  ["low", ImageDetail.LOW],
  ["high", ImageDetail.HIGH],
  ["original", ImageDetail.ORIGINAL],
]);

/** The members by which a part, a message or a tool is marked for the cache. */
export const cacheMembers = ["cache_control", "prompt_cache_breakpoint"] as const;

const controlMembers = new Set(["type", "ttl"]);
const breakpointMembers = new Set(["mode", "ttl"]);

/** What a part of a type has. */
const partMembers: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  ["text", "refusal", "image_url", "input_audio", "file", "video_url", "audio_url"].map((key) => [
    key,
    new Set(["type", key, ...cacheMembers]),
  ]),
);
const textMembers = new Set(["type", "text"]);
const addressMembers = new Set(["url"]);
const imageMembers = new Set(["url", "detail"]);
const audioMembers = new Set(["data", "format"]);
const fileMembers = new Set(["file_id", "file_data", "filename"]);
const keptFile = {
  message: "another vendor keeps this file: send its content as file_data",
  dialects: [NAME, "openai-responses"],
};
const dataMembers = new Set(["file_data", "filename"]);

/** A part without a cache mark. */
export function partOf(content: Content): Part {
  return { $typeName: "parlance.chat.v1.Part", content };
}

/** A text part. */
export function textPart(text: string): Part {
  return partOf({
    case: "text",
    value: { $typeName: "parlance.chat.v1.Text", text, citations: [] },
  });
}

/**
 * Reads `content`: a text or a list of parts. Parts in words that are not known here travel as
 * their source says.
 */
export function decodeContent(content: Cursor<Json>): Part[] {
  const { json } = content;
  if (typeof json === "string") return [textPart(json)];
  if (Array.isArray(json)) return elements(content).flatMap((element) => decodePart(element) ?? []);
  problem(content, "", "must be a string or a list of content parts");
  return [];
}

/**
 * The cache mark of a part, message or tool: Anthropic's `cache_control`, which gateways accept in
 * OpenAI's dialect, or OpenAI's own `prompt_cache_breakpoint`, whose lifetimes read as the nearest
 * that the contract has.
 */
export function decodeCacheHint(
  holder: Cursor,
  keys: readonly string[] = cacheMembers,
): CacheHint | undefined {
  const [control, breakpoint] = cacheMembers.map((key) =>
    keys.includes(key) && isObject(holder.json[key]) ? object(holder, key) : undefined,
  );
  if (control !== undefined) {
    noteUnknown(control, controlMembers);
    const { ttl } = control.json;
    return hint(ttl === "1h" ? CacheTtl.CACHE_TTL_1H : ttl === "5m" ? CacheTtl.CACHE_TTL_5M : 0);
  }
  if (breakpoint === undefined) return undefined;
  noteUnknown(breakpoint, breakpointMembers);
  return hint(breakpoint.json.ttl === undefined ? 0 : CacheTtl.CACHE_TTL_1H);
}

/** A text inside a content list or as a string; used where only text makes sense. */
export function decodeTexts(content: Cursor<Json>): string[] {
  const { json } = content;
  if (typeof json === "string") return [json];
  if (Array.isArray(json))
    return objects(elements(content)).map((item) => {
      noteUnknown(item, textMembers);
      return requiredString(item, "text");
    });
  problem(content, "", "must be a string or a list of content parts");
  return [];
}

function hint(ttl: CacheTtl): CacheHint {
  return { $typeName: "parlance.chat.v1.CacheHint", ttl };
}

function decodePart(element: Cursor<Json>): Part | undefined {
  if (typeof element.json === "string") return textPart(element.json);
  const cursor = asObject(element);
  if (cursor === undefined) return undefined;
  if (member(cursor, "type") === undefined) return missing(cursor, "type");
  const type = string(cursor, "type");
  if (type === undefined) return undefined;
  const mark = noteMark(cursor);
  const content = decodeTyped(type, cursor);
  if (content === undefined) {
    const cache = decodeCacheHint(cursor);
    forgetNotes(cursor, mark);
    return { ...partOf(opaque(cursor)), ...(cache === undefined ? undefined : { cache }) };
  }
  const cache = decodeCacheHint(cursor);
  noteUnknown(cursor, partMembers.get(type === "input_text" ? "text" : type) ?? textMembers);
  const extras = takeOpaque(cursor, NAME, mark);
  return {
    ...partOf(content),
    ...(cache === undefined ? undefined : { cache }),
    ...(extras === undefined ? undefined : { extras }),
  };
}

function decodeTyped(type: string, cursor: Cursor): Content | undefined {
  switch (type) {
    case "text":
    case "input_text": {
      const text = requiredString(cursor, "text");
      return { case: "text", value: { $typeName: "parlance.chat.v1.Text", text, citations: [] } };
    }
    case "refusal": {
      const text = requiredString(cursor, "refusal");
      return { case: "refusal", value: { $typeName: "parlance.chat.v1.Refusal", text } };
    }
    case "image_url":
      return decodeImage(cursor);
    case "input_audio":
      return decodeAudio(cursor);
    case "file":
      return decodeFile(cursor);
    case "video_url":
      return decodeVideo(cursor);
    case "audio_url": {
      const holder = requiredObject(cursor, "audio_url");
      const value = holder === undefined ? "" : requiredString(holder, "url");
      if (holder !== undefined) noteUnknown(holder, addressMembers);
      return {
        case: "audio",
        value: {
          $typeName: "parlance.chat.v1.Audio",
          source: { case: "url", value },
          format: "",
          transcript: "",
          answerId: "",
        },
      };
    }
    default:
      return undefined;
  }
}

function opaque({ json, source }: Cursor): Content {
  const value = {
    $typeName: "parlance.chat.v1.Opaque",
    dialect: NAME,
    json: sourceText(source, json),
  } as const;
  return { case: "opaque", value };
}

/** An object with a `url`; some clients send the address itself. */
function addressed(cursor: Cursor, key: string): Cursor | undefined {
  const value = cursor.json[key];
  if (typeof value !== "string") return requiredObject(cursor, key);
  const path = cursor.path === "" ? key : `${cursor.path}.${key}`;
  return { ...cursor, json: { url: value }, path };
}

/** The picture of a part with `image_url`. */
export function decodeImage(cursor: Cursor): Extract<Content, { case: "image" }> {
  const holder = addressed(cursor, "image_url");
  const detail = (holder && word(holder, "detail", details)) ?? ImageDetail.UNSPECIFIED;
  const url = holder === undefined ? "" : requiredName(holder, "url");
  if (holder !== undefined) noteUnknown(holder, imageMembers);
  const data = isDataUrl(url) ? parseDataUrl(url) : undefined;
  if (holder !== undefined && isDataUrl(url) && (data === undefined || data.data.length === 0))
    problem(holder, "url", "is not a valid data URL");
  return {
    case: "image",
    value: {
      $typeName: "parlance.chat.v1.Image",
      source: data === undefined ? { case: "url", value: url } : { case: "data", value: data.data },
      mediaType: data?.mediaType ?? "",
      detail,
    },
  };
}

function decodeAudio(cursor: Cursor): Content {
  const holder = requiredObject(cursor, "input_audio");
  const text = holder === undefined ? "" : requiredString(holder, "data");
  if (holder !== undefined && isAddress(text)) return audioAt(holder, text);
  const data = isDataUrl(text) ? parseDataUrl(text)?.data : parseBase64(text);
  if (holder !== undefined && data === undefined) problem(holder, "data", "is not valid base64");
  if (holder !== undefined) noteUnknown(holder, audioMembers);
  return {
    case: "audio",
    value: {
      $typeName: "parlance.chat.v1.Audio",
      source: { case: "data", value: data ?? new Uint8Array() },
      format: (holder && string(holder, "format")) ?? "",
      transcript: "",
      answerId: "",
    },
  };
}

function decodeVideo(cursor: Cursor): Content {
  const holder = addressed(cursor, "video_url");
  const url = holder === undefined ? "" : requiredString(holder, "url");
  const data = isDataUrl(url) ? parseDataUrl(url) : undefined;
  if (holder !== undefined && isDataUrl(url) && data === undefined)
    problem(holder, "url", "is not a valid data URL");
  if (holder !== undefined) noteUnknown(holder, addressMembers);
  return {
    case: "video",
    value: {
      $typeName: "parlance.chat.v1.Video",
      source: data === undefined ? { case: "url", value: url } : { case: "data", value: data.data },
      mediaType: data?.mediaType ?? "",
    },
  };
}

/** A file by id, or by its content: a data URL, an address (OpenRouter) or base64 alone. */
function decodeFile(cursor: Cursor): Content | undefined {
  const holder = requiredObject(cursor, "file");
  if (holder === undefined) return opaque(cursor);
  const id = string(holder, "file_id");
  const text = string(holder, "file_data");
  if (id === undefined && text === undefined) problem(holder, "", "needs file_id or file_data");
  noteUnknown(holder, text === undefined ? fileMembers : dataMembers);
  const document = (source: Document["source"], mediaType = ""): Content => ({
    case: "document",
    value: {
      $typeName: "parlance.chat.v1.Document",
      title: string(holder, "filename") ?? "",
      context: "",
      source,
      mediaType,
    },
  });
  if (text === undefined) {
    demand(holder, "file_id", keptFile);
    return document({ case: "fileId", value: id ?? "" });
  }
  if (/^https?:/i.test(text)) return document({ case: "url", value: text });
  if (isAddress(text)) return document({ case: "url", value: text });
  const parsed = isDataUrl(text) ? parseDataUrl(text) : { mediaType: "", data: parseBase64(text) };
  if (parsed?.data === undefined)
    problem(holder, "file_data", "is neither a valid data URL nor base64");
  const value = parsed?.data ?? new Uint8Array();
  return document({ case: "data", value }, parsed?.mediaType);
}

/** Some clients give the address of content where the dialect has its bytes. */
function isAddress(text: string): boolean {
  return /^https?:\/\//i.test(text);
}

function audioAt(holder: Cursor, url: string): Content {
  noteUnknown(holder, audioMembers);
  const value = {
    $typeName: "parlance.chat.v1.Audio",
    source: { case: "url", value: url },
    format: string(holder, "format") ?? "",
    transcript: "",
    answerId: "",
  } as const;
  return { case: "audio", value };
}
