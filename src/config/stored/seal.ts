import type { SecretValue } from "../secret-value.ts";
import { decryptBytes, encryptBytes } from "./aes-gcm.ts";

/**
 * Encrypts a text with AES-256-GCM. `key` is 32 bytes as hex digits. It can be decrypted for the
 * same `place` alone, so that nobody who can write to a database puts it elsewhere.
 */
export function seal(text: string, key: SecretValue, place: string): string {
  return encryptBytes(bytesOf(key), Buffer.from(text), place, null).toString("base64");
}

/** Decrypts what `seal` made; undefined where the key or the place is another one. */
export function unseal(sealed: string, key: SecretValue, place: string): string | undefined {
  return decryptBytes(bytesOf(key), Buffer.from(sealed, "base64"), place, null)?.toString();
}

function bytesOf(key: SecretValue): Buffer {
  return Buffer.from(key.reveal(), "hex");
}

/** The place of the secrets of an object. */
export function objectPlace(kind: string, name: string): string {
  return `${kind}\n${name}`;
}
