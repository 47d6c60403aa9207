import { isObject, type Json, type JsonObject } from "../../../json/json.ts";
import type { Body } from "../../../json/members.ts";
import type { Writable } from "../../../json/write.ts";
import { isolateUnion } from "../../tools/lone-union.ts";

/**
 * A schema in the vendor's words, and what of it those cannot say: places and keywords such as
 * `/properties/a/not`.
 */
export interface ConvertedSchema {
  readonly schema: Body;
  readonly lost: readonly string[];
}

/**
 * JSON Schema as the vendor's `Schema`, a subset of OpenAPI 3.0: references put in place, `null`
 * written as `nullable`, unions by `anyOf` alone, `const` by an `enum` of one, `propertyOrdering` kept
 * and, with `ordered`, added where there is none. That an object is closed is what the vendor takes
 * for granted. See https://ai.google.dev/api/caching#Schema (2026-11).
 */
export function convertSchema(
  root: JsonObject,
  ordered: boolean,
  allowance: CopyAllowance = createCopyAllowance(),
): ConvertedSchema {
  const { schema, remaining } = inlineRefs(root, allowance);
  const lost = remaining.map((place) => `${place === "/" ? "" : place}/$ref`);
  const context = { lost, ordered, copies: { left: MAX_COPIES } };
  return { schema: convert(isObject(schema) ? schema : {}, "", context), lost };
}

interface Context {
  readonly lost: string[];
  readonly ordered: boolean;
  /** How many members may still be copied into the alternatives of unions. */
  readonly copies: { left: number };
}

const MAX_COPIES = 10_000;

/** A schema being written. */
interface Draft extends Context {
  readonly body: Body;
  readonly path: string;
}

/** Keywords that both have and that mean the same. */
const SAME: ReadonlySet<string> = new Set([
  "title",
  "description",
  "format",
  "default",
  "example",
  "minItems",
  "maxItems",
  "minLength",
  "maxLength",
  "minProperties",
  "maxProperties",
  "minimum",
  "maximum",
  "pattern",
  "required",
  "propertyOrdering",
  "nullable",
]);

/** Keywords that say nothing about what is valid. */
const SILENT: ReadonlySet<string> = new Set([
  "$schema",
  "$id",
  "$comment",
  "$anchor",
  "examples",
  "readOnly",
  "writeOnly",
  "deprecated",
]);

const TYPES: ReadonlySet<string> = new Set([
  "string",
  "number",
  "integer",
  "boolean",
  "array",
  "object",
]);

function convert(schema: JsonObject, path: string, context: Context): Body {
  const body: Body = {};
  const draft: Draft = { ...context, body, path };
  addType(draft, schema);
  for (const [key, value] of Object.entries(schema)) {
    if (value === undefined || key === "type") continue;
    if (SAME.has(key)) body[key] = value satisfies Writable;
    else if (!addKeyword(draft, key, value) && !SILENT.has(key))
      context.lost.push(`${path}/${key}`);
  }
  addOrdering(body, schema, context);
  addMissing(draft);
  for (const key of isolateUnion(body, context.copies)) context.lost.push(`${path}/${key}`);
  return body;
}

/**
 * What the vendor demands and the schema leaves open: items of a list, a type, properties of what
 * is required. Any text stands in for what may be anything.
 */
function addMissing({ body, path, lost }: Draft): void {
  if (body.type === "OBJECT" && body.properties === undefined && path !== "")
    lost.push(`${path}/properties`);
  if (body.type === "ARRAY" && body.items === undefined) {
    lost.push(`${path}/items`);
    body.items = { type: "STRING" };
  }
  if (body.type === undefined && body.anyOf === undefined && path !== "") {
    lost.push(`${path}/type`);
    body.type = "STRING";
  }
  for (const key of ["required", "propertyOrdering"]) keepDeclared(body, key, path, lost);
}

function keepDeclared(body: Body, key: string, path: string, lost: string[]): void {
  const names = body[key];
  if (!Array.isArray(names)) return;
  const { properties } = body;
  const declared = typeof properties === "object" && properties !== null ? properties : {};
  const kept = names.filter((name) => typeof name === "string" && Object.hasOwn(declared, name));
  if (kept.length === names.length) return;
  if (key === "required") lost.push(`${path}/${key}`);
  if (kept.length > 0) body[key] = kept;
  else delete body[key];
}

/** One type, or a union of types; `null` makes it nullable. */
function addType({ body, path, lost }: Draft, schema: JsonObject): void {
  const { type } = schema;
  const names = (Array.isArray(type) ? type : [type]).filter((name) => typeof name === "string");
  const [first, ...others] = names
    .map((name) => name.toLowerCase())
    .filter((name) => name !== "null");
  if (names.includes("null")) body.nullable = true;
  if (first === undefined) {
    if (names.length > 0) lost.push(`${path}/type`);
    else if (isObject(schema.properties)) body.type = "OBJECT";
    return;
  }
  if (![first, ...others].every((name) => TYPES.has(name))) lost.push(`${path}/type`);
  if (others.length === 0) body.type = first.toUpperCase();
  else body.anyOf = [first, ...others].map((name) => ({ type: name.toUpperCase() }));
}

/** False: the vendor has no such keyword. */
function addKeyword(draft: Draft, key: string, value: Json): boolean {
  const { body, path } = draft;
  switch (key) {
    case "properties":
      return addProperties(draft, value);
    case "items":
      if (!isObject(value)) return value === true;
      body.items = convert(value, `${path}/items`, draft);
      return true;
    case "anyOf":
    case "oneOf":
      return Array.isArray(value) && addUnion({ ...draft, path: `${path}/${key}` }, value);
    case "allOf":
      return Array.isArray(value) && addOnly(draft, value);
    case "enum":
      return Array.isArray(value) && addEnum(body, value);
    case "const":
      return addEnum(body, [value]);
    case "additionalProperties":
      return value === false;
    default:
      return false;
  }
}

/**
 * Members of `properties` are names of the caller's own, whatever they are called. The vendor
 * refuses an empty list.
 */
function addProperties(draft: Draft, value: Json): boolean {
  if (!isObject(value)) return false;
  if (Object.keys(value).length === 0) return true;
  draft.body.properties = Object.fromEntries(
    Object.entries(value).map(([name, schema]) => {
      const place = `${draft.path}/properties/${name}`;
      if (!isObject(schema)) draft.lost.push(place);
      return [name, isObject(schema) ? convert(schema, place, draft) : {}];
    }),
  );
  return true;
}

/** `null` among the alternatives makes the rest nullable; a single rest takes the union's place. */
function addUnion(draft: Draft, list: readonly Json[]): boolean {
  const { body, path } = draft;
  if (body.anyOf !== undefined) return false;
  const rest = list.filter((schema) => !(isObject(schema) && schema.type === "null"));
  if (rest.length < list.length) body.nullable = true;
  const schemas = rest.filter(isObject);
  if (schemas.length < rest.length || rest.length === 0) return false;
  const [only] = schemas;
  if (schemas.length === 1 && only !== undefined) {
    takeOver(body, convert(only, `${path}/0`, draft));
    return true;
  }
  body.anyOf = schemas.map((schema, at) => convert(schema, `${path}/${at}`, draft));
  return true;
}

/** All of one is that one. */
function addOnly({ body, path, ...context }: Draft, list: readonly Json[]): boolean {
  const [only] = list;
  if (list.length !== 1 || !isObject(only)) return false;
  takeOver(body, convert(only, `${path}/allOf/0`, context));
  return true;
}

/** What stands beside wins, as a description beside a reference does. */
function takeOver(body: Body, inner: Body): void {
  for (const [key, value] of Object.entries(inner)) body[key] ??= value;
}

/** The vendor's enumerations are of strings. */
function addEnum(body: Body, values: readonly Json[]): boolean {
  const words = values.filter((value) => value !== null);
  if (words.length < values.length) body.nullable = true;
  if (!words.every((value) => typeof value === "string")) return false;
  if (words.length > 0) body.enum = words;
  if (words.length > 0) body.type ??= "STRING";
  return words.length > 0 && !words.includes("");
}

/** Older models answer in the order of the alphabet unless `propertyOrdering` sets another. */
function addOrdering(body: Body, schema: JsonObject, { ordered }: Context): void {
  const properties = schema.properties;
  if (!ordered || !isObject(properties) || body.propertyOrdering !== undefined) return;
  const names = Object.keys(properties);
  if (names.length > 1) body.propertyOrdering = names;
}

/**
 * How much references may still copy, in characters. One for all tools of a request: many small
 * texts must not become a huge one.
 */
export interface CopyAllowance {
  left: number;
}

/** What the references of a request may copy. */
export function createCopyAllowance(): CopyAllowance {
  return { left: 2_000_000 };
}

/** What a schema costs that is copied, beside its characters. */
const SCHEMA_COST = 32;

/**
 * Schemas within schemas, those that references name included: a chain of references must not
 * overflow the stack.
 */
const MAX_DEPTH = 512;

/**
 * A schema without references within itself, and where references remain: cycles, other documents,
 * names of nothing, and those that would copy too much or lead too deep.
 */
interface Inlined {
  readonly schema: Json;
  readonly remaining: readonly string[];
}

/**
 * Puts what `$ref` names in its place, with the members beside the reference over it, and takes
 * `$defs` and `definitions` away.
 */
function inlineRefs(root: Json, allowance: CopyAllowance): Inlined {
  const remaining: string[] = [];
  /** The references that are being followed. */
  const open = new Set<string>();
  const copy = (cost: number): void => {
    if (open.size > 0) allowance.left -= cost;
  };

  function walk(schema: Json, path: string, depth: number): Json {
    if (!isObject(schema)) return schema;
    copy(SCHEMA_COST);
    const ref = schema.$ref;
    if (typeof ref === "string") return follow(schema, ref, path, depth);
    const entries = Object.entries(schema).flatMap(([key, value]): [string, Json][] => {
      if (value === undefined || key === "$defs" || key === "definitions") return [];
      copy(key.length);
      return [[key, walkMember(key, value, `${path}/${key}`, depth + 1)]];
    });
    return Object.fromEntries(entries);
  }

  function follow(schema: JsonObject, ref: string, path: string, depth: number): Json {
    copy(ref.length);
    const target =
      open.has(ref) || allowance.left <= 0 || depth > MAX_DEPTH ? undefined : resolve(root, ref);
    if (target === undefined) {
      remaining.push(path === "" ? "/" : path);
      return withoutRef(schema);
    }
    open.add(ref);
    const found = walk(target, path, depth + 1);
    open.delete(ref);
    const beside = walk(withoutRef(schema), path, depth + 1);
    return isObject(found) && isObject(beside) ? { ...found, ...beside } : found;
  }

  function walkMember(key: string, value: Json, path: string, depth: number): Json {
    if (NAMED.has(key) && isObject(value)) {
      return Object.fromEntries(
        Object.entries(value).map(([name, schema]) => {
          copy(name.length);
          return [name, walk(schema ?? null, `${path}/${name}`, depth)];
        }),
      );
    }
    if (Array.isArray(value) && LISTED.has(key)) {
      return value.map((schema, at) => walk(schema, `${path}/${at}`, depth));
    }
    if (NESTED.has(key) && !Array.isArray(value)) return walk(value, path, depth);
    if (open.size > 0) copy(sizeOf(value));
    return value;
  }

  return { schema: walk(root, "", 0), remaining };
}

/** About how many characters a value has that is copied as it is, such as an `enum`. */
function sizeOf(value: Json | undefined): number {
  if (typeof value === "string") return value.length + 1;
  if (typeof value !== "object" || value === null) return 1;
  return Object.entries(value).reduce((size, [key, inner]) => size + key.length + sizeOf(inner), 1);
}

/**
 * Keywords whose members are names of the caller's own: a property may well be called `$ref` or
 * `properties`.
 */
const NAMED: ReadonlySet<string> = new Set(["properties", "patternProperties", "dependentSchemas"]);
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

function withoutRef(schema: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(schema).filter(
      ([key]) => key !== "$ref" && key !== "$defs" && key !== "definitions",
    ),
  );
}

/** A JSON pointer (RFC 6901) into the same document. */
function resolve(root: Json, ref: string): Json | undefined {
  if (ref !== "#" && !ref.startsWith("#/")) return undefined;
  let now: Json | undefined = root;
  for (const step of ref === "#" ? [] : ref.slice(2).split("/")) {
    const key = unescapeUri(step).replaceAll("~1", "/").replaceAll("~0", "~");
    if (Array.isArray(now)) now = now[Number(key)];
    else if (isObject(now) && Object.hasOwn(now, key)) now = now[key];
    else return undefined;
  }
  return now;
}

function unescapeUri(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
