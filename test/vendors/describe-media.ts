import { createHash } from "node:crypto";

/** An image, document, audio clip or file that a request carries. */
export interface Media {
  readonly kind: "image" | "document" | "audio" | "file";
  /** The media type as sent; for bytes only. */
  readonly mediaType?: string;
  /** The decoded bytes, when the request carried them. */
  readonly bytes?: Buffer;
  /** The address or vendor file id, when the request carried one instead of bytes. */
  readonly url?: string;
}

/**
 * One line that states what arrived, the same for every vendor, so that a test can compare it with
 * what it sent: `image 1: image/png 68 bytes sha256=<hex>` or `image 1: https://...`. Positions
 * count from 1 over all media.
 */
export function describeMedia(media: Media, position: number): string {
  const subject = `${media.kind} ${position}:`;
  if (media.bytes === undefined) return `${subject} ${media.url ?? "nothing"}`;
  const digest = createHash("sha256").update(media.bytes).digest("hex");
  return `${subject} ${media.mediaType ?? "unknown type"} ${media.bytes.length} bytes sha256=${digest}`;
}

/**
 * Media from a `data:<type>;base64,<bytes>` address, or undefined when the address is of another
 * kind.
 */
export function mediaOfDataUrl(kind: Media["kind"], url: string): Media | undefined {
  const match = /^data:([^;,]+);base64,/.exec(url);
  if (match === null) return undefined;
  return {
    kind,
    mediaType: match[1] ?? "",
    bytes: Buffer.from(url.slice(match[0].length), "base64"),
  };
}
