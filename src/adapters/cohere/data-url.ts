import { asBuffer } from "../../core/json.ts";

const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

/** Prints bytes as a `data:` URL (RFC 2397). */
export function printDataUrl(mediaType: string, data: Uint8Array): string {
  return `data:${mediaType};base64,${printBase64(data)}`;
}

/** The bytes of a base64 `data:` URL and their media type; undefined for any other URL. */
export function parseDataUrl(
  url: string,
): { readonly mediaType: string; readonly data: Uint8Array<ArrayBuffer> } | undefined {
  const head = /^data:([^,;]*)(?:;[^,;]*)*;base64,/i.exec(url);
  if (head === null) return undefined;
  const data = parseBase64(url.slice(head[0].length));
  return data === undefined ? undefined : { mediaType: head[1] ?? "", data };
}

/** Bytes of base64 in either alphabet, padded or not; undefined for anything else. What is kept has memory of its own. */
export function parseBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  return BASE64.test(text) && text.replace(/=+$/, "").length % 4 !== 1
    ? new Uint8Array(Buffer.from(text, "base64"))
    : undefined;
}

/** Base64 of bytes, padded. */
export function printBase64(data: Uint8Array): string {
  return asBuffer(data).toString("base64", 0, data.length);
}
