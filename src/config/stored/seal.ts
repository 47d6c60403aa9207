import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import type { SecretValue } from "../secret-value.ts";

const algorithm = "aes-256-gcm";
const nonceBytes = 12;
const tagBytes = 16;

/**
 * Encrypts a text with AES-256-GCM. `key` is 32 bytes as hex digits. It can be decrypted for the
 * same `place` alone, so that nobody who can write to a database puts it elsewhere.
 */
export function seal(text: string, key: SecretValue, place: string): string {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(algorithm, Buffer.from(key.reveal(), "hex"), nonce);
  cipher.setAAD(Buffer.from(place));
  const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), sealed]).toString("base64");
}

/** Decrypts what `seal` made; undefined where the key or the place is another one. */
export function unseal(sealed: string, key: SecretValue, place: string): string | undefined {
  const bytes = Buffer.from(sealed, "base64");
  if (bytes.length < nonceBytes + tagBytes) return undefined;
  const head = nonceBytes + tagBytes;
  try {
    const nonce = bytes.subarray(0, nonceBytes);
    const cipher = createDecipheriv(algorithm, Buffer.from(key.reveal(), "hex"), nonce);
    cipher.setAAD(Buffer.from(place));
    cipher.setAuthTag(bytes.subarray(nonceBytes, head));
    return `${cipher.update(bytes.subarray(head), undefined, "utf8")}${cipher.final("utf8")}`;
  } catch {
    return undefined;
  }
}

/** The place of the secrets of an object. */
export function objectPlace(kind: string, name: string): string {
  return `${kind}\n${name}`;
}
