import type { JsonSchema } from "../../scripts/generate-config-schema.ts";

/**
 * The paths at which a value breaks a JSON Schema; covers exactly the keywords
 * that the config's schema uses, and throws on any other.
 */
export function checkJsonSchema(
  root: JsonSchema,
  value: unknown,
  schema: JsonSchema = root,
  path = "$",
): readonly string[] {
  return Object.entries(schema).flatMap(([keyword, rule]) => {
    const check = keywords[keyword];
    if (check === undefined) throw new Error(`the keyword ${keyword} is not covered`);
    return check({ root, schema, rule, value, path });
  });
}

interface Check {
  readonly root: JsonSchema;
  readonly schema: JsonSchema;
  readonly rule: unknown;
  readonly value: unknown;
  readonly path: string;
}

type Keyword = (check: Check) => readonly string[];

const types: Readonly<Record<string, (value: unknown) => boolean>> = {
  object: isObject,
  array: Array.isArray,
  string: (value) => typeof value === "string",
  boolean: (value) => typeof value === "boolean",
  integer: Number.isInteger,
  number: Number.isFinite,
};

const keywords: Readonly<Record<string, Keyword>> = {
  $schema: silent,
  $defs: silent,
  title: silent,
  description: silent,
  $ref: ({ root, rule, value, path }) => checkJsonSchema(root, value, follow(root, rule), path),
  type: when(({ rule, value }) => types[String(rule)]?.(value) === true),
  enum: when(({ rule, value }) => Array.isArray(rule) && rule.includes(value)),
  pattern: when(
    ({ rule, value }) => typeof value !== "string" || new RegExp(String(rule), "u").test(value),
  ),
  minLength: when(
    ({ rule, value }) => typeof value !== "string" || [...value].length >= Number(rule),
  ),
  maxLength: when(
    ({ rule, value }) => typeof value !== "string" || [...value].length <= Number(rule),
  ),
  minimum: when(({ rule, value }) => typeof value !== "number" || value >= Number(rule)),
  maximum: when(({ rule, value }) => typeof value !== "number" || value <= Number(rule)),
  minItems: when(({ rule, value }) => !Array.isArray(value) || value.length >= Number(rule)),
  maxItems: when(({ rule, value }) => !Array.isArray(value) || value.length <= Number(rule)),
  uniqueItems: when(({ value }) => !Array.isArray(value) || new Set(value).size === value.length),
  minProperties: when(
    ({ rule, value }) => !isObject(value) || Object.keys(value).length >= Number(rule),
  ),
  maxProperties: when(
    ({ rule, value }) => !isObject(value) || Object.keys(value).length <= Number(rule),
  ),
  required: when(
    ({ rule, value }) =>
      !isObject(value) || (Array.isArray(rule) && rule.every((name) => name in value)),
  ),
  not: ({ root, rule, value, path }) =>
    checkJsonSchema(root, value, asSchema(rule), path).length === 0 ? [path] : [],
  anyOf: when((check) => countFitting(check) > 0),
  oneOf: when((check) => countFitting(check) === 1),
  items: ({ root, rule, value, path }) =>
    Array.isArray(value)
      ? value.flatMap((item, index) =>
          checkJsonSchema(root, item, asSchema(rule), `${path}[${index}]`),
        )
      : [],
  properties: ({ root, rule, value, path }) =>
    isObject(value)
      ? Object.entries(asSchema(rule)).flatMap(([name, inner]) =>
          name in value
            ? checkJsonSchema(root, value[name], asSchema(inner), `${path}.${name}`)
            : [],
        )
      : [],
  propertyNames: ({ root, rule, value, path }) =>
    isObject(value)
      ? Object.keys(value).flatMap((name) =>
          checkJsonSchema(root, name, asSchema(rule), `${path}.${name}`),
        )
      : [],
  additionalProperties: ({ root, schema, rule, value, path }) => {
    if (!isObject(value)) return [];
    const others = Object.keys(value).filter(
      (name) => !(name in asSchema(schema.properties ?? {})),
    );
    if (rule === false) return others.map((name) => `${path}.${name}`);
    return others.flatMap((name) =>
      checkJsonSchema(root, value[name], asSchema(rule), `${path}.${name}`),
    );
  },
};

/** How many of the schemas of a rule a value fits. */
function countFitting({ root, rule, value, path }: Check): number {
  const schemas = Array.isArray(rule) ? rule : [];
  return schemas.filter((one) => checkJsonSchema(root, value, asSchema(one), path).length === 0)
    .length;
}

function silent(): readonly string[] {
  return [];
}

function when(holds: (check: Check) => boolean): Keyword {
  return (check) => (holds(check) ? [] : [check.path]);
}

function follow(root: JsonSchema, ref: unknown): JsonSchema {
  return asSchema(asSchema(root.$defs)[String(ref).replace("#/$defs/", "")]);
}

function asSchema(value: unknown): JsonSchema {
  if (!isObject(value)) throw new Error("a schema is not an object");
  return value;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
