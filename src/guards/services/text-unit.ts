/**
 * What a service counts texts in: UTF-16 code units, as JavaScript and Java do, or code points, as
 * Python does.
 */
export type TextUnit = "UTF16" | "CODE_POINTS";

/**
 * The place in UTF-16 code units of a place that a service counted. Undefined where it is not in
 * the text, or within a character.
 */
export type PlaceOf = (place: number | undefined) => number | undefined;

const surrogate = /[\ud800-\udfff]/;

/** Reads the places of a text, in constant time each; takes time linear in the text once. */
export function placesIn(text: string, unit: TextUnit): PlaceOf {
  const isPlain = unit === "UTF16" || !surrogate.test(text);
  const starts = isPlain ? undefined : codePointStarts(text);
  return (place) => {
    const found = starts === undefined || place === undefined ? place : starts[place];
    if (found === undefined || found < 0 || found > text.length) return undefined;
    return cutsPair(text, found) ? undefined : found;
  };
}

function codePointStarts(text: string): readonly number[] {
  const starts: number[] = [];
  let at = 0;
  for (const character of text) {
    starts.push(at);
    at += character.length;
  }
  starts.push(at);
  return starts;
}

function cutsPair(text: string, at: number): boolean {
  return isWithin(text.charCodeAt(at - 1), 0xd800) && isWithin(text.charCodeAt(at), 0xdc00);
}

function isWithin(unit: number, block: number): boolean {
  return unit >= block && unit < block + 0x400;
}
