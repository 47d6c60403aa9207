import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";

/** Puts stored answers into the form in which they leave this process. */
export interface EntryEnvelope {
  /** `key`: that of the entry. */
  seal(key: string, entry: Uint8Array): Uint8Array;
  /** Undefined where the bytes were not sealed under this key in this way, or were changed. */
  open(key: string, sealed: Uint8Array): Uint8Array | undefined;
}

/**
 * Makes the envelopes of a gateway: encrypted by AES-256-GCM where there are 32 bytes of an
 * encryption key, else with a checksum. Each opens its own kind alone.
 */
export function createEntryEnvelope(encryptionKey: Uint8Array | undefined): EntryEnvelope {
  return encryptionKey === undefined ? plainEnvelope : createCipher(encryptionKey);
}

/** The first byte of a plain entry; four bytes of its checksum follow. */
const PLAIN = 1;

const PLAIN_HEAD = 5;

const plainEnvelope: EntryEnvelope = {
  seal(_, entry) {
    const head = Buffer.alloc(PLAIN_HEAD);
    head.writeUInt8(PLAIN);
    head.writeUInt32BE(crc32(entry), 1);
    return Buffer.concat([head, entry]);
  },
  open(_, sealed) {
    if (sealed.length < PLAIN_HEAD || sealed[0] !== PLAIN) return undefined;
    const entry = sealed.subarray(PLAIN_HEAD);
    return Buffer.from(sealed.subarray(1, PLAIN_HEAD)).readUInt32BE() === crc32(entry)
      ? entry
      : undefined;
  },
};

/** The first byte of an encrypted entry; the nonce and the tag follow. */
const ENCRYPTED = 2;

const ALGORITHM = "aes-256-gcm";

const NONCE_BYTES = 12;

const TAG_BYTES = 16;

const ENCRYPTED_HEAD = 1 + NONCE_BYTES + TAG_BYTES;

/** The key of an entry is bound to it, so that one entry cannot be put in the place of another. */
function createCipher(encryptionKey: Uint8Array): EntryEnvelope {
  return {
    seal(key, entry) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(ALGORITHM, encryptionKey, nonce);
      cipher.setAAD(Buffer.from(key));
      const text = [cipher.update(entry), cipher.final()];
      return Buffer.concat([Uint8Array.of(ENCRYPTED), nonce, cipher.getAuthTag(), ...text]);
    },
    open(key, sealed) {
      if (sealed.length < ENCRYPTED_HEAD || sealed[0] !== ENCRYPTED) return undefined;
      const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
      const decipher = createDecipheriv(ALGORITHM, encryptionKey, nonce, {
        authTagLength: TAG_BYTES,
      });
      decipher.setAAD(Buffer.from(key));
      decipher.setAuthTag(sealed.subarray(1 + NONCE_BYTES, ENCRYPTED_HEAD));
      try {
        return Buffer.concat([decipher.update(sealed.subarray(ENCRYPTED_HEAD)), decipher.final()]);
      } catch {
        return undefined;
      }
    },
  };
}
