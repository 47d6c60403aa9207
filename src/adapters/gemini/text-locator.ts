import type { Range } from "../../../gen/parlance/chat/v1/citation_pb.js";

/** A text part of an answer. */
export interface AnswerText {
  readonly part: number;
  readonly text: string;
}

/** Where words stand: the part, and their characters in it. */
export interface Place {
  readonly part: number;
  readonly range: Range;
}

/**
 * Finds words by their bytes in the whole answer, or by what they are; undefined where they do not
 * stand there.
 */
export type Locator = (
  startByte: number,
  endByte: number,
  words: string | undefined,
) => Place | undefined;

/**
 * Bytes count from the start of the first text. Where the quoted text stands elsewhere, the text
 * wins.
 */
export function createLocator(texts: readonly AnswerText[]): Locator {
  const whole = texts.map(({ text }) => text).join("");
  const { units, points } = countUnits(whole);
  const find = createFinder(whole);
  const starts: number[] = [];
  let length = 0;
  for (const { text } of texts) {
    starts.push(length);
    length += text.length;
  }
  const place = (from: number, to: number): Place | undefined => {
    if (from < 0 || to < from) return undefined;
    const at = lastAtMost(starts, from);
    const base = starts[at] ?? 0;
    const text = texts[at];
    if (text === undefined || to > base + text.text.length) return undefined;
    const start = (points[from] ?? 0) - (points[base] ?? 0);
    const range = { start, end: start + (points[to] ?? 0) - (points[from] ?? 0) };
    return { part: text.part, range: { $typeName: "parlance.chat.v1.Range", ...range } };
  };
  return (startByte, endByte, words) => {
    const from = units[startByte] ?? -1;
    const to = units[endByte] ?? -1;
    const stands = from >= 0 && to >= 0 && whole.slice(from, to) === words;
    if (stands || words === undefined || words === "") return place(from, to);
    const found = find(words);
    return place(found, found + words.length);
  };
}

/**
 * For each byte offset of a text that is the start of a character, and the end, its UTF-16 offset,
 * and -1 for others; for each UTF-16 offset how many characters stand before it.
 */
function countUnits(text: string): { readonly units: Int32Array; readonly points: Int32Array } {
  const units = new Int32Array(Buffer.byteLength(text) + 1).fill(-1);
  const points = new Int32Array(text.length + 1);
  let bytes = 0;
  let unit = 0;
  let point = 0;
  for (const character of text) {
    units[bytes] = unit;
    points[unit] = point;
    if (character.length === 2) points[unit + 1] = point + 1;
    bytes += byteLength(character);
    unit += character.length;
    point += 1;
  }
  units[bytes] = unit;
  points[unit] = point;
  return { units, points };
}

/** The UTF-8 bytes of one character; of half a character those of U+FFFD. */
function byteLength(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  return code < 0x10000 ? 3 : 4;
}

/**
 * Longer words are found by their beginning: native search takes the square of the time for long
 * ones that nearly stand there.
 */
const SOUGHT_CHARACTERS = 200;

/** What all searches of an answer may cost together; words beyond it are not placed. */
const MAX_SEARCHED = 16 * 1024 * 1024;

/**
 * Finds the first index of words; -1 where there is none, or where too much was searched already.
 */
function createFinder(whole: string): (words: string) => number {
  let left = MAX_SEARCHED;
  return (words) => {
    if (left < whole.length || words.length > whole.length) return -1;
    left -= whole.length;
    const at = whole.indexOf(words.slice(0, SOUGHT_CHARACTERS));
    return at >= 0 && whole.startsWith(words, at) ? at : -1;
  };
}

/** The index of the last of rising numbers that is not above `bound`; 0 where none is. */
function lastAtMost(numbers: readonly number[], bound: number): number {
  let low = 0;
  let high = numbers.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((numbers[middle] ?? 0) <= bound) low = middle;
    else high = middle - 1;
  }
  return low;
}
