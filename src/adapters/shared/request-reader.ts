import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Decoded } from "../../core/dialect.ts";
import { type FieldFault, MAX_FAULT_FIELDS } from "../../core/fault.ts";
import { isObject, type Json, type JsonObject } from "../../json/json.ts";

/** What is wrong with a request, found as it is read. Lives for one request. */
export interface Reader {
  readonly faults: FieldFault[];
}

/** A reader that has found nothing wrong. */
export function createReader(): Reader {
  return { faults: [] };
}

/**
 * Notes that a field is wrong, by its path in the caller's own words, such as `messages[0].role`.
 */
export function blame(reader: Reader, field: string, message: string): void {
  if (reader.faults.length < MAX_FAULT_FIELDS) reader.faults.push({ field, message });
}

/** The value, or the fault that tells all that is wrong. */
export function outcome<T>(reader: Reader, value: T): Decoded<T> {
  const { faults } = reader;
  if (faults.length === 0) return { ok: true, value };
  const message = faults.map((fault) => `${fault.field}: ${fault.message}`).join("; ");
  return {
    ok: false,
    fault: { reason: ErrorReason.INVALID_REQUEST, message: message.slice(0, 4096), fields: faults },
  };
}

/** The member, with null read as absent: clients send null for "not set". */
export function present(json: JsonObject, key: string): Json | undefined {
  const value = json[key];
  return value === null ? undefined : value;
}

/** The path of a member below another path. */
export function under(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}

/** An optional string. */
export function string(
  reader: Reader,
  json: JsonObject,
  key: string,
  path = "",
): string | undefined {
  const value = present(json, key);
  if (value === undefined || typeof value === "string") return value;
  blame(reader, under(path, key), "must be a string");
  return undefined;
}

/** An optional boolean. */
export function boolean(
  reader: Reader,
  json: JsonObject,
  key: string,
  path = "",
): boolean | undefined {
  const value = present(json, key);
  if (value === undefined || typeof value === "boolean") return value;
  blame(reader, under(path, key), "must be a boolean");
  return undefined;
}

/** An optional number between bounds, both included. */
export function number(
  reader: Reader,
  json: JsonObject,
  key: string,
  low: number,
  high: number,
  path = "",
): number | undefined {
  const value = present(json, key);
  if (value === undefined) return undefined;
  if (typeof value === "number" && value >= low && value <= high) return value;
  blame(reader, under(path, key), `must be a number from ${low} to ${high}`);
  return undefined;
}

/** An optional integer between bounds, both included. */
export function integer(
  reader: Reader,
  json: JsonObject,
  key: string,
  low: number,
  high: number,
  path = "",
): number | undefined {
  const value = present(json, key);
  if (value === undefined) return undefined;
  if (typeof value === "number" && Number.isInteger(value) && value >= low && value <= high)
    return value;
  blame(reader, under(path, key), `must be an integer from ${low} to ${high}`);
  return undefined;
}

/** An optional object. */
export function object(
  reader: Reader,
  json: JsonObject,
  key: string,
  path = "",
): JsonObject | undefined {
  const value = present(json, key);
  if (value === undefined || isObject(value)) return value;
  blame(reader, under(path, key), "must be an object");
  return undefined;
}

/** An optional array. */
export function array(
  reader: Reader,
  json: JsonObject,
  key: string,
  path = "",
): readonly Json[] | undefined {
  const value = present(json, key);
  if (value === undefined || Array.isArray(value)) return value;
  blame(reader, under(path, key), "must be an array");
  return undefined;
}

/** An optional word of a closed list. */
export function word<T>(
  reader: Reader,
  json: JsonObject,
  key: string,
  words: ReadonlyMap<string, T>,
  path = "",
): T | undefined {
  const value = present(json, key);
  if (value === undefined) return undefined;
  const found = typeof value === "string" ? words.get(value) : undefined;
  if (found === undefined)
    blame(reader, under(path, key), `must be one of ${[...words.keys()].join(", ")}`);
  return found;
}

/** A name that must be there. */
export function requiredName(reader: Reader, json: JsonObject, path: string): string {
  const name = string(reader, json, "name", path);
  if (name === undefined || name === "") blame(reader, under(path, "name"), "is required");
  return name ?? "";
}
