import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Fault, FieldFault } from "../../core/fault.ts";
import type { Json, JsonObject } from "../../json/json.ts";
import { given } from "../../json/members.ts";

/** What is wrong with a request, in the order in which it was found. */
export interface Problems {
  readonly list: FieldFault[];
}

/** No problems yet. */
export function createProblems(): Problems {
  return { list: [] };
}

/**
 * Tells that a field is wrong; paths are those of the vendor's own messages, such as
 * `messages.0.content`.
 */
export function problem(problems: Problems, field: string, message: string): undefined {
  if (problems.list.length < MOST_PROBLEMS) problems.list.push({ field, message });
  return undefined;
}

const MOST_PROBLEMS = 100;

/** One fault that names every field. */
export function problemFault({ list }: Problems): Fault {
  const message = list.map((entry) => `${entry.field}: ${entry.message}`).join("; ");
  return { reason: ErrorReason.INVALID_REQUEST, message: message.slice(0, 4096), fields: list };
}

/** A member that must be a string where it is given. */
export function optionalString(
  problems: Problems,
  object: JsonObject,
  key: string,
  path: string,
): string | undefined {
  const value = object[key];
  if (!given(value)) return undefined;
  return typeof value === "string" ? value : problem(problems, path, "must be a string");
}

/** A member that must be a boolean where it is given. */
export function optionalBoolean(
  problems: Problems,
  object: JsonObject,
  key: string,
  path: string,
): boolean | undefined {
  const value = object[key];
  if (!given(value)) return undefined;
  return typeof value === "boolean" ? value : problem(problems, path, "must be true or false");
}

/** A member that must be a number within bounds where it is given. */
export function optionalNumber(
  problems: Problems,
  object: JsonObject,
  key: string,
  [least, most]: readonly [number, number],
): number | undefined {
  const value = object[key];
  if (!given(value)) return undefined;
  const fits = typeof value === "number" && value >= least && value <= most;
  return fits ? value : problem(problems, key, `must be a number from ${least} to ${most}`);
}

/** A member that must be a whole number within bounds where it is given. */
export function optionalInteger(
  problems: Problems,
  object: JsonObject,
  key: string,
  [least, most]: readonly [number, number],
  path: string = key,
): number | undefined {
  const value = object[key];
  if (!given(value)) return undefined;
  const fits =
    typeof value === "number" && Number.isInteger(value) && value >= least && value <= most;
  return fits ? value : problem(problems, path, `must be a whole number from ${least} to ${most}`);
}

/** What a value is, for messages; never its content. */
export function kindOfJson(value: Json | undefined): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  return Array.isArray(value)
    ? "a list"
    : `${typeof value === "object" ? "an" : "a"} ${typeof value}`;
}
