import type { Part } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { type CacheHint, CacheTtl, ImageDetail } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { parseBase64 } from "../../../json/base64.ts";
import { isDataUrl, parseDataUrl } from "../../../json/data-url.ts";
import { isObject, type Json, type JsonObject } from "../../../json/json.ts";
import { elementSources, type Source, sourceText } from "../../../json/source-slice.ts";
import {
  blame,
  object,
  present,
  type Reader,
  string,
  under,
  word,
} from "../../shared/request-reader.ts";
import { NAME } from "../wire.ts";

type Content = Part["content"];

const details: ReadonlyMap<string, ImageDetail> = new Map([
  ["auto", ImageDetail.AUTO],
  ["low", ImageDetail.LOW],
  ["high", ImageDetail.HIGH],
  ["original", ImageDetail.ORIGINAL],
]);

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
export function decodeContent(reader: Reader, json: Json, path: string, source: Source): Part[] {
  if (typeof json === "string") return [textPart(json)];
  if (!Array.isArray(json)) {
    blame(reader, path, "must be a string or an array of content parts");
    return [];
  }
  const parts: Part[] = [];
  const sourceAt = elementSources(source);
  for (let at = 0; at < json.length; at += 1) {
    const part = decodePart(reader, json[at] ?? null, `${path}[${at}]`, sourceAt(at));
    if (part !== undefined) parts.push(part);
  }
  return parts;
}

/**
 * The cache mark of a part, message or tool: Anthropic's `cache_control`, which gateways accept in
 * OpenAI's dialect, or OpenAI's own `prompt_cache_breakpoint`, whose lifetimes read as the nearest
 * that the contract has.
 */
export function decodeCacheHint(json: JsonObject): CacheHint | undefined {
  const control = json.cache_control;
  if (isObject(control))
    return hint(
      control.ttl === "1h"
        ? CacheTtl.CACHE_TTL_1H
        : control.ttl === "5m"
          ? CacheTtl.CACHE_TTL_5M
          : 0,
    );
  const breakpoint = json.prompt_cache_breakpoint;
  if (isObject(breakpoint)) return hint(breakpoint.ttl === undefined ? 0 : CacheTtl.CACHE_TTL_1H);
  return undefined;
}

/** A text given inside a content list or as a string; used where only text makes sense. */
export function decodeTexts(reader: Reader, json: Json, path: string): string[] {
  if (typeof json === "string") return [json];
  if (!Array.isArray(json)) {
    blame(reader, path, "must be a string or an array of text parts");
    return [];
  }
  return json.flatMap((item: Json, at) => {
    const text = isObject(item) ? string(reader, item, "text", `${path}[${at}]`) : undefined;
    if (text === undefined) blame(reader, `${path}[${at}]`, "must be a text part");
    return text === undefined ? [] : [text];
  });
}

function hint(ttl: CacheTtl): CacheHint {
  return { $typeName: "parlance.chat.v1.CacheHint", ttl };
}

function decodePart(reader: Reader, json: Json, path: string, source: Source): Part | undefined {
  if (typeof json === "string") return textPart(json);
  if (!isObject(json)) {
    blame(reader, path, "must be an object with a type");
    return undefined;
  }
  const type = string(reader, json, "type", path);
  if (type === undefined) {
    blame(reader, under(path, "type"), "is required");
    return undefined;
  }
  const content = decodeTyped(reader, type, json, path) ?? opaque(json, source);
  const cache = decodeCacheHint(json);
  return cache === undefined ? partOf(content) : { ...partOf(content), cache };
}

function decodeTyped(
  reader: Reader,
  type: string,
  json: JsonObject,
  path: string,
): Content | undefined {
  switch (type) {
    case "text":
    case "input_text":
      return {
        case: "text",
        value: {
          $typeName: "parlance.chat.v1.Text",
          text: required(reader, json, "text", path),
          citations: [],
        },
      };
    case "refusal":
      return {
        case: "refusal",
        value: {
          $typeName: "parlance.chat.v1.Refusal",
          text: required(reader, json, "refusal", path),
        },
      };
    case "image_url":
      return decodeImage(reader, json, path);
    case "input_audio":
      return decodeAudio(reader, json, path);
    case "file":
      return decodeFile(reader, json, path);
    case "video_url":
      return decodeVideo(reader, json, path);
    case "audio_url": {
      const value = required(
        reader,
        object(reader, json, "audio_url", path) ?? {},
        "url",
        under(path, "audio_url"),
      );
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

function required(reader: Reader, json: JsonObject, key: string, path: string): string {
  const value = string(reader, json, key, path);
  if (value === undefined && present(json, key) === undefined)
    blame(reader, under(path, key), "is required");
  return value ?? "";
}

function opaque(json: JsonObject, source: Source): Content {
  const value = {
    $typeName: "parlance.chat.v1.Opaque",
    dialect: NAME,
    json: sourceText(source, json),
  } as const;
  return { case: "opaque", value };
}

/** `image_url` is an object; some clients send the address itself. */
function decodeImage(reader: Reader, json: JsonObject, path: string): Content {
  const given = json.image_url;
  const place = under(path, "image_url");
  const holder =
    typeof given === "string" ? { url: given } : (object(reader, json, "image_url", path) ?? {});
  const detail = word(reader, holder, "detail", details, place) ?? ImageDetail.UNSPECIFIED;
  const url = required(reader, holder, "url", place);
  const data = isDataUrl(url) ? parseDataUrl(url) : undefined;
  if (isDataUrl(url) && (data === undefined || data.data.length === 0)) {
    blame(reader, under(place, "url"), "is not a valid data URL");
  } else if (url === "") blame(reader, under(place, "url"), "must not be empty");
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

function decodeAudio(reader: Reader, json: JsonObject, path: string): Content {
  const place = under(path, "input_audio");
  const holder = object(reader, json, "input_audio", path) ?? {};
  const text = required(reader, holder, "data", place);
  const data = isDataUrl(text) ? parseDataUrl(text)?.data : parseBase64(text);
  if (data === undefined) blame(reader, under(place, "data"), "is not valid base64");
  return {
    case: "audio",
    value: {
      $typeName: "parlance.chat.v1.Audio",
      source: { case: "data", value: data ?? new Uint8Array() },
      format: string(reader, holder, "format", place) ?? "",
      transcript: "",
      answerId: "",
    },
  };
}

function decodeVideo(reader: Reader, json: JsonObject, path: string): Content {
  const place = under(path, "video_url");
  const given = json.video_url;
  const holder =
    typeof given === "string" ? { url: given } : (object(reader, json, "video_url", path) ?? {});
  const url = required(reader, holder, "url", place);
  const data = isDataUrl(url) ? parseDataUrl(url) : undefined;
  if (isDataUrl(url) && data === undefined)
    blame(reader, under(place, "url"), "is not a valid data URL");
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
function decodeFile(reader: Reader, json: JsonObject, path: string): Content {
  const place = under(path, "file");
  const holder = object(reader, json, "file", path) ?? {};
  const id = string(reader, holder, "file_id", place);
  const text = string(reader, holder, "file_data", place);
  if (id === undefined && text === undefined) blame(reader, place, "needs file_id or file_data");
  const shared = {
    $typeName: "parlance.chat.v1.Document",
    title: string(reader, holder, "filename", place) ?? "",
    context: "",
  } as const;
  if (text === undefined)
    return {
      case: "document",
      value: { ...shared, source: { case: "fileId", value: id ?? "" }, mediaType: "" },
    };
  if (/^https?:/i.test(text))
    return {
      case: "document",
      value: { ...shared, source: { case: "url", value: text }, mediaType: "" },
    };
  const parsed = isDataUrl(text) ? parseDataUrl(text) : { mediaType: "", data: parseBase64(text) };
  if (parsed?.data === undefined)
    blame(reader, under(place, "file_data"), "is neither a valid data URL nor base64");
  const value = parsed?.data ?? new Uint8Array();
  return {
    case: "document",
    value: { ...shared, source: { case: "data", value }, mediaType: parsed?.mediaType ?? "" },
  };
}
