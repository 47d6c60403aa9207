import { intAt, type JsonObject } from "../../json/json.ts";

/**
 * A member that is a whole number of things, such as tokens; undefined for anything else. `1.0` is
 * one, as some servers write it.
 */
export function countAt(json: JsonObject, key: string): bigint | undefined {
  const count = intAt(json, key);
  return count === undefined || count < 0 ? undefined : BigInt(count);
}
