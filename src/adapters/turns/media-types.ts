import type { Part } from "../../../gen/parlance/chat/v1/part_pb.js";
import type { Notes } from "./notes.ts";

/** Names under which clients send a type that vendors know by its registered one. */
const registered: ReadonlyMap<string, string> = new Map([
  ["image/jpg", "image/jpeg"],
  ["image/pjpeg", "image/jpeg"],
  ["image/jfif", "image/jpeg"],
  ["image/x-png", "image/png"],
  ["image/x-webp", "image/webp"],
  ["image/x-gif", "image/gif"],
  ["application/x-pdf", "application/pdf"],
]);

/** Names of formats of sound, which the contract holds in the short form. */
const soundFormats: ReadonlyMap<string, string> = new Map([
  ["x-wav", "wav"],
  ["wave", "wav"],
  ["x-pn-wav", "wav"],
  ["vnd.wave", "wav"],
  ["mpeg", "mp3"],
  ["mpeg3", "mp3"],
  ["x-mpeg", "mp3"],
  ["x-mp3", "mp3"],
  ["x-flac", "flac"],
  ["x-m4a", "m4a"],
]);

/**
 * A part whose media types are the registered ones in lower case, as vendors demand them. The same
 * part where they are; looks into results and documents too.
 */
export function fitMediaTypes(part: Part, path: string, notes: Notes): Part {
  const { content } = part;
  switch (content.case) {
    case "image":
    case "video":
    case "document":
      return fitMedia(part, content, path, notes);
    case "audio":
      return fitSound(part, content, path, notes);
    case "toolResult": {
      const inner = fitList(content.value.content, `${path}.tool_result.content`, notes);
      if (inner === content.value.content) return part;
      return { ...part, content: { ...content, value: { ...content.value, content: inner } } };
    }
    default:
      return part;
  }
}

type Media = Extract<Part["content"], { case: "image" | "video" | "document" }>;

function fitMedia(part: Part, content: Media, path: string, notes: Notes): Part {
  const { mediaType } = content.value;
  const fit = fitType(mediaType);
  const inner = content.case === "document" ? fitPieces(content.value, path, notes) : undefined;
  if (fit === mediaType && inner === undefined) return part;
  if (fit !== mediaType) notes.mapped(`${path}.${content.case}.media_type`, `sent as ${fit}`);
  return withMedia(part, content, { mediaType: fit, ...inner });
}

type Sound = Extract<Part["content"], { case: "audio" }>;

function fitSound(part: Part, content: Sound, path: string, notes: Notes): Part {
  const { format } = content.value;
  const plain = format.toLowerCase();
  const fit = soundFormats.get(plain) ?? plain;
  // A type with parameters says how the sound is to be played.
  if (fit === format || format.includes(";")) return part;
  notes.mapped(`${path}.audio.format`, `sent as ${fit}`);
  return { ...part, content: { ...content, value: { ...content.value, format: fit } } };
}

function withMedia(
  part: Part,
  content: Media,
  fit: { readonly mediaType: string; readonly source?: Document["source"] },
): Part {
  const { mediaType, source } = fit;
  switch (content.case) {
    case "image":
      return { ...part, content: { ...content, value: { ...content.value, mediaType } } };
    case "video":
      return { ...part, content: { ...content, value: { ...content.value, mediaType } } };
    case "document": {
      const value = { ...content.value, mediaType, source: source ?? content.value.source };
      return { ...part, content: { ...content, value } };
    }
  }
}

type Document = Extract<Media, { case: "document" }>["value"];

function fitPieces(
  { source }: Document,
  path: string,
  notes: Notes,
): { readonly source: Document["source"] } | undefined {
  if (source.case !== "content") return undefined;
  const parts = fitList(source.value.parts, `${path}.document.content.parts`, notes);
  return parts === source.value.parts
    ? undefined
    : { source: { ...source, value: { ...source.value, parts } } };
}

function fitList(parts: Part[], path: string, notes: Notes): Part[] {
  const fit = parts.map((part, at) => fitMediaTypes(part, `${path}[${at}]`, notes));
  return fit.some((part, at) => part !== parts[at]) ? fit : parts;
}

/** Whether a media type is sent as it is. */
export function isKnownType(mediaType: string): boolean {
  return fitType(mediaType) === mediaType;
}

function fitType(mediaType: string): string {
  const plain = mediaType.includes(";") ? mediaType : mediaType.trim().toLowerCase();
  return registered.get(plain) ?? plain;
}
