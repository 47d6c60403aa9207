import { isObject, type Json, type JsonObject } from "../../json/json.ts";

/**
 * What filters of content found in a choice, by the members in which Azure tells it. With filters
 * that run beside the model it comes in chunks of its own, which have no delta, and with the place
 * in the text that it is about. See
 * https://learn.microsoft.com/en-us/azure/ai-foundry/openai/concepts/content-streaming (2026-11).
 */
export type FilterResults = Record<string, Record<string, Json>>;

/** A choice and what filters found in it. */
export interface FilteredChoice {
  readonly index: number;
  readonly filters: FilterResults | undefined;
}

const MEMBERS = [
  "content_filter_results",
  "content_filter_result",
  "content_filter_offsets",
] as const;

/**
 * Adds the results of another chunk to those so far, which change in place: a category that has
 * been found stays found, else the last word counts. Undefined: there are none yet.
 */
export function addFilterResults(
  found: FilterResults | undefined,
  choice: JsonObject,
): FilterResults | undefined {
  let all = found;
  for (const member of MEMBERS) {
    const results = choice[member];
    if (!isObject(results) || Object.keys(results).length === 0) continue;
    all ??= {};
    all[member] ??= {};
    addCategories(all[member], results);
  }
  return all;
}

/**
 * The results as a member of an answer's extras: `[{"index":0,"content_filter_results":{...}}]`.
 * Undefined: there are none.
 */
export function printFilterResults(choices: Iterable<FilteredChoice>): Json | undefined {
  const listed = Array.from(choices).flatMap(({ index, filters }) =>
    filters === undefined ? [] : [{ index, ...filters }],
  );
  return listed.length === 0 ? undefined : listed;
}

/**
 * The members of one choice among the extras that {@link printFilterResults} made, beside its
 * index.
 */
export function filterResultsOf(
  extras: Json | undefined,
  index: number,
): FilterResults | undefined {
  const choices = isObject(extras) ? extras.choices : undefined;
  if (!Array.isArray(choices)) return undefined;
  const choice = choices.find((each) => isObject(each) && each.index === index);
  return isObject(choice) ? addFilterResults(undefined, choice) : undefined;
}

function addCategories(found: Record<string, Json>, results: JsonObject): void {
  for (const category of Object.keys(results)) {
    const result = results[category];
    const known = found[category];
    if (result !== undefined && (known === undefined || !isFlagged(known) || isFlagged(result)))
      found[category] = result;
  }
}

function isFlagged(result: Json): boolean {
  return isObject(result) && (result.filtered === true || result.detected === true);
}
