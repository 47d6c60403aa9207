import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

const algorithm = "aes-256-gcm";
const nonceBytes = 12;
const tagBytes = 16;

/** The first byte of what is encrypted, which says in which way it is; null: there is none. */
type Form = number | null;

/**
 * Encrypts by AES-256-GCM under a random nonce; `key` is 32 bytes. `context` is not in the result,
 * and must be the same to decrypt it. The result is the form, the nonce, the tag, and as many bytes
 * as there were.
 */
export function encryptBytes(
  key: Uint8Array,
  bytes: Uint8Array,
  context: string,
  form: Form = 1,
): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv(algorithm, key, nonce);
  cipher.setAAD(Buffer.from(context));
  const sealed = [cipher.update(bytes), cipher.final()];
  const head = form === null ? [] : [Uint8Array.of(form)];
  return Buffer.concat([...head, nonce, cipher.getAuthTag(), ...sealed]);
}

/** Decrypts what `encryptBytes` made; undefined where key, context or form is another. */
export function decryptBytes(
  key: Uint8Array,
  sealed: Uint8Array,
  context: string,
  form: Form = 1,
): Buffer | undefined {
  const start = form === null ? 0 : 1;
  const tagAt = start + nonceBytes;
  const textAt = tagAt + tagBytes;
  if (sealed.length < textAt || (form !== null && sealed[0] !== form)) return undefined;
  const nonce = sealed.subarray(start, tagAt);
  const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tagBytes });
  decipher.setAAD(Buffer.from(context));
  decipher.setAuthTag(sealed.subarray(tagAt, textAt));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(textAt)), decipher.final()]);
  } catch {
    return undefined;
  }
}
