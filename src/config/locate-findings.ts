import { LineCounter } from "yaml";
import { isWithin } from "./field-path.ts";
import type { Finding } from "./finding.ts";
import type { Violation } from "./violation.ts";

/** Gives findings their place in the text, or that of the nearest field around them, and sorts them by it. */
export function locateFindings(
  findings: readonly Finding[],
  text: string,
  places: ReadonlyMap<string, number>,
): readonly Violation[] {
  const lines = countLines(text);
  const located = findings.map(({ path, message, hint, ruleId, offset }) => {
    const { line, col } = lines.linePos(offset ?? nearestPlace(path, places));
    return { path, line: Math.max(1, line), column: Math.max(1, col), message, hint, ruleId };
  });
  return located.sort((left, right) => left.line - right.line || left.column - right.column);
}

/**
 * Drops findings that follow from an earlier one: once a field could not be
 * read, that it is missing or wrong in itself is no news. A bad key says
 * nothing about the rest of its mapping.
 */
export function dropFollowing(first: readonly Finding[], then: readonly Finding[]): readonly Finding[] {
  const following = new Set(["required", "string.min_len", "repeated.min_items", "enum.not_in", "uint32.gte"]);
  return then.filter(
    ({ path, ruleId }) =>
      !first.some(
        (earlier) =>
          earlier.path !== "" &&
          earlier.ruleId !== "key" &&
          (isWithin(path, earlier.path) || (following.has(ruleId) && isWithin(earlier.path, path))),
      ),
  );
}

function nearestPlace(path: string, places: ReadonlyMap<string, number>): number {
  for (let at = path; at !== ""; ) {
    const place = places.get(at);
    if (place !== undefined) return place;
    const outer = at.replace(/(\.[^.[\]]*|\["(?:[^"\\]|\\.)*"\]|\[\d+\])$/, "");
    if (outer === at) return 0;
    at = outer;
  }
  return 0;
}

function countLines(text: string): LineCounter {
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", end + 1)) lines.addNewLine(end + 1);
  return lines;
}
