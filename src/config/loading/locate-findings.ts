import { LineCounter } from "yaml";
import type { Finding } from "../config-scope.ts";
import { enclosingPaths } from "../document/field-path.ts";
import { placeWithin } from "../document/place-within.ts";
import type { Origin } from "../litellm/litellm-file.ts";
import type { Violation } from "../violation.ts";

/** Where fields stand. */
export interface FieldPlaces {
  /** Characters before each field. */
  readonly places: ReadonlyMap<string, number>;
  /** Where something of a LiteLLM file stands; undefined: where it seems to. */
  readonly origin?: ((offset: number) => Origin) | undefined;
}

/**
 * Gives findings their place in the text, or that of the nearest field around them, and sorts them
 * by it.
 */
export function locateFindings(
  findings: readonly Finding[],
  text: string,
  { places, origin }: FieldPlaces,
): readonly Violation[] {
  const lines = countLines(text);
  const located = findings.map((finding) => {
    const { hint, ruleId } = finding;
    const offset = finding.offset ?? placeOf(finding, text, places);
    const from = origin?.(offset) ?? { offset, path: undefined, within: "" };
    const { line, col } = lines.linePos(from.offset);
    const path = from.path ?? finding.path;
    const message = from.within === "" ? finding.message : `${finding.message}, at ${from.within}`;
    return { path, line: Math.max(1, line), column: Math.max(1, col), message, hint, ruleId };
  });
  located.sort((left, right) => left.line - right.line || left.column - right.column);
  const shown = located.slice(0, maxViolations).map((violation, index) => ({
    ...violation,
    hint:
      typeof violation.hint === "string"
        ? violation.hint
        : index < maxGuesses
          ? violation.hint()
          : "",
  }));
  const left = located.length - shown.length;
  return left === 0
    ? shown
    : [
        ...shown,
        { ...more, line: shown.at(-1)?.line ?? 1, message: `${left} more are not listed` },
      ];
}

/** As many are listed; nobody reads more, and a file can hold a hundred thousand. */
const maxViolations = 1000;

/**
 * For as many a hint is thought up, which takes far longer than to find that something is wrong.
 */
export const maxGuesses = 100;

const more = { path: "", column: 1, hint: "correct these first", ruleId: "too_many" };

/**
 * Drops findings that follow from an earlier one: once a field could not be
 * read, that it is missing or wrong in itself is no news. A bad key says
 * nothing about the rest of its mapping.
 */
export function dropFollowing(
  first: readonly Finding[],
  then: readonly Finding[],
): readonly Finding[] {
  const wrong = new Set<string>();
  const holdsWrong = new Set<string>();
  for (const { path, ruleId } of first) {
    if (path === "" || ruleId === "key") continue;
    wrong.add(path);
    for (const outer of enclosingPaths(path)) holdsWrong.add(outer);
  }
  return then.filter(
    ({ path, ruleId }) =>
      !enclosingPaths(path).some((outer) => wrong.has(outer)) &&
      !(following.has(ruleId) && holdsWrong.has(path)),
  );
}

const following = new Set([
  "required",
  "string.min_len",
  "repeated.min_items",
  "enum.not_in",
  "uint32.gte",
]);

function placeOf(
  { path, within }: Finding,
  text: string,
  places: ReadonlyMap<string, number>,
): number {
  const start = places.get(path);
  if (start === undefined) return nearestPlace(path, places);
  return within === undefined ? start : placeWithin(text, start, within);
}

function nearestPlace(path: string, places: ReadonlyMap<string, number>): number {
  for (const at of enclosingPaths(path)) {
    const place = places.get(at);
    if (place !== undefined) return place;
  }
  return 0;
}

function countLines(text: string): LineCounter {
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", end + 1))
    lines.addNewLine(end + 1);
  return lines;
}
