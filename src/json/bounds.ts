import type { JsonFault } from "./parse-fault.ts";

/** How much a JSON text may hold, so that parsing it costs neither seconds nor gigabytes. */
export interface JsonBounds {
  /** Objects and arrays that may be open at once. */
  readonly maxDepth: number;
  /** Values, where what costs more than a number counts as several. */
  readonly maxValues: number;
}

/** What an object or array costs to build, in numbers of an array. */
const containerValues = 8;

/** What the name of a member costs beside its value. */
const nameValues = 2;

/**
 * What a name or string costs that the text has not had before: the engine keeps one copy of each.
 */
const textValues = 24;

/** A string that goes on for this long is worth a native search for its end. */
const nearBytes = 24;

const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const backslash = 0x5c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/**
 * Finds the first place where a text is nested too deep or holds too much; undefined where it may
 * be parsed. One pass that builds nothing. It does not check the syntax: up to the first fault,
 * where the native parser stops, it counts exactly; after that it only has to end. The figures
 * behind the bounds are in docs/decisions/0026-bounds-before-parsing.md.
 */
export function findJsonExcess(bytes: Buffer, bounds: JsonBounds): JsonFault | undefined {
  const { maxDepth, maxValues } = bounds;
  const texts = new SeenTexts(Math.min(bytes.length >> 2, Math.ceil(maxValues / textValues)));
  let depth = 0;
  let values = 1;
  let at = 0;
  while (at < bytes.length) {
    const byte = bytes[at] ?? 0;
    at += 1;
    if (isNumeric(byte)) continue;
    switch (byte) {
      case comma:
        values += 1;
        break;
      case quote:
        at = texts.skipString(bytes, at);
        values += texts.cost;
        break;
      case colon:
        values += nameValues + texts.nameCost;
        break;
      case openBracket:
      case openBrace:
        depth += 1;
        values += containerValues;
        if (depth > maxDepth) return tooDeep(maxDepth, at - 1);
        break;
      case closeBracket:
      case closeBrace:
        depth -= 1;
    }
    if (values > maxValues) return tooMuch(maxValues, at - 1);
  }
  return undefined;
}

/** Digits, signs and the point, of which texts that are large have much. */
function isNumeric(byte: number): boolean {
  return byte > comma && byte < colon;
}

function tooDeep(maxDepth: number, offset: number): JsonFault {
  return { message: `nested deeper than ${maxDepth} levels`, offset };
}

function tooMuch(maxValues: number, offset: number): JsonFault {
  const counting =
    `an object or array counts as ${containerValues}, a name as ${nameValues}, ` +
    `and a name or short string that is new as ${textValues} more`;
  return { message: `more than ${maxValues} values (${counting})`, offset };
}

/**
 * Skips strings and remembers the short ones by their hashes. A class, so that the pass has no
 * closure in its inner loop.
 */
class SeenTexts {
  /** What the string that was skipped last counts beside the value that it is. */
  cost = 0;
  /** What it counts on top where it turns out to be a name: the engine keeps long ones too. */
  nameCost = 0;
  readonly #slots: Int32Array;
  readonly #shift: number;
  /** Odd and random, so that nobody can choose texts that share a hash. */
  readonly #factor = Math.floor(Math.random() * 0x7fffffff) | 1;

  constructor(maxCount: number) {
    const bits = 32 - Math.clz32(Math.max(512, maxCount));
    this.#slots = new Int32Array(2 ** (bits + 1));
    this.#shift = 31 - bits;
  }

  /**
   * The offset past the string whose quote is before `start`; past the text where it has no end.
   */
  skipString(bytes: Buffer, start: number): number {
    const near = Math.min(start + nearBytes, bytes.length);
    let at = start;
    let hash = 1;
    while (at < near) {
      const byte = bytes[at] ?? 0;
      if (byte === quote) {
        this.cost = this.#add(hash === 0 ? 1 : hash) ? textValues : 0;
        this.nameCost = 0;
        return at + 1;
      }
      hash = Math.imul(hash, this.#factor) + byte;
      at += 1;
      if (byte !== backslash) continue;
      hash = Math.imul(hash, this.#factor) + (bytes[at] ?? 0);
      at += 1;
    }
    this.cost = 0;
    this.nameCost = textValues;
    return skipRest(bytes, at);
  }

  /** Whether a hash is new; it is known from then on. */
  #add(hash: number): boolean {
    const mask = this.#slots.length - 1;
    let slot = Math.imul(hash, 0x9e3779b1) >>> this.#shift;
    for (;;) {
      const held = this.#slots[slot];
      if (held === hash) return false;
      if (held === 0) {
        this.#slots[slot] = hash;
        return true;
      }
      slot = (slot + 1) & mask;
    }
  }
}

/**
 * The offset past the quote that ends a string, from a place in it that is not within an escape.
 * Where escapes are dense it goes byte by byte, for a native search per escape would cost more.
 */
function skipRest(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length) {
    const found = bytes.indexOf(quote, at);
    if (found === -1) return bytes.length;
    if (!isEscaped(bytes, at, found)) return found + 1;
    at = found + 1;
    const near = Math.min(at + nearBytes, bytes.length);
    while (at < near) {
      const byte = bytes[at];
      if (byte === quote) return at + 1;
      at += byte === backslash ? 2 : 1;
    }
  }
  return bytes.length;
}

/** Whether an odd number of backslashes stands before a byte, none of them before `from`. */
function isEscaped(bytes: Buffer, from: number, at: number): boolean {
  let before = at;
  while (before > from && bytes[before - 1] === backslash) before -= 1;
  return ((at - before) & 1) === 1;
}
