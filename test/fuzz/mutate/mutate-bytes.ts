import type { Random } from "../random.ts";

type ByteMutation = (bytes: Buffer, random: Random) => Buffer;

const mutations: readonly ByteMutation[] = [
  (bytes, random) => bytes.subarray(0, random.int(bytes.length + 1)),
  (bytes, random) => bytes.subarray(random.int(bytes.length + 1)),
  flipBits,
  flipBits,
  insert((random) => random.bytes(1 + random.int(16))),
  insert((random) =>
    Buffer.from(
      random.pick(["\ufeff", "\u0000", ",", "}", "]", '"', "\\", "//", "/**/", "NaN", "\r\n\r\n"]),
    ),
  ),
  // Not UTF-8: a lone continuation, an overlong slash, a surrogate, beyond U+10FFFF, a cut
  // character.
  insert((random) => Buffer.from(random.pick(["80", "c0af", "eda080", "f5808080", "e282"]), "hex")),
  (bytes, random) => Buffer.concat([bytes, bytes.subarray(random.int(bytes.length + 1))]),
  (bytes) => Buffer.concat([bytes, bytes]),
  (bytes, random) =>
    Buffer.concat([
      Buffer.alloc(1 + random.int(4096), random.pick([" ", "\n", "[", "{", "\u0000"])),
      bytes,
    ]),
  (bytes) => Buffer.from(bytes.toString(), "utf16le"),
  (_bytes, random) => random.bytes(random.int(64)),
];

/** Bytes that were well-formed, cut, flipped, or with something in between. */
export function mutateBytes(bytes: Buffer, random: Random): Buffer {
  return random.pick(mutations)(bytes, random);
}

function flipBits(bytes: Buffer, random: Random): Buffer {
  const flipped = Buffer.from(bytes);
  const count = 1 + random.int(random.pick([1, 4, 32]));
  for (let flip = 0; flip < count && flipped.length > 0; flip += 1) {
    const at = random.int(flipped.length);
    flipped[at] = (flipped[at] ?? 0) ^ (1 << random.int(8));
  }
  return flipped;
}

function insert(make: (random: Random) => Buffer): ByteMutation {
  return (bytes, random) => {
    const at = random.int(bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, at), make(random), bytes.subarray(at)]);
  };
}
