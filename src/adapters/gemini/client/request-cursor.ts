import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Fault, FieldFault } from "../../../core/fault.ts";
import { isObject, type Json, type JsonObject } from "../../../json/json.ts";

/** Reads a request and remembers what is wrong with it. */
export interface Reader {
  readonly problems: FieldFault[];
}

/** A reader that has found nothing wrong. */
export function createReader(): Reader {
  return { problems: [] };
}

/** One fault that names every field. */
export function readerFault({ problems }: Reader): Fault {
  const message = problems.map((entry) => `${entry.field}: ${entry.message}`).join("; ");
  return { reason: ErrorReason.INVALID_REQUEST, message: message.slice(0, 4096), fields: problems };
}

/** Tells that a field is wrong. */
export function problem({ problems }: Reader, field: string, message: string): undefined {
  if (problems.length < MOST_PROBLEMS) problems.push({ field, message });
  return undefined;
}

const MOST_PROBLEMS = 100;

/** The names of a member in both spellings that the vendor takes: `topP` and `top_p`. */
export function spellings(...keys: readonly string[]): ReadonlySet<string> {
  return new Set(keys.flatMap((key) => [key, snakeCase(key)]));
}

/** A member in either spelling; null and absent are undefined. */
export function memberOf(json: JsonObject, key: string): Exclude<Json, null> | undefined {
  return json[key] ?? json[snakeCase(key)] ?? undefined;
}

/** A member that must be a string where it is given. */
export function readString(
  reader: Reader,
  json: JsonObject,
  key: string,
  path: string,
): string | undefined {
  const value = memberOf(json, key);
  if (value === undefined || typeof value === "string") return value;
  return problem(reader, path, "must be a string");
}

/** A member that must be true or false where it is given. */
export function readBoolean(
  reader: Reader,
  json: JsonObject,
  key: string,
  path: string,
): boolean | undefined {
  const value = memberOf(json, key);
  if (value === undefined || typeof value === "boolean") return value;
  return problem(reader, path, "must be true or false");
}

/** A member that must be a number within bounds where it is given. */
export function readNumber(
  reader: Reader,
  json: JsonObject,
  key: string,
  [least, most]: readonly [number, number],
): number | undefined {
  const value = memberOf(json, key);
  if (value === undefined || (typeof value === "number" && value >= least && value <= most))
    return value;
  return problem(reader, `generationConfig.${key}`, `must be a number from ${least} to ${most}`);
}

/** As readNumber, for whole numbers. */
export function readInteger(
  reader: Reader,
  json: JsonObject,
  key: string,
  [least, most]: readonly [number, number],
): number | undefined {
  const value = readNumber(reader, json, key, [least, most]);
  if (value === undefined || Number.isInteger(value)) return value;
  return problem(reader, `generationConfig.${key}`, "must be a whole number");
}

/** A member that must be an object where it is given. */
export function readObject(
  reader: Reader,
  json: JsonObject,
  key: string,
  path: string,
): JsonObject | undefined {
  const value = memberOf(json, key);
  if (value === undefined || isObject(value)) return value;
  return problem(reader, path, "must be an object");
}

/** A member that must be a list where it is given; one object stands for a list of it. */
export function readList(
  reader: Reader,
  json: JsonObject,
  key: string,
  path: string,
): readonly Json[] {
  const value = memberOf(json, key);
  if (value === undefined) return [];
  if (Array.isArray(value)) return value;
  if (isObject(value)) return [value];
  problem(reader, path, "must be a list");
  return [];
}

function snakeCase(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
