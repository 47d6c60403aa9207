import { beforeCrossing, type Detector, type Finding } from "../../core/guard/detector.ts";

/** How something looks that is written in one way or a few. */
export interface Form {
  /** What it is called where it is found, such as `CARD`. */
  readonly kind: string;
  /**
   * What it may be: a global expression that takes time linear in a text, and looks at one
   * character behind what it finds and at `lookBehind` before it. A group that reaches to the end
   * of the match is the candidate, and what is before the group its context; without one the match
   * is.
   */
  readonly pattern: RegExp;
  /**
   * How many of its first characters a candidate is found with, and as what where that is not
   * `kind`: 0 if it is none. Absent: all.
   */
  readonly accepts?: (candidate: string, text: string, start: number) => number | Accepted;
  /** What a text may end with that is a candidate or may become one. */
  readonly open: RegExp;
  /** The longest candidate, in characters. */
  readonly maxLength: number;
  /** How many characters before a candidate are looked at. */
  readonly lookBehind: number;
  /** What a text has that has a candidate; not global, and quick. Absent: nothing quick says so. */
  readonly hint?: RegExp;
}

/** As what a candidate is found. */
export interface Accepted {
  readonly length: number;
  readonly kind: string;
  /** See `Finding`. */
  readonly replacement?: string;
}

/** Looks for what has a form. */
export function formDetector(form: Form): Detector {
  const find = (text: string, from = 0) => findForm(form, text, from);
  return {
    find,
    openFrom: (text, from = 0) => {
      const open = openPlace(form, text, from);
      return open === text.length ? open : beforeCrossing(find(text, from), open);
    },
    lookBehind: form.lookBehind,
  };
}

function findForm(form: Form, text: string, from: number): readonly Finding[] {
  const { pattern, lookBehind, hint } = form;
  const found: Finding[] = [];
  if (hint !== undefined && !hint.test(text)) return found;
  pattern.lastIndex = Math.max(0, from - lookBehind);
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const candidate = match[1] ?? match[0];
    const start = pattern.lastIndex - candidate.length;
    const { length, ...rest } = start < from ? nothing : acceptedOf(form, candidate, text, start);
    if (length > 0) found.push({ start, end: start + length, ...rest });
    pattern.lastIndex = start + Math.max(1, length);
  }
  return found;
}

const nothing: Accepted = { length: 0, kind: "" };

function acceptedOf(
  { kind, accepts }: Form,
  candidate: string,
  text: string,
  start: number,
): Accepted {
  const accepted = accepts?.(candidate, text, start) ?? candidate.length;
  return typeof accepted === "number" ? { length: accepted, kind } : accepted;
}

/** Where what the text ends with begins: a candidate that began earlier has ended. */
function openPlace({ open, maxLength, lookBehind }: Form, text: string, from: number): number {
  const earliest = Math.max(from, text.length - maxLength);
  const before = Math.max(0, earliest - lookBehind);
  const match = open.exec(text.slice(before));
  return match === null ? text.length : Math.max(earliest, before + match.index);
}
