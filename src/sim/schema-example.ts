import {
  arrayAt,
  isObject,
  type Json,
  type JsonObject,
  numberAt,
  objectAt,
  stringAt,
} from "../json/json.ts";

/**
 * A value that fits a JSON Schema, always the same for the same schema: `const`, the first of
 * `enum`, `default`, the first of `anyOf` and `oneOf`, `allOf` merged, `$ref` within the document,
 * objects with their required properties (all of them where the schema does not say which), arrays
 * of `minItems`, the least number in range, texts named after their property and of a length in
 * range, dates and the like by `format`. `pattern`, `not` and conditions are not obeyed.
 */
export function schemaExample(schema: Json | undefined, name = "text"): Json {
  return example({ root: schema, depth: 0, room: { left: MAX_SIZE } }, schema, name);
}

interface Place {
  readonly root: Json | undefined;
  readonly depth: number;
  /** What the whole value may still hold. */
  readonly room: { left: number };
}

/** A schema that needs itself ends in null at this depth. */
const DEEPEST = 16;
const LONGEST = 10_000;

/**
 * Values and characters of an example, and what is read of the schema for them; beyond it there are
 * nulls. References and lists in lists make a small schema stand for more than any memory holds.
 */
const MAX_SIZE = 200_000;

function example(place: Place, schema: Json | undefined, name: string): Json {
  const { root, depth, room } = place;
  room.left -= 1;
  if (!isObject(schema) || depth > DEEPEST || room.left < 0) return null;
  const deeper = { root, depth: depth + 1, room };
  const fixed = fixedValue(schema);
  if (fixed !== undefined) return taken(place, fixed);
  const reference = stringAt(schema, "$ref");
  if (reference !== undefined) {
    room.left -= reference.length;
    return example(deeper, resolve(root, reference), name);
  }
  const [branch] = arrayAt(schema, "anyOf") ?? arrayAt(schema, "oneOf") ?? [];
  if (branch !== undefined) return example(deeper, branch, name);
  const all = arrayAt(schema, "allOf");
  if (all !== undefined) return example(deeper, merged(place, schema, all), name);
  return typed(deeper, schema, name);
}

function fixedValue(schema: JsonObject): Json | undefined {
  if (schema.const !== undefined) return schema.const;
  const [first] = arrayAt(schema, "enum") ?? [];
  return first === undefined ? schema.default : first;
}

/** A value of the schema as it is, where there is room for it. */
function taken({ room }: Place, value: Json): Json {
  room.left -= sizeOf(value);
  return room.left < 0 ? null : value;
}

/** About how many characters a value has. */
function sizeOf(value: Json | undefined): number {
  if (typeof value === "string") return value.length + 1;
  if (typeof value !== "object" || value === null) return 1;
  return Object.entries(value).reduce((size, [key, inner]) => size + key.length + sizeOf(inner), 1);
}

function typed(place: Place, schema: JsonObject, name: string): Json {
  switch (typeOf(schema)) {
    case "object":
      return objectExample(place, schema);
    case "array": {
      const length = Math.min(numberAt(schema, "minItems") ?? 0, LONGEST);
      const prefix = arrayAt(schema, "prefixItems") ?? [];
      return Array.from({ length: Math.max(length, prefix.length) }, (_, at) =>
        example(place, prefix[at] ?? schema.items, name),
      );
    }
    case "integer":
    case "number":
      return minNumber(schema);
    case "boolean":
      return true;
    case "null":
      return null;
    default:
      return taken(place, textExample(schema, name));
  }
}

function typeOf(schema: JsonObject): Json | undefined {
  const type = schema.type;
  const first = Array.isArray(type) ? type.find((it) => it !== "null") : type;
  if (first !== undefined) return first;
  if (schema.properties !== undefined || schema.required !== undefined) return "object";
  return schema.items === undefined ? "string" : "array";
}

function objectExample(place: Place, schema: JsonObject): JsonObject {
  const properties = objectAt(schema, "properties") ?? {};
  const names = arrayAt(schema, "required") ?? Object.keys(properties);
  const members = names
    .filter((it) => typeof it === "string")
    .map((name): [string, Json] => {
      const property = Object.hasOwn(properties, name) ? properties[name] : {};
      place.room.left -= name.length;
      return [name, example(place, property, name)];
    });
  return Object.fromEntries(members);
}

function minNumber(schema: JsonObject): number {
  const step = numberAt(schema, "multipleOf") ?? 1;
  const above = numberAt(schema, "exclusiveMinimum");
  const min = numberAt(schema, "minimum") ?? (above === undefined ? undefined : above + step);
  const below = numberAt(schema, "exclusiveMaximum");
  const max = numberAt(schema, "maximum") ?? (below === undefined ? undefined : below - step);
  if (min !== undefined) return Math.ceil(min / step) * step;
  return max !== undefined && max < step ? Math.floor(max / step) * step : step;
}

const byFormat: Readonly<Record<string, string>> = {
  date: "2025-01-31",
  time: "12:00:00Z",
  "date-time": "2025-01-31T12:00:00Z",
  duration: "PT1H",
  email: "user@example.com",
  hostname: "example.com",
  uri: "https://example.com/",
  uuid: "00000000-0000-4000-8000-000000000000",
  ipv4: "192.0.2.1",
  ipv6: "2001:db8::1",
};

function textExample(schema: JsonObject, name: string): string {
  const format = stringAt(schema, "format") ?? "";
  const known = Object.hasOwn(byFormat, format) ? byFormat[format] : undefined;
  if (known !== undefined) return known;
  const shortest = Math.min(numberAt(schema, "minLength") ?? 0, LONGEST);
  return name
    .padEnd(shortest, name === "" ? "a" : name)
    .slice(0, numberAt(schema, "maxLength") ?? undefined);
}

/** A JSON pointer of the form `#/a/b`; undefined where it leads nowhere. */
function resolve(root: Json | undefined, reference: string): Json | undefined {
  if (reference === "#") return root;
  if (!reference.startsWith("#/")) return undefined;
  let place = root;
  for (const step of reference.slice(2).split("/")) {
    const key = step.replaceAll("~1", "/").replaceAll("~0", "~");
    place = isObject(place) && Object.hasOwn(place, key) ? place[key] : undefined;
  }
  return place;
}

/** The rules of all branches as one schema; of two that say the same, the later holds. */
function merged({ root, room }: Place, schema: JsonObject, all: readonly Json[]): JsonObject {
  const { allOf: _, ...own } = schema;
  const rules: JsonObject[] = [own];
  for (const branch of all) {
    const reference = isObject(branch) ? stringAt(branch, "$ref") : undefined;
    const named = reference === undefined ? branch : resolve(root, reference);
    if (isObject(named)) rules.push(named);
  }
  const properties = rules.flatMap((rule) => Object.entries(objectAt(rule, "properties") ?? {}));
  const required = rules.flatMap((rule) => arrayAt(rule, "required") ?? []);
  const members = rules.flatMap((rule) => Object.entries(rule));
  room.left -= members.length + properties.length + required.length;
  const whole: JsonObject = Object.fromEntries(members);
  return rules.length === 1
    ? whole
    : { ...whole, properties: Object.fromEntries(properties), required };
}
