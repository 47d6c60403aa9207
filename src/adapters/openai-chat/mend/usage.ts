import { isObject, type Json, type JsonObject } from "../../../json/json.ts";
import { readCount } from "../../shared/count-at.ts";

/**
 * Usage with its counts as the whole numbers that clients read: some servers write them as strings
 * or as fractions, or leave one of the three out that clients demand. The same object where nothing
 * is to mend.
 */
export function mendUsage(usage: JsonObject): JsonObject {
  const mended = mendCounts(usage);
  const prompt = countOf(mended.prompt_tokens);
  const completion = countOf(mended.completion_tokens);
  if (prompt === undefined && completion === undefined) return mended;
  const missing = {
    ...(prompt === undefined ? { prompt_tokens: 0 } : undefined),
    ...(completion === undefined ? { completion_tokens: 0 } : undefined),
    ...(countOf(mended.total_tokens) === undefined
      ? { total_tokens: (prompt ?? 0) + (completion ?? 0) }
      : undefined),
  };
  return Object.keys(missing).length === 0 ? mended : { ...mended, ...missing };
}

function mendCounts(usage: JsonObject): JsonObject {
  let mended: Record<string, Json> | undefined;
  for (const [key, value] of Object.entries(usage)) {
    const better = isObject(value) ? mendCounts(value) : mendCount(key, value);
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

function countOf(value: Json | undefined): number | undefined {
  return typeof value === "number" ? value : undefined;
}
