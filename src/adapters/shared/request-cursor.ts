import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Decoded } from "../../core/dialect.ts";
import { type FieldFault, MAX_FAULT_FIELDS } from "../../core/faults/fault.ts";
import { snakeCase } from "../../core/names/snake-case.ts";
import { isObject, type Json, type JsonObject } from "../../json/json.ts";
import { elementSources, memberSource, type Source, wholeSource } from "../../json/source-slice.ts";
import { besideOf, type RequestNotes } from "./notes/unknown-members.ts";

/** A value in a client's request: what it is, where it stands, and its exact bytes. */
export interface Cursor<T extends Json = JsonObject> {
  readonly json: T;
  /** In the caller's own words, such as `messages[0].content`. "": the request itself. */
  readonly path: string;
  readonly source: Source;
  readonly request: RequestReading;
}

/** What holds for a whole request while it is read. */
export interface RequestReading extends RequestNotes {
  /** What is wrong with it, in the order in which it was found. */
  readonly faults: FieldFault[];
  /** How an element of a list is named: `messages[0]`, or `messages.0` where it is dotted. */
  readonly dotted: boolean;
  /**
   * Whether members are read as Protobuf reads JSON: by `topP` or `top_p`, and one object stands
   * for a list of it.
   */
  readonly protobuf: boolean;
}

/** A cursor at a request. Nothing is wrong with it yet. */
export function openRequest(
  json: JsonObject,
  body: Uint8Array,
  { dotted = false, protobuf = false }: Partial<Pick<RequestReading, "dotted" | "protobuf">> = {},
): Cursor {
  const request = { faults: [], unknown: [], demands: [], dotted, protobuf };
  return { json, path: "", source: wholeSource(body), request };
}

/**
 * The value that was read, and what the request says beside it; or one fault that names every field
 * that is wrong.
 */
export function outcome<T>({ request }: Cursor<Json>, value: T): Decoded<T> {
  const { faults } = request;
  if (faults.length === 0) {
    const beside = besideOf(request);
    return beside === undefined ? { ok: true, value } : { ok: true, value, beside };
  }
  const message = faults.map((fault) => `${fault.field}: ${fault.message}`).join("; ");
  return {
    ok: false,
    fault: { reason: ErrorReason.INVALID_REQUEST, message: message.slice(0, 4096), fields: faults },
  };
}

/** Notes what is wrong with a member, or with the value itself where the key is "". */
export function problem(cursor: Cursor<Json>, key: string, message: string): undefined {
  const { faults } = cursor.request;
  if (faults.length < MAX_FAULT_FIELDS) faults.push({ field: pathOf(cursor, key), message });
  return undefined;
}

/** Notes that a member is missing. */
export function missing(cursor: Cursor<Json>, key: string): undefined {
  return problem(cursor, key, "is required");
}

/** A member as it is; null is read as absent, for clients send it for "not set". */
export function member({ json, request }: Cursor, key: string): Exclude<Json, null> | undefined {
  return json[key] ?? (request.protobuf ? json[keptSnakeCase(key)] : undefined) ?? undefined;
}

/** A cursor at a member, whatever it is; undefined where it is absent. */
export function at(cursor: Cursor, key: string): Cursor<Exclude<Json, null>> | undefined {
  const json = member(cursor, key);
  if (json === undefined) return undefined;
  const source = memberSource(cursor.source, spellingOf(cursor, key));
  return { json, path: pathOf(cursor, key), source, request: cursor.request };
}

/** The cursors of a list's elements; none where the value is no list. */
export function elements({ json, path, source, request }: Cursor<Json>): Cursor<Json>[] {
  if (!Array.isArray(json)) return [];
  const sourceAt = elementSources(source);
  return json.map((item: Json, index) => ({
    json: item,
    path: request.dotted ? `${path}.${index}` : `${path}[${index}]`,
    source: sourceAt(index),
    request,
  }));
}

/** Whether a cursor stands at an object. */
export function isAtObject(cursor: Cursor<Json>): cursor is Cursor {
  return isObject(cursor.json);
}

/** The cursor of a value that must be an object. */
export function asObject(cursor: Cursor<Json>): Cursor | undefined {
  return isAtObject(cursor) ? cursor : problem(cursor, "", "must be an object");
}

/** An optional string. */
export function string(cursor: Cursor, key: string): string | undefined {
  const value = member(cursor, key);
  if (value === undefined || typeof value === "string") return value;
  return problem(cursor, key, "must be a string");
}

/** A string that must be there; it may be empty. */
export function requiredString(cursor: Cursor, key: string): string {
  if (member(cursor, key) === undefined) missing(cursor, key);
  return string(cursor, key) ?? "";
}

/** A string that must be there and not empty. */
export function requiredName(cursor: Cursor, key: string): string {
  if (member(cursor, key) === "") missing(cursor, key);
  return requiredString(cursor, key);
}

/** An optional boolean. */
export function boolean(cursor: Cursor, key: string): boolean | undefined {
  const value = member(cursor, key);
  if (value === undefined || typeof value === "boolean") return value;
  return problem(cursor, key, "must be true or false");
}

/** The bounds of a number, both included. */
export type Bounds = readonly [low: number, high: number];

/** An optional number within bounds. */
export function number(cursor: Cursor, key: string, [low, high]: Bounds): number | undefined {
  const value = member(cursor, key);
  if (value === undefined) return undefined;
  if (typeof value === "number" && value >= low && value <= high) return value;
  return problem(cursor, key, `must be a number from ${low} to ${high}`);
}

/** An optional whole number within bounds. */
export function integer(cursor: Cursor, key: string, [low, high]: Bounds): number | undefined {
  const value = member(cursor, key);
  if (value === undefined) return undefined;
  if (typeof value === "number" && Number.isInteger(value) && value >= low && value <= high)
    return value;
  return problem(cursor, key, `must be a whole number from ${low} to ${high}`);
}

/** An optional word of a closed list. */
export function word<T>(cursor: Cursor, key: string, words: ReadonlyMap<string, T>): T | undefined {
  const value = member(cursor, key);
  if (value === undefined) return undefined;
  const found = typeof value === "string" ? words.get(value) : undefined;
  return found ?? problem(cursor, key, `must be one of ${[...words.keys()].join(", ")}`);
}

/** An optional object. */
export function object(cursor: Cursor, key: string): Cursor | undefined {
  const found = at(cursor, key);
  return found === undefined ? undefined : asObject(found);
}

/** An object that must be there. */
export function requiredObject(cursor: Cursor, key: string): Cursor | undefined {
  return member(cursor, key) === undefined ? missing(cursor, key) : object(cursor, key);
}

/** The elements of an optional list; none where it is absent. */
export function list(cursor: Cursor, key: string): Cursor<Json>[] {
  const found = at(cursor, key);
  if (found === undefined) return [];
  if (Array.isArray(found.json)) return elements(found);
  if (cursor.request.protobuf && isAtObject(found)) return [found];
  problem(cursor, key, "must be a list");
  return [];
}

/** The elements of a list that must be there and not empty. */
export function requiredList(cursor: Cursor, key: string): Cursor<Json>[] {
  const value = member(cursor, key);
  if (value === undefined) missing(cursor, key);
  if (Array.isArray(value) && value.length === 0) problem(cursor, key, "must not be empty");
  return list(cursor, key);
}

/** The elements that are objects; others are noted as wrong. */
export function objects(found: readonly Cursor<Json>[]): Cursor[] {
  const good: Cursor[] = [];
  for (const element of found) {
    const cursor = asObject(element);
    if (cursor !== undefined) good.push(cursor);
  }
  return good;
}

/** The strings of an optional list; what is none is noted as wrong. */
export function strings(cursor: Cursor, key: string): string[] {
  return list(cursor, key).flatMap((element) =>
    typeof element.json === "string"
      ? [element.json]
      : (problem(element, "", "must be a string") ?? []),
  );
}

/** The strings of an optional object by their keys; null is left out. */
export function stringMap(cursor: Cursor, key: string): Record<string, string> {
  const found = object(cursor, key);
  if (found === undefined) return {};
  const entries = Object.entries(found.json).flatMap(([name, value]) => {
    if (value !== null && typeof value !== "string") problem(found, name, "must be a string");
    return typeof value === "string" ? [[name, value] as const] : [];
  });
  return Object.fromEntries(entries);
}

/** The names of members in every spelling in which Protobuf reads them. */
export function spellings(...keys: readonly string[]): ReadonlySet<string> {
  return new Set(keys.flatMap((key) => [key, keptSnakeCase(key)]));
}

function pathOf(cursor: Cursor<Json>, key: string): string {
  const { path } = cursor;
  const spelled = spellingOf(cursor, key);
  if (path === "") return spelled;
  return key === "" ? path : `${path}.${spelled}`;
}

/** A member's name as the request has it; as the vendor documents it where it has none. */
function spellingOf({ json, request }: Cursor<Json>, key: string): string {
  if (!request.protobuf || !isObject(json) || (json[key] ?? null) !== null) return key;
  const snake = keptSnakeCase(key);
  return (json[snake] ?? null) === null ? key : snake;
}

/** Keys in snake case: nearly all are the facades' own, and are read at every element of a list. */
const snakeCases = new Map<string, string>();
const MAX_SNAKE_CASES = 1000;
/** Longer keys are a caller's. */
const MAX_KEPT_KEY = 64;

function keptSnakeCase(key: string): string {
  const known = snakeCases.get(key);
  if (known !== undefined) return known;
  const spelled = snakeCase(key);
  const isKept = key.length <= MAX_KEPT_KEY && snakeCases.size < MAX_SNAKE_CASES;
  if (isKept) snakeCases.set(key, spelled);
  return spelled;
}
