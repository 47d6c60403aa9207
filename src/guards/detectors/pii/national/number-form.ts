import type { Accepted, Form } from "../../form-detector.ts";
import { type NumberForm, plainDigits } from "./number-forms.ts";

/** So far before a number a word counts that says what it is. */
const nearby = 40;

/** Identity numbers with digits only, of all countries in one pass over a text. */
export function nationalNumberForm(forms: readonly NumberForm[]): Form {
  return {
    kind: "",
    pattern: /(?<![\dA-Za-z_]|\d[.,])\d(?:[ ./-]?\d){8,14}(?![\dA-Za-z_])/g,
    accepts: (candidate, text, start) => numberIn(forms, candidate, text, start),
    open: /(?<![\dA-Za-z_]|\d[.,])\d(?:[ ./-]?\d){0,14}[ ./-]?$/,
    maxLength: 31,
    lookBehind: nearby,
  };
}

function numberIn(
  forms: readonly NumberForm[],
  candidate: string,
  text: string,
  start: number,
): number | Accepted {
  const all = plainDigits(candidate);
  for (const form of forms) {
    const length = lengthOf(candidate, form.digits);
    if (length === 0 || !form.holds(all.slice(0, form.digits))) continue;
    if (isWritten(form, candidate, length, text.slice(Math.max(0, start - nearby), start)))
      return { length, kind: form.kind };
  }
  return 0;
}

/** The length of so many first digits of a candidate with what is between them. 0: no group ends there. */
function lengthOf(candidate: string, digits: number): number {
  let count = 0;
  for (let at = 0; at < candidate.length; at += 1) {
    if (isDigit(candidate.charCodeAt(at))) count += 1;
    if (count === digits) return isDigit(candidate.charCodeAt(at + 1)) ? 0 : at + 1;
  }
  return 0;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/** In one piece, with a word near it where that is needed, or in its groups and with no more. */
function isWritten(
  { near, grouped }: NumberForm,
  candidate: string,
  length: number,
  before: string,
): boolean {
  const number = candidate.slice(0, length);
  if (/^\d+$/.test(number)) return near === undefined || near.test(before);
  const isWhole = length === candidate.length && !/\d[ ./-]$/.test(before);
  return grouped.test(number) && (isWhole || near?.test(before) === true);
}
