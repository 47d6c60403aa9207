/**
 * A 64-bit hash of any value of the contract as two 32-bit halves: FNV-1a, run twice with different
 * starts. The same value always has the same hash, on every machine; it keeps nothing secret.
 */
export function hashOf(...values: readonly unknown[]): readonly [high: number, low: number] {
  const hash: Hash = { high: 0x811c9dc5, low: 0xcbf29ce4 };
  for (const value of values) mix(hash, value);
  return [scramble(hash.high), scramble(hash.low)];
}

/** The hash as 16 lower-case hexadecimal digits. */
export function hashText(...values: readonly unknown[]): string {
  return hashOf(...values)
    .map((half) => half.toString(16).padStart(8, "0"))
    .join("");
}

interface Hash {
  high: number;
  low: number;
}

function mix(hash: Hash, value: unknown): void {
  if (typeof value === "string") {
    mixText(hash, value);
  } else if (value instanceof Uint8Array) {
    for (const byte of value) mixUnit(hash, byte);
    mixUnit(hash, 0x1b);
  } else if (Array.isArray(value)) {
    for (const item of value) mix(hash, item);
    mixUnit(hash, 0x1d);
  } else if (typeof value === "object" && value !== null) {
    for (const [key, member] of Object.entries(value)) {
      mixText(hash, key);
      mix(hash, member);
    }
    mixUnit(hash, 0x1e);
  } else {
    mixText(hash, String(value));
  }
}

function mixText(hash: Hash, text: string): void {
  for (let at = 0; at < text.length; at += 1) mixUnit(hash, text.charCodeAt(at));
  mixUnit(hash, 0x1f);
}

function mixUnit(hash: Hash, unit: number): void {
  hash.high = Math.imul(hash.high ^ unit, 0x01000193);
  hash.low = Math.imul(hash.low ^ unit, 0x01000193);
}

/**
 * Spreads each bit over the half (the finalizer of MurmurHash3), for FNV leaves the high bits of
 * short texts alike.
 */
function scramble(half: number): number {
  let mixed = half ^ (half >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
