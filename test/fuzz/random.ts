import { createHash } from "node:crypto";

/** Numbers that look random and are the same for the same seed, on every machine. */
export interface Random {
  /** From 0 up to but not including 1. */
  next(): number;
  /** A whole number from 0 up to but not including `below`. */
  int(below: number): number;
  /** True with this probability. */
  chance(probability: number): boolean;
  /** One of the list, which must not be empty. */
  pick<T>(list: readonly T[]): T;
  bytes(length: number): Buffer;
  /** The list in another order. */
  shuffle<T>(list: readonly T[]): T[];
}

/** Makes the numbers of a seed: any texts and numbers that together name a case. */
export function createRandom(...seed: readonly (string | number)[]): Random {
  const state = createHash("sha256").update(seed.join("\u0000")).digest();
  let a = state.readInt32LE(0);
  let b = state.readInt32LE(4);
  let c = state.readInt32LE(8);
  let count = state.readInt32LE(12);

  // sfc32 of PractRand: https://pracrand.sourceforge.net.
  const word = (): number => {
    const sum = (a + b + count) | 0;
    count = (count + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return sum >>> 0;
  };
  const random: Random = {
    next: () => word() / 2 ** 32,
    int: (below) => Math.floor(random.next() * below),
    chance: (probability) => random.next() < probability,
    pick(list) {
      const item = list[random.int(list.length)];
      if (item === undefined) throw new Error("nothing to pick from");
      return item;
    },
    bytes: (length) => Buffer.from(Uint8Array.from({ length }, () => word() & 0xff)),
    shuffle(list) {
      const left = [...list];
      return Array.from(list, () => left.splice(random.int(left.length), 1)).flat();
    },
  };
  return random;
}
