import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

const algorithm = "aes-256-gcm";
const nonceBytes = 12;
const tagBytes = 16;
const headBytes = 1 + nonceBytes + tagBytes;
/** The first byte of what is encrypted, for the day on which this is done in another way. */
const form = 1;

/**
 * Encrypts by AES-256-GCM under a random nonce. `context` is not in the result, and must be the
 * same to decrypt it. 29 bytes longer than `bytes`.
 */
export function encryptBytes(key: Uint8Array, bytes: Uint8Array, context: string): Uint8Array {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(algorithm, key, nonce);
  cipher.setAAD(Buffer.from(context));
  const sealed = [cipher.update(bytes), cipher.final()];
  return Buffer.concat([Uint8Array.of(form), nonce, cipher.getAuthTag(), ...sealed]);
}

/** Decrypts what `encryptBytes` made; undefined where the key or the context is another one. */
export function decryptBytes(
  key: Uint8Array,
  sealed: Uint8Array,
  context: string,
): Uint8Array | undefined {
  if (sealed.length < headBytes || sealed[0] !== form) return undefined;
  const nonce = sealed.subarray(1, 1 + nonceBytes);
  const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tagBytes });
  decipher.setAAD(Buffer.from(context));
  decipher.setAuthTag(sealed.subarray(1 + nonceBytes, headBytes));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(headBytes)), decipher.final()]);
  } catch {
    return undefined;
  }
}
