import { isObject, type Json, type JsonObject } from "../../../json/json.ts";
import type { JsonText } from "../../../json/json-text.ts";

/**
 * Whether the counts of a usage are whole numbers: its members that end as `suffix` says, at every
 * depth. Those of an absent usage are.
 */
export function hasWholeCounts(usage: Json | undefined, suffix: string): boolean {
  if (!isObject(usage)) return true;
  return Object.entries(usage).every(([key, value]) =>
    isObject(value)
      ? hasWholeCounts(value, suffix)
      : !key.toLowerCase().endsWith(suffix) || value === null || Number.isSafeInteger(value),
  );
}

/** Whether an answer keeps a rule. What is no object is left to whoever reads it. */
export function isReadable(answer: JsonText, check: (json: JsonObject) => boolean): boolean {
  const json = answer.object();
  return json === undefined || check(json);
}
