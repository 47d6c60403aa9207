import type { MediaKind } from "../../core/media.ts";

/** What bytes turned out to be; where they are refused, why, to go on after "the content". */
export type TypeCheck =
  | { readonly ok: true; readonly mediaType: string }
  | { readonly ok: false; readonly why: string };

/**
 * Types by their first bytes: https://mimesniff.spec.whatwg.org, and the formats' own
 * specifications.
 */
const signatures: readonly (readonly [offset: number, bytes: string, type: string])[] = [
  [0, "\x89PNG\r\n\x1a\n", "image/png"],
  [0, "\xff\xd8\xff", "image/jpeg"],
  [0, "GIF87a", "image/gif"],
  [0, "GIF89a", "image/gif"],
  [0, "BM", "image/bmp"],
  [0, "II*\0", "image/tiff"],
  [0, "MM\0*", "image/tiff"],
  [0, "%PDF-", "application/pdf"],
  [0, "ID3", "audio/mp3"],
  [0, "\xff\xfb", "audio/mp3"],
  [0, "\xff\xf3", "audio/mp3"],
  [0, "\xff\xf2", "audio/mp3"],
  [0, "\xff\xf1", "audio/aac"],
  [0, "\xff\xf9", "audio/aac"],
  [0, "OggS", "audio/ogg"],
  [0, "fLaC", "audio/flac"],
  [0, "\x1a\x45\xdf\xa3", "video/webm"],
  [0, "FLV", "video/x-flv"],
  [0, "\0\0\x01\xba", "video/mpeg"],
  [0, "\0\0\x01\xb3", "video/mpeg"],
  [0, "PK\x03\x04", "application/zip"],
  [0, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-cfb"],
];

/** Types of files in a RIFF container, by the name at offset 8. */
const riff: ReadonlyMap<string, string> = new Map([
  ["WEBP", "image/webp"],
  ["WAVE", "audio/wav"],
  ["AVI ", "video/x-msvideo"],
]);

/** Types of files in an ISO container, by the brand at offset 8. Any other brand is a video. */
const brands: ReadonlyMap<string, string> = new Map([
  ["avif", "image/avif"],
  ["heic", "image/heic"],
  ["heix", "image/heic"],
  ["mif1", "image/heif"],
  ["M4A ", "audio/m4a"],
  ["qt  ", "video/quicktime"],
  ["3gp4", "video/3gpp"],
  ["3gp5", "video/3gpp"],
]);

/** Containers that hold documents: which one, only the server's word tells. */
const containers: ReadonlySet<string> = new Set(["application/zip", "application/x-cfb"]);

/** Media types without information. */
const silent: ReadonlySet<string> = new Set([
  "",
  "application/octet-stream",
  "binary/octet-stream",
]);

/**
 * The type of fetched content, if it is of the requested kind. The first bytes decide; the server's
 * word must not name another kind, and is needed for text and for what is packed as office files
 * are.
 */
export function checkMediaType(kind: MediaKind, data: Uint8Array, contentType: string): TypeCheck {
  const declared = (contentType.split(";")[0] ?? "").trim().toLowerCase();
  const seen = sniff(data);
  if (kind === "document") return documentType(data, seen, declared);
  if (seen === undefined || kindOf(seen) !== kind)
    return refused(`is not ${kindName(kind)}${declaredAs(declared)}`);
  if (!silent.has(declared) && !(kindOf(declared) === kind || sharedContainer(declared))) {
    return refused(`is said to be ${declared}, which is not ${kindName(kind)}`);
  }
  return { ok: true, mediaType: seen };
}

function sniff(data: Uint8Array): string | undefined {
  const head = Buffer.from(data.buffer, data.byteOffset, Math.min(16, data.length)).toString(
    "latin1",
  );
  if (head.startsWith("RIFF")) return riff.get(head.slice(8, 12));
  if (head.slice(4, 8) === "ftyp") return brands.get(head.slice(8, 12)) ?? "video/mp4";
  return signatures.find(([offset, bytes]) => head.startsWith(bytes, offset))?.[2];
}

function documentType(data: Uint8Array, seen: string | undefined, declared: string): TypeCheck {
  if (seen === "application/pdf") return { ok: true, mediaType: seen };
  if (seen !== undefined && !containers.has(seen)) return refused(`is not a document but ${seen}`);
  if (seen !== undefined) {
    return declared.startsWith("application/") && !silent.has(declared)
      ? { ok: true, mediaType: declared }
      : refused("is a packed file whose type the server does not tell");
  }
  const written =
    declared.startsWith("text/") ||
    declared === "application/json" ||
    declared === "application/xml";
  if (!written || !isText(data)) return refused(`is neither PDF nor text${declaredAs(declared)}`);
  return { ok: true, mediaType: declared };
}

function isText(data: Uint8Array): boolean {
  if (data.includes(0)) return false;
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(data);
    return true;
  } catch {
    return false;
  }
}

function kindOf(type: string): string {
  return type.split("/")[0] ?? "";
}

/** Ogg, WebM and MP4 hold sound and pictures alike, and servers name them by either. */
function sharedContainer(declared: string): boolean {
  return /^(?:audio|video|application)\/(?:ogg|webm|mp4)$/.test(declared);
}

function kindName(kind: MediaKind): string {
  return kind === "audio" ? "sound" : kind === "video" ? "a video" : "a picture";
}

function declaredAs(declared: string): string {
  return silent.has(declared) ? "" : ` (the server says ${declared})`;
}

function refused(why: string): TypeCheck {
  return { ok: false, why };
}
