import { parseBase64, printBase64 } from "./base64.ts";

/** The bytes of a `data:` URL (RFC 2397) and their media type, with its parameters. */
export interface DataUrl {
  readonly mediaType: string;
  readonly data: Uint8Array<ArrayBuffer>;
}

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

function parsePlain(mediaType: string, text: string): DataUrl | undefined {
  try {
    return { mediaType, data: new Uint8Array(Buffer.from(decodeURIComponent(text))) };
  } catch {
    return undefined;
  }
}
