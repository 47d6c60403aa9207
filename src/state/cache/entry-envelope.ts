import { crc32 } from "node:zlib";
import { decryptBytes, encryptBytes } from "../../config/stored/aes-gcm.ts";

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

/** The first byte of an encrypted entry. */
const ENCRYPTED = 2;

/** The key of an entry is bound to it, so that one entry cannot be put in the place of another. */
function createCipher(encryptionKey: Uint8Array): EntryEnvelope {
  return {
    seal: (key, entry) => encryptBytes(encryptionKey, entry, key, ENCRYPTED),
    open: (key, sealed) => decryptBytes(encryptionKey, sealed, key, ENCRYPTED),
  };
}
