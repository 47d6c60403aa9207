import { arrayAt, isObject, type Json, type JsonObject } from "../../json/json.ts";

/** Where turns hold their parts, and the members by which these are calls or results. */
export interface PairPlaces {
  readonly parts: string;
  readonly call: readonly string[];
  readonly result: readonly string[];
}

/**
 * Whether behind each turn with calls stand as many results, and no other results are there:
 * vendors refuse them. Calls that stand last wait.
 */
export function pairsCalls(turns: readonly Json[], places: PairPlaces): boolean {
  let open = 0;
  for (const turn of turns) {
    const parts = isObject(turn) ? (arrayAt(turn, places.parts) ?? []).filter(isObject) : [];
    const results = countOf(parts, places.result);
    if (results > open || (results === 0 && open > 0)) return false;
    open += countOf(parts, places.call) - results;
  }
  return true;
}

function countOf(parts: readonly JsonObject[], names: readonly string[]): number {
  return parts.filter((part) => names.some((name) => part[name] !== undefined)).length;
}
