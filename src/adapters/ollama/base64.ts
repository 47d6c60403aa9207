import { asBuffer } from "../../core/json.ts";

const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

/** Bytes of base64 in either alphabet, padded or not; undefined for anything else. */
export function parseBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  return BASE64.test(text) ? new Uint8Array(Buffer.from(text, "base64")) : undefined;
}

/** Base64 of bytes, padded. */
export function printBase64(data: Uint8Array): string {
  return asBuffer(data).toString("base64", 0, data.length);
}

/** The media type of a picture, read off its first bytes, for this dialect does not tell it; "" for an unknown format. */
export function pictureType(data: Uint8Array): string {
  const head = asBuffer(data).toString("latin1", 0, Math.min(data.length, 12));
  if (head.startsWith("\x89PNG")) return "image/png";
  if (head.startsWith("\xff\xd8\xff")) return "image/jpeg";
  if (head.startsWith("GIF8")) return "image/gif";
  return head.startsWith("RIFF") && head.endsWith("WEBP") ? "image/webp" : "";
}
