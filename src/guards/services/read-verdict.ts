import type { Finding } from "../../core/guard/detector.ts";
import type { GuardVerdict } from "../../core/guard/guard.ts";
import { GuardFailure } from "../../core/guard/guard-failure.ts";
import { intAt, isObject, type Json, stringAt } from "../../json/json.ts";
import { type PlaceOf, placesIn, type TextUnit } from "./text-unit.ts";

const MAX_KINDS = 64;

/** Nothing was found. */
export const passes: GuardVerdict = { kinds: [] };

/**
 * What a service found, as headers and placeholders have it: at most 64 capital letters, digits and
 * `_`. `unnamed` where nothing of it is left.
 */
export function kindOf(word: string, unnamed: string): string {
  const kind = word
    .slice(0, 64)
    .toUpperCase()
    .slice(0, 64)
    .replaceAll(/[^A-Z0-9_]+/g, "_")
    .replaceAll(/^_+|_+$/g, "");
  return kind === "" ? unnamed : kind;
}

/** Kinds without those that are there twice; at most 64. */
export function kindsOf(words: Iterable<string>, unnamed: string): readonly string[] {
  const kinds = new Set<string>();
  for (const word of words) {
    if (kinds.size === MAX_KINDS) break;
    kinds.add(kindOf(word, unnamed));
  }
  return [...kinds];
}

/** The texts that a reply has in the place of those that were sent. Throws GuardFailure. */
export function readTexts(json: Json | undefined, sent: readonly string[]): readonly string[] {
  const texts = Array.isArray(json) ? json.filter((text) => typeof text === "string") : [];
  if (!Array.isArray(json) || texts.length !== json.length || texts.length !== sent.length)
    throw new GuardFailure("answered with other texts than it was sent");
  return texts;
}

/** A finding as a service has it. */
export interface RawFinding {
  /** Undefined: it is no whole number. */
  readonly start: number | undefined;
  readonly end: number | undefined;
  readonly kind: string;
}

/**
 * Where in each text something was found. Throws GuardFailure where a finding is not within its
 * text, cuts a character, or begins before the one before it ends.
 */
export function placeFindings(
  lists: readonly (readonly RawFinding[])[],
  sent: readonly string[],
  unit: TextUnit,
): readonly (readonly Finding[])[] {
  if (lists.length !== sent.length)
    throw new GuardFailure("answered with findings of other texts than it was sent");
  return sent.map((text, at) => {
    const places = placesIn(text, unit);
    const findings = (lists[at] ?? []).map((one) => placeFinding(one, places));
    for (const [index, { start }] of findings.entries())
      if (start < (findings[index - 1]?.end ?? 0)) throw misplaced();
    return findings;
  });
}

/** One finding of JSON, whose kind is the member `kindName`. Throws as placeFindings does. */
export function readFinding(json: Json, placeOf: PlaceOf, kindName: string): Finding {
  return placeFinding(rawFinding(json, kindName), placeOf);
}

/** A finding of JSON before its place is looked at. */
export function rawFinding(json: Json, kindName: string): RawFinding {
  const one = isObject(json) ? json : {};
  return {
    start: intAt(one, "start"),
    end: intAt(one, "end"),
    kind: stringAt(one, kindName) ?? "",
  };
}

function placeFinding(raw: RawFinding, placeOf: PlaceOf): Finding {
  const start = placeOf(raw.start);
  const end = placeOf(raw.end);
  if (start === undefined || end === undefined || start >= end) throw misplaced();
  return { start, end, kind: kindOf(raw.kind, "FOUND") };
}

function misplaced(): GuardFailure {
  return new GuardFailure("answered with a finding that has no place in its text");
}
