import { createHash, createHmac, randomBytes } from "node:crypto";

const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const length = 43;

/** A new value of a key: `sk-` and 43 random characters, which are 256 bits. */
export function newKeyValue(): string {
  let text = "";
  while (text.length < length)
    for (const byte of randomBytes(64)) {
      // What is above the largest multiple of 62 would favour some characters.
      if (byte < 248 && text.length < length) text += alphabet[byte % 62];
    }
  return `sk-${text}`;
}

/** The end of a value, by which people know it again. */
export function hintOf(value: string): string {
  return `...${value.slice(-4)}`;
}

/** The hash that the store keeps of a value. */
export function keyedHash(value: string, secret: string): string {
  return createHmac("sha256", Buffer.from(secret, "hex")).update(value).digest("hex");
}

/** What the plain hashes in the store begin with. */
export const plainPrefix = "sha256:";

/** What a store keeps of a value whose SHA-256 alone is known, as of keys from LiteLLM. */
export function plainHash(value: string): string {
  return `${plainPrefix}${sha256Of(value)}`;
}

/** The SHA-256 of a value, as hex digits: what LiteLLM knows a key by. */
export function sha256Of(value: string): string {
  return createHash("sha256").update(value).digest("hex");
}
