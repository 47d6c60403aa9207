import { isObject, type Json, type JsonObject } from "../../../json/json.ts";

/** A schema without what the vendor refuses in any form, and the places of what is left out. */
export interface TakenSchema {
  /** The very object where nothing is left out. */
  readonly schema: JsonObject;
  /** Such as `/properties/url/format`. */
  readonly left: readonly string[];
}

/**
 * Takes out what the vendor answers with an error: formats that it does not know of a type, and
 * required names of properties that are not there. See
 * https://ai.google.dev/api/caching#Schema (2026-11), `format` and `required`.
 */
export function withoutRefused(root: JsonObject): TakenSchema {
  const left: string[] = [];
  return { schema: takeFrom(root, "", left), left };
}

function takeFrom(schema: JsonObject, path: string, left: string[]): JsonObject {
  const before = left.length;
  const kept = Object.entries(schema).flatMap(([key, value]): [string, Json][] => {
    const taken =
      value === undefined ? undefined : takeMember(schema, key, value, `${path}/${key}`, left);
    return taken === undefined ? [] : [[key, taken]];
  });
  return left.length === before ? schema : Object.fromEntries(kept);
}

/** Undefined: the member is left out. */
function takeMember(
  schema: JsonObject,
  key: string,
  value: Json,
  path: string,
  left: string[],
): Json | undefined {
  if (key === "format") return takeFormat(schema, value, path, left);
  if (key === "required") return takeRequired(schema, value, path, left);
  if (NAMED.has(key) && isObject(value)) return takeNamed(value, path, left);
  if (LISTED.has(key) && Array.isArray(value)) return takeList(value, path, left);
  return NESTED.has(key) && isObject(value) ? takeFrom(value, path, left) : value;
}

const formats: ReadonlyMap<string, readonly string[]> = new Map([
  ["string", ["enum", "date-time"]],
  ["number", ["float", "double"]],
  ["integer", ["int32", "int64"]],
]);

function takeFormat(
  { type }: JsonObject,
  value: Json,
  path: string,
  left: string[],
): Json | undefined {
  const types = Array.isArray(type) ? type : [type];
  const known = types.some(
    (name) =>
      typeof name === "string" &&
      typeof value === "string" &&
      formats.get(name.toLowerCase())?.includes(value) === true,
  );
  if (known) return value;
  left.push(path);
  return undefined;
}

/** Parts of a whole may well require what another part declares. */
const COMPOSED = ["$ref", "allOf", "anyOf", "oneOf", "if"] as const;

function takeRequired(
  schema: JsonObject,
  value: Json,
  path: string,
  left: string[],
): Json | undefined {
  const { properties, type } = schema;
  const whole = isObject(properties) || type === "object";
  if (!Array.isArray(value) || !whole || COMPOSED.some((key) => schema[key] !== undefined))
    return value;
  const declared = isObject(properties) ? properties : {};
  const kept: Json[] = [];
  for (const [at, name] of value.entries()) {
    if (typeof name !== "string" || Object.hasOwn(declared, name)) kept.push(name);
    else left.push(`${path}/${at}`);
  }
  if (kept.length === value.length) return value;
  return kept.length === 0 ? undefined : kept;
}

/** Keywords whose members are names of the caller's own, each with a schema. */
const NAMED: ReadonlySet<string> = new Set([
  "properties",
  "patternProperties",
  "dependentSchemas",
  "$defs",
  "definitions",
]);
const LISTED: ReadonlySet<string> = new Set(["anyOf", "oneOf", "allOf", "prefixItems", "items"]);
const NESTED: ReadonlySet<string> = new Set([
  "items",
  "additionalProperties",
  "not",
  "contains",
  "propertyNames",
  "if",
  "then",
  "else",
]);

function takeNamed(schemas: JsonObject, path: string, left: string[]): JsonObject {
  const before = left.length;
  const kept = Object.entries(schemas).map(
    ([name, schema]) =>
      [name, isObject(schema) ? takeFrom(schema, `${path}/${name}`, left) : schema] as const,
  );
  return left.length === before ? schemas : Object.fromEntries(kept);
}

function takeList(schemas: readonly Json[], path: string, left: string[]): readonly Json[] {
  const before = left.length;
  const kept = schemas.map((schema, at) =>
    isObject(schema) ? takeFrom(schema, `${path}/${at}`, left) : schema,
  );
  return left.length === before ? schemas : kept;
}
