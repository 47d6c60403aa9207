/** A text in the form that it has in common with those that differ in white space and case. */
export interface SqueezedText {
  /** Its characters, without white space and in lower case. */
  readonly codes: Uint16Array;
  /** Where each of them stands in the original. */
  readonly places: Int32Array;
  readonly length: number;
}

const passedOver = /[\s\u00ad\u200b-\u200f\u2060-\u2064\ufeff]/;

/**
 * A text without white space and in lower case; with the signs of Base64 for URLs as those of plain
 * Base64.
 */
export function squeeze(text: string, from = 0): SqueezedText {
  const codes = new Uint16Array(text.length - from);
  const places = new Int32Array(text.length - from);
  let length = 0;
  for (let at = from; at < text.length; at += 1) {
    const code = squeezedCode(text.charCodeAt(at));
    if (code === 0) continue;
    codes[length] = code;
    places[length] = at;
    length += 1;
  }
  return { codes, places, length };
}

/** 0: it is passed over. */
function squeezedCode(code: number): number {
  if (code < 128) return ascii[code] ?? 0;
  const character = String.fromCharCode(code);
  if (passedOver.test(character)) return 0;
  const lower = character.toLowerCase();
  return lower.length > 1 ? code : lower.charCodeAt(0);
}

const ascii = Array.from({ length: 128 }, (_, code) => {
  const character = String.fromCharCode(code);
  if (code === 0 || passedOver.test(character)) return 0;
  return character.toLowerCase().replace("-", "+").replace("_", "/").charCodeAt(0);
});

/** What to look for in squeezed texts: texts by the hash of their first `width` characters. */
export interface Needles {
  readonly width: number;
  readonly byHash: ReadonlyMap<number, readonly SqueezedText[]>;
  /** 1 where a hash may be one of them, by its lowest bits. */
  readonly filter: Uint8Array;
}

/** Prepares texts to be looked for. Each has `width` characters or more. */
export function needlesOf(texts: readonly SqueezedText[], width: number): Needles {
  const byHash = new Map<number, SqueezedText[]>();
  const filter = new Uint8Array(filterMask + 1);
  for (const text of texts) {
    const hash = hashOf(text, 0, width);
    filter[hash & filterMask] = 1;
    const same = byHash.get(hash);
    if (same === undefined) byHash.set(hash, [text]);
    else same.push(text);
  }
  return { width, byHash, filter };
}

/** A place of a squeezed text, with the needle that may begin there. */
export interface Hit {
  readonly at: number;
  readonly needle: SqueezedText;
}

/** Each place at which a needle's first characters may stand, in linear time. */
export function hitsIn(text: SqueezedText, { width, byHash, filter }: Needles): readonly Hit[] {
  const hits: Hit[] = [];
  const { codes, length } = text;
  if (length < width) return hits;
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
