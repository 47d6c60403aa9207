/** A text in the form that it has in common with those that differ in white space and case. */
export class SqueezedText {
  /** Its characters, without white space and in lower case. */
  readonly codes: Uint16Array;
  readonly length: number;
  readonly #source: SqueezedSource;
  #places: Int32Array | undefined;

  constructor(codes: Uint16Array, length: number, source: SqueezedSource) {
    this.codes = codes;
    this.length = length;
    this.#source = source;
  }

  /** Where each of its characters stands in the original. */
  get places(): Int32Array {
    this.#places ??= placesOf(this.#source, this.length);
    return this.#places;
  }

  /** A part of it. */
  part(start: number, end: number): SqueezedText {
    return new SqueezedText(this.codes.slice(start, end), end - start, this.#source);
  }
}

/** What was squeezed. */
interface SqueezedSource {
  readonly text: string;
  readonly from: number;
}

const passedOver = /[\s\u00ad\u200b-\u200f\u2060-\u2064\ufeff]/;

/**
 * A text without white space and in lower case; with the signs of Base64 for URLs as those of plain
 * Base64.
 */
export function squeeze(text: string, from = 0): SqueezedText {
  const codes = new Uint16Array(text.length - from);
  let length = 0;
  for (let at = from; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    const squeezed = squeezedCodes[code] || squeezedCode(code);
    if (squeezed === nothing) continue;
    codes[length] = squeezed;
    length += 1;
  }
  return new SqueezedText(codes, length, { text, from });
}

function placesOf({ text, from }: SqueezedSource, length: number): Int32Array {
  const places = new Int32Array(length);
  let count = 0;
  for (let at = from; at < text.length && count < length; at += 1) {
    if (squeezedCode(text.charCodeAt(at)) === nothing) continue;
    places[count] = at;
    count += 1;
  }
  return places;
}

/** Stands for what is passed over: U+FFFF is no character. */
const nothing = 0xffff;

/** What is known of each character. 0: nothing yet. */
const squeezedCodes = new Uint16Array(0x10000);

function squeezedCode(code: number): number {
  const known = squeezedCodes[code] ?? 0;
  if (known !== 0) return known;
  const character = String.fromCharCode(code);
  const found = code === 0 || passedOver.test(character) ? nothing : lowerCode(character);
  squeezedCodes[code] = found;
  return found;
}

function lowerCode(character: string): number {
  const lower = character.toLowerCase().replace("-", "+").replace("_", "/");
  return lower.length > 1 ? character.charCodeAt(0) : lower.charCodeAt(0);
}

/** What to look for in squeezed texts: texts by the hash of their first `width` characters. */
export interface Needles {
  readonly width: number;
  readonly byHash: ReadonlyMap<number, readonly SqueezedText[]>;
  /** 1 where a hash may be one of them, by its lowest bits. */
  readonly filter: Uint8Array;
  /** 1 where the first two characters may be those of one; see `pairOf`. */
  readonly pairs: Uint8Array;
}

/** Prepares texts to be looked for. Each has `width` characters or more. */
export function needlesOf(texts: readonly SqueezedText[], width: number): Needles {
  const byHash = new Map<number, SqueezedText[]>();
  const filter = new Uint8Array(filterMask + 1);
  const pairs = new Uint8Array(filterMask + 1);
  for (const text of texts) {
    pairs[pairOf(text.codes, 0)] = 1;
    const hash = hashOf(text, 0, width);
    filter[hash & filterMask] = 1;
    const same = byHash.get(hash);
    if (same === undefined) byHash.set(hash, [text]);
    else same.push(text);
  }
  return { width, byHash, filter, pairs };
}

/** A place of a squeezed text, with the needle that may begin there. */
export interface Hit {
  readonly at: number;
  readonly needle: SqueezedText;
}

/** So wide needles are hashed where their first two characters stand: others at each place. */
const maxHashedAnew = 8;

/** Each place at which a needle's first characters may stand, in linear time. */
export function hitsIn(text: SqueezedText, needles: Needles): readonly Hit[] {
  if (text.length < needles.width) return [];
  return needles.width <= maxHashedAnew ? hashedAnew(text, needles) : rolled(text, needles);
}

function hashedAnew(text: SqueezedText, { width, byHash, filter, pairs }: Needles): readonly Hit[] {
  const hits: Hit[] = [];
  const { codes, length } = text;
  for (let at = 0; at + width <= length; at += 1) {
    if (pairs[pairOf(codes, at)] !== 1) continue;
    const hash = hashOf(text, at, width);
    if (filter[hash & filterMask] !== 1) continue;
    for (const needle of byHash.get(hash) ?? []) hits.push({ at, needle });
  }
  return hits;
}

function rolled(text: SqueezedText, { width, byHash, filter }: Needles): readonly Hit[] {
  const hits: Hit[] = [];
  const { codes, length } = text;
  const highest = power(width - 1);
  let hash = hashOf(text, 0, width);
  for (let at = 0; ; at += 1) {
    if (filter[hash & filterMask] === 1)
      for (const needle of byHash.get(hash) ?? []) hits.push({ at, needle });
    if (at + width >= length) return hits;
    const rest = (hash - Math.imul(codes[at] ?? 0, highest)) | 0;
    hash = (Math.imul(rest, factor) + (codes[at + width] ?? 0)) | 0;
  }
}

/** How many of a needle's first characters stand at a place of a text. */
export function matching(text: SqueezedText, at: number, needle: SqueezedText): number {
  const length = Math.min(needle.length, text.length - at);
  let count = 0;
  while (count < length && text.codes[at + count] === needle.codes[count]) count += 1;
  return count;
}

const filterMask = 0xffff;

function pairOf(codes: Uint16Array, at: number): number {
  return (((codes[at] ?? 0) << 8) ^ (codes[at + 1] ?? 0)) & filterMask;
}

const factor = 0x01000193;

function hashOf({ codes }: SqueezedText, at: number, width: number): number {
  let hash = 0;
  for (let place = at; place < at + width; place += 1)
    hash = (Math.imul(hash, factor) + (codes[place] ?? 0)) | 0;
  return hash;
}

function power(exponent: number): number {
  let result = 1;
  for (let count = 0; count < exponent; count += 1) result = Math.imul(result, factor);
  return result;
}
