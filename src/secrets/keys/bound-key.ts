import { Buffer } from "node:buffer";
import { createHash, timingSafeEqual } from "node:crypto";

const hashBytes = 32;

/**
 * A data key with the hash of what it is for, to be wrapped by services that bind nothing to what
 * they encrypt.
 */
export function bindKey(dataKey: Uint8Array, context: string): Uint8Array {
  return Buffer.concat([hashOf(context), dataKey]);
}

/** The data key of what was bound; undefined where it is for something else. */
export function unbindKey(bound: Uint8Array, context: string): Uint8Array | undefined {
  if (bound.length <= hashBytes) return undefined;
  if (!timingSafeEqual(bound.subarray(0, hashBytes), hashOf(context))) return undefined;
  return bound.subarray(hashBytes);
}

function hashOf(context: string): Buffer {
  return createHash("sha256").update(context).digest();
}
