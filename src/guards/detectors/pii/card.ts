import type { Form } from "../form-detector.ts";
import { luhnHolds } from "./luhn.ts";

/** What the numbers of one kind of cards begin with, and how many digits they have. */
interface CardRange {
  readonly first: number;
  readonly last: number;
  readonly lengths: readonly number[];
}

const long = [16, 17, 18, 19];

/** By the first four digits, as the issuers publish them (ISO/IEC 7812). */
const ranges: readonly CardRange[] = [
  { first: 4000, last: 4999, lengths: [16, 19] },
  { first: 5100, last: 5599, lengths: [16] },
  { first: 2221, last: 2720, lengths: [16] },
  { first: 2200, last: 2204, lengths: [16] },
  { first: 3400, last: 3499, lengths: [15] },
  { first: 3700, last: 3799, lengths: [15] },
  { first: 3000, last: 3059, lengths: [14, 16] },
  { first: 3600, last: 3699, lengths: [14, 16] },
  { first: 3800, last: 3999, lengths: [14, 16] },
  { first: 3528, last: 3589, lengths: long },
  { first: 6011, last: 6011, lengths: long },
  { first: 6440, last: 6599, lengths: long },
  { first: 6200, last: 6299, lengths: long },
  { first: 5018, last: 5018, lengths: long },
  { first: 5020, last: 5020, lengths: long },
  { first: 5038, last: 5038, lengths: long },
  { first: 5893, last: 5893, lengths: long },
  { first: 6304, last: 6304, lengths: long },
  { first: 6759, last: 6763, lengths: long },
];

const [minDigits, maxDigits] = [14, 19];

/** Groups as cards show them; also all digits apart. */
const grouping = /^(?:\d+|(?:\d{4}\D){3}\d{2,4}(?:\D\d{1,3})?|\d{4}\D\d{6}\D\d{4,5}|\d(?:\D\d)+)$/;

/**
 * Numbers of payment cards whose check digit is right, of the ranges of the large issuers: in one
 * piece, or in groups as cards show them. A number of 13 digits is none: no card has had one for
 * decades, and goods have.
 */
export const cardForm: Form = {
  kind: "CARD",
  pattern: /(?<![\dA-Za-z_]|\d[.,])[2-6](?:[ .-]?\d){13,18}(?![\dA-Za-z_])/g,
  accepts: cardLength,
  open: /(?<![\dA-Za-z_]|\d[.,])[2-6](?:[ .-]?\d){0,18}[ .-]?$/,
  maxLength: maxDigits * 2,
  lookBehind: 2,
};

/** Of a candidate, so many characters are the longest number. */
function cardLength(candidate: string): number {
  const ends = groupEnds(candidate);
  const digits = candidate.replaceAll(/\D/g, "");
  const start = Number(digits.slice(0, 4));
  const range = ranges.find(({ first, last }) => start >= first && start <= last);
  if (range === undefined) return 0;
  for (const { end, count } of ends.toReversed())
    if (
      range.lengths.includes(count) &&
      luhnHolds(digits.slice(0, count)) &&
      grouping.test(candidate.slice(0, end))
    )
      return end;
  return 0;
}

/** Where a number may end: behind each group of digits. */
function groupEnds(candidate: string): { readonly end: number; readonly count: number }[] {
  const ends: { end: number; count: number }[] = [];
  let count = 0;
  for (const { 0: group, index } of candidate.matchAll(/\d+/g)) {
    count += group.length;
    if (count >= minDigits) ends.push({ end: index + group.length, count });
  }
  return ends;
}
