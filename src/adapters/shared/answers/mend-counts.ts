import { isObject, type Json, type JsonObject } from "../../../json/json.ts";
import { readCount } from "../count-at.ts";

/**
 * Usage with its counts as the whole numbers that clients read: some servers write them as texts or
 * as fractions. Counts are the members that end as `suffix` says, at every depth. The same object
 * where nothing is to mend.
 */
export function mendCounts(usage: JsonObject, suffix: string): JsonObject {
  let mended: Record<string, Json | undefined> | undefined;
  for (const [key, value] of Object.entries(usage)) {
    const better = isObject(value) ? mendCounts(value, suffix) : mendCount(key, value, suffix);
    if (better === value) continue;
    mended ??= { ...usage };
    mended[key] = better;
  }
  return mended ?? usage;
}

function mendCount(key: string, value: Json | undefined, suffix: string): Json | undefined {
  if (!key.toLowerCase().endsWith(suffix) || Number.isInteger(value)) return value;
  const count = readCount(value);
  return count === undefined ? value : Number(count);
}
