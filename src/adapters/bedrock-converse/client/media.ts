import type { Part } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { parseBase64 } from "../../../json/base64.ts";
import { noteUnknown } from "../../shared/notes/unknown-members.ts";
import {
  at,
  boolean,
  type Cursor,
  list,
  object,
  objects,
  problem,
  requiredName,
  requiredObject,
  requiredString,
  string,
} from "../../shared/request-cursor.ts";
import { textPart } from "../vendor/content-part.ts";
import { documentMediaType, imageMediaType, videoMediaType } from "../vendor/media.ts";

const KINDS = ["image", "document", "video", "audio"] as const;

/** A part and the member of its block that it was read of. */
export interface MediaPart {
  readonly kind: (typeof KINDS)[number];
  readonly part: Part | undefined;
}

/** Whether a block holds a picture, a document, a video or sound. */
export function isMedia(block: Cursor): boolean {
  return KINDS.some((kind) => at(block, kind) !== undefined);
}

/**
 * A picture, a document, a video or sound; no part where it is wrong, which is noted, and where its
 * source is of a kind that is not known here.
 */
export function decodeMedia(block: Cursor): MediaPart {
  const kind = KINDS.find((name) => at(block, name) !== undefined) ?? "image";
  const media = requiredObject(block, kind);
  if (media === undefined) return { kind, part: undefined };
  noteUnknown(media, MEMBERS[kind]);
  const content = contentOf(kind, media);
  if (content === undefined) return { kind, part: undefined };
  return { kind, part: { $typeName: "parlance.chat.v1.Part", content } };
}

const PLAIN: ReadonlySet<string> = new Set(["format", "source"]);
const MEMBERS = {
  image: PLAIN,
  video: PLAIN,
  audio: PLAIN,
  document: new Set([...PLAIN, "name", "context", "citations"]),
} as const;

function contentOf(kind: MediaPart["kind"], media: Cursor): Part["content"] | undefined {
  if (kind === "document") return decodeDocument(media);
  const format = requiredName(media, "format");
  const source = decodeSource(media);
  if (source === undefined) return undefined;
  switch (kind) {
    case "image": {
      const mediaType = imageMediaType(format);
      const value = { $typeName: "parlance.chat.v1.Image", source, mediaType, detail: 0 } as const;
      return { case: "image", value };
    }
    case "video": {
      const mediaType = videoMediaType(format);
      return { case: "video", value: { $typeName: "parlance.chat.v1.Video", source, mediaType } };
    }
    case "audio":
      return {
        case: "audio",
        value: {
          $typeName: "parlance.chat.v1.Audio",
          source,
          format,
          transcript: "",
          answerId: "",
        },
      };
  }
}

type Source = { case: "data"; value: Uint8Array } | { case: "url"; value: string };

/** Bytes, or an `s3://` address. */
function decodeSource(media: Cursor): Source | undefined {
  const source = requiredObject(media, "source");
  if (source === undefined) return undefined;
  const bytes = string(source, "bytes");
  if (bytes !== undefined) {
    noteUnknown(source, new Set(["bytes"]));
    const value = parseBase64(bytes);
    return value === undefined
      ? problem(source, "bytes", "must be base64")
      : { case: "data", value };
  }
  const location = object(source, "s3Location");
  if (location === undefined) return problem(source, "", "must hold bytes or s3Location");
  noteUnknown(source, new Set(["s3Location"]));
  noteUnknown(location, new Set(["uri"]));
  return { case: "url", value: requiredName(location, "uri") };
}

function decodeDocument(media: Cursor): Part["content"] | undefined {
  const source = decodeWords(media) ?? decodeSource(media);
  if (source === undefined) return undefined;
  const citations = object(media, "citations");
  if (citations !== undefined) noteUnknown(citations, new Set(["enabled"]));
  const enabled = citations && boolean(citations, "enabled");
  return {
    case: "document",
    value: {
      $typeName: "parlance.chat.v1.Document",
      source,
      mediaType: documentMediaType(string(media, "format") ?? ""),
      title: requiredString(media, "name"),
      context: string(media, "context") ?? "",
      ...(enabled === undefined ? undefined : { citationsEnabled: enabled }),
    },
  };
}

type Words = Extract<
  Extract<Part["content"], { case: "document" }>["value"]["source"],
  { case: "text" | "content" }
>;

/** The text of a document, or pieces of it; undefined where its source holds neither. */
function decodeWords(media: Cursor): Words | undefined {
  const source = object(media, "source");
  if (source === undefined) return undefined;
  const text = string(source, "text");
  if (text !== undefined) {
    noteUnknown(source, new Set(["text"]));
    return { case: "text", value: text };
  }
  if (at(source, "content") === undefined) return undefined;
  noteUnknown(source, new Set(["content"]));
  const parts = objects(list(source, "content")).map((piece) => {
    noteUnknown(piece, new Set(["text"]));
    return textPart(requiredString(piece, "text"));
  });
  return { case: "content", value: { $typeName: "parlance.chat.v1.DocumentContent", parts } };
}
