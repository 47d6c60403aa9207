import type { Json, JsonObject } from "../../json/json.ts";

/**
 * A member that counts things, such as tokens; undefined for anything else. `1.0` is a count, and
 * so are `"1"` and 1.5, as some servers write them: what was counted in part counts whole.
 */
export function countAt(json: JsonObject, key: string): bigint | undefined {
  return readCount(json[key]);
}

/** As countAt, of a value. */
export function readCount(value: Json | undefined): bigint | undefined {
  const count = typeof value === "string" && DIGITS.test(value) ? Number(value) : value;
  if (typeof count !== "number" || count < 0) return undefined;
  const whole = Math.ceil(count);
  return Number.isSafeInteger(whole) ? BigInt(whole) : undefined;
}

const DIGITS = /^\d{1,16}(?:\.\d{1,16})?$/;
