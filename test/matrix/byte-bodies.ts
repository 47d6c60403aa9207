import fc from "fast-check";
import { blanks, keyText, valueText } from "../json/json-arbitraries.ts";

/**
 * The source of a member: blanks, key, blanks, colon, blanks, value, blanks. Keys in `without` are
 * left to the test.
 */
const member = (...without: readonly string[]) =>
  fc
    .tuple(
      blanks,
      keyText.filter((text) => !without.includes(String(JSON.parse(text)))),
      blanks,
      blanks,
      valueText,
      blanks,
    )
    .map(([a, key, b, c, value, d]) => `${a}${key}${b}:${c}${value}${d}`);
const members = (...without: readonly string[]) => fc.array(member(...without), { maxLength: 5 });

/**
 * Members of any kind and depth with given ones at any place among them, between blanks and braces.
 */
export const objectWith = (fixed: readonly string[], ...without: readonly string[]) =>
  fc
    .tuple(
      blanks,
      fc.array(members(...without), { minLength: fixed.length + 1, maxLength: fixed.length + 1 }),
      blanks,
    )
    .map(([before, groups, after]) => {
      const all = groups.flatMap((group, index) => [...group, ...fixed.slice(index, index + 1)]);
      return `${before}{${all.join(",")}}${after}`;
    });

/** How a vendor frames: what ends its lines, what stands first, how many ends stand last. */
export interface Framing {
  readonly end: string;
  readonly start: string;
  readonly lastEnds: number;
}

/** The bytes of a stream of such frames. */
export function printFrames(frames: readonly string[], { end, start, lastEnds }: Framing): string {
  const texts = frames.map((frame) => frame.replaceAll("\n", end));
  return start + texts.join(end + end) + end.repeat(lastEnds);
}

/** JSON may have line breaks between tokens; one line of an SSE event may not. */
export function oneLine(text: string): string {
  return text.replaceAll(/[\r\n]/g, " ").trim();
}

/** Cuts bytes into pieces of the given lengths, over and over. */
export function cut(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const end = at + (lengths[turn % lengths.length] ?? 1);
    pieces.push(bytes.subarray(at, end));
    at = end;
  }
  return pieces;
}
