import { isObject, type Json, type JsonObject } from "../../core/json.ts";
import type { ChoiceState } from "./stream-state.ts";

/**
 * What filters of content found in a choice, by the members in which Azure tells it. With filters that run beside the model it
 * comes in chunks of its own, which have no delta, and with the place in the text that it is about.
 * See https://learn.microsoft.com/en-us/azure/ai-foundry/openai/concepts/content-streaming (2026-11).
 */
export type FilterResults = Readonly<Record<string, JsonObject>>;

const MEMBERS = ["content_filter_results", "content_filter_result", "content_filter_offsets"] as const;

/** The results so far and those of another chunk: a category that has been found stays found, else the last word counts. */
export function addFilterResults(found: FilterResults | undefined, choice: JsonObject): FilterResults | undefined {
  let all = found;
  for (const member of MEMBERS) {
    const told = choice[member];
    if (!isObject(told) || Object.keys(told).length === 0) continue;
    all = { ...all, [member]: merge(all?.[member] ?? {}, told) };
  }
  return all;
}

/** The results as a member of an answer's extras: `[{"index":0,"content_filter_results":{...}}]`. Undefined: there are none. */
export function printFilterResults(choices: readonly ChoiceState[]): Json | undefined {
  const told = choices.flatMap(({ index, filters }) => (filters === undefined ? [] : [{ index, ...filters }]));
  return told.length === 0 ? undefined : told;
}

/** The members of one choice among the extras that {@link printFilterResults} made, beside its index. */
export function filterResultsOf(extras: Json | undefined, index: number): FilterResults | undefined {
  const choices = isObject(extras) ? extras.choices : undefined;
  if (!Array.isArray(choices)) return undefined;
  const choice = choices.find((each) => isObject(each) && each.index === index);
  return isObject(choice) ? addFilterResults(undefined, choice) : undefined;
}

function merge(before: JsonObject, told: JsonObject): JsonObject {
  const merged: Record<string, Json> = {};
  for (const [category, result] of [...Object.entries(before), ...Object.entries(told)]) {
    if (result === undefined) continue;
    const known = merged[category];
    if (known === undefined || !isFound(known) || isFound(result)) merged[category] = result;
  }
  return merged;
}

function isFound(result: Json): boolean {
  return isObject(result) && (result.filtered === true || result.detected === true);
}
