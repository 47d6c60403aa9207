import type { Detector, Finding } from "../../../core/guard/detector.ts";
import { compileSearch, type PatternSearch } from "../../../core/rules/pattern-search.ts";

/** So many times may a character be looked at, on average, before the rest counts as found. */
const maxLooks = 16;

/**
 * Looks for what a pattern of RE2's syntax matches; nothing where it matches the empty text. Where
 * a text makes the search go back again and again, its rest is found as a whole: what cannot be
 * searched in linear time is not let through. Throws PatternFault.
 */
export function patternDetector(kind: string, pattern: string): Detector {
  const search = compileSearch(pattern);
  return {
    find: (text, from = 0) => findAll(search, kind, text, from),
    openFrom: (text, from = 0) => openPlace(search, text, from),
    lookBehind: 1,
  };
}

function findAll(search: PatternSearch, kind: string, text: string, from: number): Finding[] {
  const found: Finding[] = [];
  let looks = (text.length - from) * maxLooks;
  let at = from;
  // An empty match at the end of the text is the last.
  while (at <= text.length) {
    const next = search.first(text, at);
    if (next === undefined) break;
    const { start, end, looked } = next;
    looks -= looked - end;
    if (looks < 0) return [...found, { start, end: text.length, kind }];
    if (end > start) found.push({ start, end, kind });
    at = Math.max(end, start + 1);
  }
  return found;
}

function openPlace(search: PatternSearch, text: string, from: number): number {
  let looks = (text.length - from) * maxLooks;
  let at = from;
  while (at <= text.length) {
    const next = search.firstOpen(text, at);
    if (next === undefined) break;
    if (next.end === "open") return next.start;
    looks -= next.looked - next.end;
    if (looks < 0) return next.start;
    at = Math.max(next.end, next.start + 1);
  }
  return text.length;
}
