import { isObject, type Json, type JsonObject } from "../../../json/json.ts";
import { readCount } from "../../shared/count-at.ts";

/**
 * Usage with its counts as the whole numbers that clients read: some servers write them as texts or
 * as fractions. The same object where nothing is to mend.
 */
export function mendUsage(usage: JsonObject): JsonObject {
  let mended: Record<string, Json> | undefined;
  for (const [key, value] of Object.entries(usage)) {
    const better = isObject(value) ? mendUsage(value) : mendCount(key, value);
    if (better === value || better === undefined) continue;
    mended ??= { ...usage } as Record<string, Json>;
    mended[key] = better;
  }
  return mended ?? usage;
}

function mendCount(key: string, value: Json | undefined): Json | undefined {
  if (!key.endsWith("_tokens") || Number.isInteger(value)) return value;
  const count = readCount(value);
  return count === undefined ? value : Number(count);
}
