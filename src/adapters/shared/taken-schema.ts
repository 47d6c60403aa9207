import { isObject, type Json, type JsonObject } from "../../json/json.ts";

/** A schema without what the vendor refuses in any form, and the places of what is left out. */
export interface TakenSchema {
  /** The very object where nothing is left out. */
  readonly schema: JsonObject;
  /** Such as `/properties/url/format`. */
  readonly left: readonly string[];
}

/** The formats that a vendor knows of each type. */
export type KnownFormats = ReadonlyMap<string, readonly string[]>;

/**
 * Takes out of a JSON Schema what some vendors answer with an error: formats that they do not know
 * of a type, and required names of properties that are not there.
 */
export function withoutRefused(root: JsonObject, formats: KnownFormats): TakenSchema {
  const taking: Taking = { formats, left: [] };
  return { schema: takeFrom(root, "", taking), left: taking.left };
}

interface Taking {
  readonly formats: KnownFormats;
  readonly left: string[];
}

function takeFrom(schema: JsonObject, path: string, taking: Taking): JsonObject {
  const before = taking.left.length;
  const kept = Object.entries(schema).flatMap(([key, value]): [string, Json][] => {
    const taken =
      value === undefined ? undefined : takeMember(schema, key, value, `${path}/${key}`, taking);
    return taken === undefined ? [] : [[key, taken]];
  });
  return taking.left.length === before ? schema : Object.fromEntries(kept);
}

/** Undefined: the member is left out. */
function takeMember(
  schema: JsonObject,
  key: string,
  value: Json,
  path: string,
  taking: Taking,
): Json | undefined {
  if (key === "format") return takeFormat(schema, value, path, taking);
  if (key === "required") return takeRequired(schema, value, path, taking);
  if (NAMED.has(key) && isObject(value)) return takeNamed(value, path, taking);
  if (LISTED.has(key) && Array.isArray(value)) return takeList(value, path, taking);
  return NESTED.has(key) && isObject(value) ? takeFrom(value, path, taking) : value;
}

function takeFormat(
  { type }: JsonObject,
  value: Json,
  path: string,
  taking: Taking,
): Json | undefined {
  const types = Array.isArray(type) ? type : [type];
  const known = types.some(
    (name) =>
      typeof name === "string" &&
      typeof value === "string" &&
      taking.formats.get(name.toLowerCase())?.includes(value) === true,
  );
  if (known) return value;
  taking.left.push(path);
  return undefined;
}

/** Parts of a whole may well require what another part declares. */
const COMPOSED = ["$ref", "allOf", "anyOf", "oneOf", "if"] as const;

function takeRequired(
  schema: JsonObject,
  value: Json,
  path: string,
  taking: Taking,
): Json | undefined {
  const { properties, type } = schema;
  const whole = isObject(properties) || type === "object";
  if (!Array.isArray(value) || !whole || COMPOSED.some((key) => schema[key] !== undefined))
    return value;
  const declared = isObject(properties) ? properties : {};
  const kept: Json[] = [];
  for (const [at, name] of value.entries()) {
    if (typeof name !== "string" || Object.hasOwn(declared, name)) kept.push(name);
    else taking.left.push(`${path}/${at}`);
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

function takeNamed(schemas: JsonObject, path: string, taking: Taking): JsonObject {
  const before = taking.left.length;
  const kept = Object.entries(schemas).map(
    ([name, schema]) =>
      [name, isObject(schema) ? takeFrom(schema, `${path}/${name}`, taking) : schema] as const,
  );
  return taking.left.length === before ? schemas : Object.fromEntries(kept);
}

function takeList(schemas: readonly Json[], path: string, taking: Taking): readonly Json[] {
  const before = taking.left.length;
  const kept = schemas.map((schema, at) =>
    isObject(schema) ? takeFrom(schema, `${path}/${at}`, taking) : schema,
  );
  return taking.left.length === before ? schemas : kept;
}
