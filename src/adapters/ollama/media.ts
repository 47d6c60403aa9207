import { asBuffer } from "../../json/json.ts";

/**
 * The media type of a picture, read off its first bytes, for this dialect does not tell it; "" for
 * an unknown format.
 */
export function pictureType(data: Uint8Array): string {
  const head = asBuffer(data).toString("latin1", 0, Math.min(data.length, 12));
  if (head.startsWith("\x89PNG")) return "image/png";
  if (head.startsWith("\xff\xd8\xff")) return "image/jpeg";
  if (head.startsWith("GIF8")) return "image/gif";
  return head.startsWith("RIFF") && head.endsWith("WEBP") ? "image/webp" : "";
}
