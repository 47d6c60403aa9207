import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Decoded } from "../../../core/dialect.ts";
import type { FieldFault } from "../../../core/fault.ts";
import { isObject, type Json, type JsonObject } from "../../../json/json.ts";

/** What is wrong with a request, found as it is read. Lives for one request. */
export interface Reader {
  readonly faults: FieldFault[];
}

/** How many faults are told; the rest is not looked for in vain by the caller. */
const MAX_FAULTS = 64;

/** A reader that has found nothing wrong. */
export function createReader(): Reader {
  return { faults: [] };
}

/**
 * Notes that a field is wrong, by its path in the caller's own words, such as `messages[0].role`.
 */
export function blame(reader: Reader, field: string, message: string): undefined {
  if (reader.faults.length < MAX_FAULTS) reader.faults.push({ field, message });
  return undefined;
}

/** The value, or the fault that tells all that is wrong. */
export function verdict<T>({ faults }: Reader, value: T): Decoded<T> {
  if (faults.length === 0) return { ok: true, value };
  const message = faults.map((fault) => `${fault.field}: ${fault.message}`).join("; ");
  return {
    ok: false,
    fault: { reason: ErrorReason.INVALID_REQUEST, message: message.slice(0, 4096), fields: faults },
  };
}

/** The member, with null read as absent: clients send null for "not set". */
export function present(json: JsonObject, key: string): Json | undefined {
  return json[key] === null ? undefined : json[key];
}

/** An optional string. */
export function string(
  reader: Reader,
  json: JsonObject,
  key: string,
  path = key,
): string | undefined {
  const value = present(json, key);
  if (value === undefined || typeof value === "string") return value;
  return blame(reader, path, "must be a string");
}

/** A string that must be there, and not empty. */
export function words(reader: Reader, json: JsonObject, key: string, path = key): string {
  const value = string(reader, json, key, path);
  if (value === "" || (value === undefined && present(json, key) === undefined))
    blame(reader, path, "is required");
  return value ?? "";
}

/** An optional boolean. */
export function boolean(
  reader: Reader,
  json: JsonObject,
  key: string,
  path = key,
): boolean | undefined {
  const value = present(json, key);
  if (value === undefined || typeof value === "boolean") return value;
  return blame(reader, path, "must be true or false");
}

/** An optional number between bounds, both included. */
export function number(
  reader: Reader,
  json: JsonObject,
  key: string,
  low: number,
  high: number,
): number | undefined {
  const value = present(json, key);
  if (value === undefined) return undefined;
  if (typeof value === "number" && value >= low && value <= high) return value;
  return blame(reader, key, `must be a number from ${low} to ${high}`);
}

/** An optional whole number between bounds, both included. */
export function integer(
  reader: Reader,
  json: JsonObject,
  key: string,
  [low, high]: readonly [number, number],
  path = key,
): number | undefined {
  const value = present(json, key);
  if (value === undefined) return undefined;
  if (typeof value === "number" && Number.isInteger(value) && value >= low && value <= high)
    return value;
  return blame(reader, path, `must be a whole number from ${low} to ${high}`);
}

/** An optional object. */
export function object(
  reader: Reader,
  json: JsonObject,
  key: string,
  path = key,
): JsonObject | undefined {
  const value = present(json, key);
  if (value === undefined || isObject(value)) return value;
  return blame(reader, path, "must be an object");
}

/** An optional list; empty where it is absent. */
export function list(reader: Reader, json: JsonObject, key: string, path = key): readonly Json[] {
  const value = present(json, key);
  if (Array.isArray(value)) return value;
  if (value !== undefined) blame(reader, path, "must be a list");
  return [];
}

/** An optional list of strings; what is none is left out and told. */
export function strings(reader: Reader, json: JsonObject, key: string): string[] {
  return list(reader, json, key).flatMap((item, at) => {
    if (typeof item === "string") return [item];
    blame(reader, `${key}[${at}]`, "must be a string");
    return [];
  });
}
