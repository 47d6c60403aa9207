import { asArray, asNumber, asObject, asString, type Json, type JsonObject } from "./json-value.ts";

/**
 * The simplest value that is valid for a JSON Schema of the kind vendors accept for structured
 * output: objects with all their properties, arrays of `minItems` (at least one), the first of
 * `enum`, `anyOf` and `oneOf`, local `$ref`s.
 */
export function schemaExample(
  schema: Json | undefined,
  root: Json | undefined = schema,
  depth = 0,
): Json {
  const rules = asObject(schema);
  // A recursive schema ends in null at this depth.
  if (rules === undefined || depth > 12) return null;
  if (rules.const !== undefined) return rules.const;
  const fixed = asArray(rules.enum)[0];
  if (fixed !== undefined) return fixed;
  const reference = asString(rules.$ref);
  if (reference !== undefined) return schemaExample(resolve(reference, root), root, depth + 1);
  const choice = asArray(rules.anyOf)[0] ?? asArray(rules.oneOf)[0];
  if (choice !== undefined) return schemaExample(choice, root, depth + 1);
  const all = asArray(rules.allOf).map(asObject);
  if (all.length > 0) return schemaExample(Object.assign({}, ...all), root, depth + 1);
  return typedExample(typeOf(rules), rules, root, depth);
}

function typedExample(
  type: string,
  rules: JsonObject,
  root: Json | undefined,
  depth: number,
): Json {
  switch (type) {
    case "object":
      return Object.fromEntries(
        Object.entries(asObject(rules.properties) ?? {}).map(([key, value]) => [
          key,
          schemaExample(value, root, depth + 1),
        ]),
      );
    case "array":
      return Array.from({ length: Math.max(1, asNumber(rules.minItems) ?? 1) }, () =>
        schemaExample(rules.items, root, depth + 1),
      );
    case "integer":
    case "number":
      return asNumber(rules.minimum) ?? (asNumber(rules.exclusiveMinimum) ?? 6) + 1;
    case "boolean":
      return true;
    case "string":
      return stringExample(rules);
    default:
      return null;
  }
}

function typeOf(rules: JsonObject): string {
  const type = asString(rules.type) ?? asString(asArray(rules.type)[0]);
  return type ?? (rules.properties === undefined ? "null" : "object");
}

function stringExample(rules: JsonObject): string {
  const formats: Readonly<Record<string, string>> = {
    "date-time": "2026-01-02T03:04:05Z",
    date: "2026-01-02",
    time: "03:04:05Z",
    email: "someone@example.com",
    uri: "https://example.com/",
    uuid: "00000000-0000-4000-8000-000000000001",
  };
  const example = formats[asString(rules.format) ?? ""] ?? 'sample "text" \u00fc';
  return example
    .padEnd(asNumber(rules.minLength) ?? 0, "x")
    .slice(0, asNumber(rules.maxLength) ?? Number.MAX_SAFE_INTEGER);
}

function resolve(reference: string, root: Json | undefined): Json | undefined {
  return reference
    .split("/")
    .slice(1)
    .reduce<Json | undefined>(
      (node, key) => asObject(node)?.[key.replaceAll("~1", "/").replaceAll("~0", "~")],
      root,
    );
}
