import { asBuffer } from "./json.ts";

const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

/**
 * Bytes of base64 in either alphabet, padded or not (RFC 4648, 4 and 5); undefined for anything
 * else. What is kept has memory of its own, for small buffers are slices of a shared pool.
 */
export function parseBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!BASE64.test(text) || text.replace(/=+$/, "").length % 4 === 1) return undefined;
  return new Uint8Array(Buffer.from(text, "base64"));
}

/** Base64 of bytes, padded. */
export function printBase64(data: Uint8Array): string {
  return asBuffer(data).toString("base64", 0, data.length);
}
