/** A text in the form that it has in common with those that differ in white space and case. */
export interface SqueezedText {
  readonly text: string;
  /** Where each of its characters stands in the original. */
  readonly places: readonly number[];
}

const passedOver = /[\s\u00ad\u200b-\u200f\u2060-\u2064\ufeff]/;

/**
 * A text without white space and in lower case; with the signs of Base64 for URLs as those of plain
 * Base64.
 */
export function squeeze(text: string): SqueezedText {
  const places: number[] = [];
  let squeezed = "";
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (passedOver.test(character)) continue;
    const lower = character.toLowerCase();
    squeezed += lower.length > 1 ? character : lower === "-" ? "+" : lower === "_" ? "/" : lower;
    places.push(at);
  }
  return { text: squeezed, places };
}

/** What to look for in squeezed texts: texts by the hash of their first `width` characters. */
export interface Needles {
  readonly width: number;
  /** The longest, in characters. */
  readonly maxLength: number;
  readonly byHash: ReadonlyMap<number, readonly string[]>;
  /** What any of them begins with that is shorter than `width`. */
  readonly starts: ReadonlySet<string>;
}

/** Prepares texts to be looked for. Each is squeezed and has `width` characters or more. */
export function needlesOf(texts: readonly string[], width: number): Needles {
  const byHash = new Map<number, string[]>();
  const starts = new Set<string>();
  let maxLength = 0;
  for (const text of texts) {
    const hash = hashOf(text, 0, width);
    const same = byHash.get(hash);
    if (same === undefined) byHash.set(hash, [text]);
    else if (!same.includes(text)) same.push(text);
    for (let length = 1; length < width; length += 1) starts.add(text.slice(0, length));
    maxLength = Math.max(maxLength, text.length);
  }
  return { width, maxLength, byHash, starts };
}

/** A place of a squeezed text, with the needle that may begin there. */
export interface Hit {
  readonly at: number;
  readonly needle: string;
}

/** Each place at which a needle's first characters may stand, in linear time. */
export function* hitsIn(text: string, from: number, needles: Needles): Generator<Hit> {
  const { width, byHash } = needles;
  if (text.length - from < width) return;
  const highest = power(width - 1);
  let hash = hashOf(text, from, width);
  for (let at = from; ; at += 1) {
    for (const needle of byHash.get(hash) ?? []) yield { at, needle };
    if (at + width >= text.length) return;
    const rest = hash - Math.imul(text.charCodeAt(at), highest);
    hash = (Math.imul(rest, factor) + text.charCodeAt(at + width)) | 0;
  }
}

const factor = 0x01000193;

function hashOf(text: string, at: number, width: number): number {
  let hash = 0;
  for (let place = at; place < at + width; place += 1)
    hash = (Math.imul(hash, factor) + text.charCodeAt(place)) | 0;
  return hash;
}

function power(exponent: number): number {
  let result = 1;
  for (let count = 0; count < exponent; count += 1) result = Math.imul(result, factor);
  return result;
}
