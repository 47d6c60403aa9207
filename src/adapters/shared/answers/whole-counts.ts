import { isObject, type Json, type JsonObject, parseJson } from "../../../json/json.ts";

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

/**
 * Whether clients read a body that looks as if they could not: it is parsed to be certain. What is
 * no object is left to whoever reads it.
 */
export function isReadable(body: Uint8Array, check: (json: JsonObject) => boolean): boolean {
  const parsed = parseJson(body);
  return !parsed.ok || !isObject(parsed.value) || check(parsed.value);
}
