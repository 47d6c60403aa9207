import { isObject, type Json, type JsonObject } from "../../json/json.ts";
import { sameJson } from "./same-json.ts";

/**
 * Whether a value follows a JSON Schema (https://json-schema.org/draft/2020-12). Undefined where
 * that cannot be told: the schema has a keyword that is not understood here, such as a pattern,
 * whose time nothing bounds, or takes more than 100,000 steps.
 */
export function followsSchema(schema: Json, value: Json): boolean | undefined {
  try {
    return new Judge(schema).follows(schema, value);
  } catch (error) {
    if (error === notTold) return undefined;
    throw error;
  }
}

const notTold = new Error("it cannot be told");
const maxSteps = 100_000;
/** References may go round in a circle. */
const maxDepth = 500;

/** What a keyword looks at. */
interface Context {
  readonly judge: Judge;
  /** The schema that the keyword is of. */
  readonly schema: JsonObject;
  readonly rule: Json | undefined;
  readonly value: Json;
}

type Keyword = (context: Context) => boolean;

class Judge {
  readonly #root: Json;
  #steps = 0;
  #depth = 0;

  constructor(root: Json) {
    this.#root = root;
  }

  follows(schema: Json | undefined, value: Json): boolean {
    if (typeof schema === "boolean") return schema;
    if (!isObject(schema) || this.#depth >= maxDepth) throw notTold;
    this.#depth += 1;
    const follows = this.#followsAll(schema, value);
    this.#depth -= 1;
    return follows;
  }

  #followsAll(schema: JsonObject, value: Json): boolean {
    for (const name of Object.keys(schema)) {
      if (annotations.has(name)) continue;
      const keyword = keywords.get(name);
      const rule = schema[name];
      this.#steps += Array.isArray(rule) ? 1 + rule.length : 1;
      if (keyword === undefined || this.#steps > maxSteps) throw notTold;
      if (!keyword({ judge: this, schema, rule, value })) return false;
    }
    return true;
  }

  /** The part of the schema that a reference within it names. */
  at(reference: Json | undefined): Json {
    if (typeof reference !== "string" || !reference.startsWith("#")) throw notTold;
    let found: Json | undefined = this.#root;
    for (const step of reference.slice(1).split("/").slice(1)) {
      const name = decodeURIComponent(step).replaceAll("~1", "/").replaceAll("~0", "~");
      found = isObject(found) && Object.hasOwn(found, name) ? found[name] : undefined;
    }
    if (found === undefined) throw notTold;
    return found;
  }
}

/** Keywords that say nothing of what is valid. */
const annotations: ReadonlySet<string> = new Set([
  "$schema",
  "$id",
  "$defs",
  "definitions",
  "$comment",
  "title",
  "description",
  "default",
  "examples",
  "format",
  "deprecated",
  "readOnly",
  "writeOnly",
]);

const types: Readonly<Record<string, (value: Json) => boolean>> = {
  object: isObject,
  array: Array.isArray,
  string: (value) => typeof value === "string",
  boolean: (value) => typeof value === "boolean",
  integer: Number.isInteger,
  number: (value) => typeof value === "number",
  null: (value) => value === null,
};

const keywords: ReadonlyMap<string, Keyword> = new Map<string, Keyword>([
  ["$ref", ({ judge, rule, value }) => judge.follows(judge.at(rule), value)],
  ["type", ({ rule, value }) => listOf(rule).some((one) => hasType(one, value))],
  ["enum", ({ rule, value }) => arrayOf(rule).some((one) => sameJson(one, value))],
  ["const", ({ rule, value }) => sameJson(rule, value)],
  ["allOf", ({ judge, rule, value }) => arrayOf(rule).every((one) => judge.follows(one, value))],
  ["anyOf", ({ judge, rule, value }) => arrayOf(rule).some((one) => judge.follows(one, value))],
  [
    "oneOf",
    ({ judge, rule, value }) =>
      arrayOf(rule).filter((one) => judge.follows(one, value)).length === 1,
  ],
  ["not", ({ judge, rule, value }) => !judge.follows(rule, value)],
  ["properties", followsProperties],
  ["required", ({ rule, value }) => !isObject(value) || arrayOf(rule).every(isIn(value))],
  ["additionalProperties", followsAdditional],
  ["minProperties", ({ rule, value }) => !isObject(value) || countOf(value) >= numberOf(rule)],
  ["maxProperties", ({ rule, value }) => !isObject(value) || countOf(value) <= numberOf(rule)],
  ["prefixItems", ({ judge, rule, value }) => followsPrefix(judge, arrayOf(rule), value)],
  ["items", followsItems],
  ["minItems", ({ rule, value }) => !Array.isArray(value) || value.length >= numberOf(rule)],
  ["maxItems", ({ rule, value }) => !Array.isArray(value) || value.length <= numberOf(rule)],
  [
    "minLength",
    ({ rule, value }) => typeof value !== "string" || lengthOf(value) >= numberOf(rule),
  ],
  [
    "maxLength",
    ({ rule, value }) => typeof value !== "string" || lengthOf(value) <= numberOf(rule),
  ],
  ["minimum", ({ rule, value }) => typeof value !== "number" || value >= numberOf(rule)],
  ["maximum", ({ rule, value }) => typeof value !== "number" || value <= numberOf(rule)],
  ["exclusiveMinimum", ({ rule, value }) => typeof value !== "number" || value > numberOf(rule)],
  ["exclusiveMaximum", ({ rule, value }) => typeof value !== "number" || value < numberOf(rule)],
]);

function followsProperties({ judge, rule, value }: Context): boolean {
  if (!isObject(rule)) throw notTold;
  if (!isObject(value)) return true;
  return Object.keys(rule).every(
    (name) => !Object.hasOwn(value, name) || judge.follows(rule[name], value[name] ?? null),
  );
}

function followsAdditional({ judge, schema, rule, value }: Context): boolean {
  if (!isObject(value)) return true;
  const { properties } = schema;
  return Object.keys(value).every((name) => {
    const isNamed = isObject(properties) && Object.hasOwn(properties, name);
    return isNamed || judge.follows(rule, value[name] ?? null);
  });
}

function followsPrefix(judge: Judge, schemas: readonly Json[], value: Json): boolean {
  if (!Array.isArray(value)) return true;
  return value.every((one, at) => schemas[at] === undefined || judge.follows(schemas[at], one));
}

/** Those after `prefixItems`. */
function followsItems({ judge, schema, rule, value }: Context): boolean {
  if (!Array.isArray(value)) return true;
  const first = Array.isArray(schema.prefixItems) ? schema.prefixItems.length : 0;
  return value.every((one, at) => at < first || judge.follows(rule, one));
}

function hasType(name: Json, value: Json): boolean {
  const is = typeof name === "string" && Object.hasOwn(types, name) ? types[name] : undefined;
  if (is === undefined) throw notTold;
  return is(value);
}

function isIn(value: JsonObject): (name: Json) => boolean {
  return (name) => typeof name === "string" && Object.hasOwn(value, name);
}

function listOf(rule: Json | undefined): readonly Json[] {
  return Array.isArray(rule) ? rule : [rule ?? null];
}

function arrayOf(rule: Json | undefined): readonly Json[] {
  if (!Array.isArray(rule)) throw notTold;
  return rule;
}

function numberOf(rule: Json | undefined): number {
  if (typeof rule !== "number") throw notTold;
  return rule;
}

function countOf(value: JsonObject): number {
  return Object.keys(value).length;
}

/** In characters of Unicode. */
function lengthOf(text: string): number {
  let length = 0;
  for (const _ of text) length += 1;
  return length;
}
