import { asBuffer } from "../../core/json.ts";

/** The bytes of a `data:` URL (RFC 2397) and their media type. */
export interface DataUrl {
  readonly mediaType: string;
  readonly data: Uint8Array<ArrayBuffer>;
}

const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

/** Whether a URL holds its content itself. */
export function isDataUrl(url: string): boolean {
  return url.slice(0, 5).toLowerCase() === "data:";
}

/** Reads a `data:` URL; undefined when its content is not what it says. */
export function parseDataUrl(url: string): DataUrl | undefined {
  const comma = url.indexOf(",");
  if (comma < 0) return undefined;
  const head = url.slice(5, comma);
  const encoded = /;\s*base64\s*$/i.exec(head);
  if (encoded === null) return parsePlain(head, url.slice(comma + 1));
  const data = parseBase64(url.slice(comma + 1));
  return data === undefined ? undefined : { mediaType: head.slice(0, encoded.index), data };
}

/** Prints bytes as a `data:` URL. */
export function printDataUrl(mediaType: string, data: Uint8Array): string {
  return `data:${mediaType};base64,${printBase64(data)}`;
}

/** Bytes of base64 in either alphabet, padded or not; undefined for anything else. */
export function parseBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!BASE64.test(text)) return undefined;
  return copy(Buffer.from(text, "base64"));
}

/** Base64 of bytes, padded. */
export function printBase64(data: Uint8Array): string {
  return asBuffer(data).toString("base64", 0, data.length);
}

function parsePlain(mediaType: string, text: string): DataUrl | undefined {
  try {
    return { mediaType, data: copy(Buffer.from(decodeURIComponent(text))) };
  } catch {
    return undefined;
  }
}

/** Small buffers are slices of a shared pool: what a message keeps has memory of its own. */
function copy(buffer: Buffer): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer);
}
