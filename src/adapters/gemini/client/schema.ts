import { isObject, type Json, type JsonObject } from "../../../json/json.ts";

/**
 * The vendor's `Schema` as JSON Schema: types in lower case, `nullable` as a type, counts as
 * numbers.
 */
export function toJsonSchema(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(toJsonSchema);
  if (!isObject(schema)) return schema;
  const entries = Object.entries(schema).flatMap(([key, value]): [string, Json][] => {
    if (value === undefined || key === "nullable") return [];
    return [[key, convertMember(key, value)]];
  });
  const converted: JsonObject = Object.fromEntries(entries);
  if (schema.nullable !== true) return converted;
  const { type, anyOf } = converted;
  if (typeof type === "string") return { ...converted, type: [type, "null"] };
  return Array.isArray(anyOf) ? { ...converted, anyOf: [...anyOf, { type: "null" }] } : converted;
}

function convertMember(key: string, value: Json): Json {
  switch (key) {
    case "type":
      return typeof value === "string" ? value.toLowerCase() : value;
    case "properties":
      if (!isObject(value)) return value;
      return Object.fromEntries(
        Object.entries(value).map(([name, schema]) => [name, toJsonSchema(schema ?? null)]),
      );
    case "items":
    case "anyOf":
      return toJsonSchema(value);
    case "minItems":
    case "maxItems":
    case "minLength":
    case "maxLength":
    case "minProperties":
    case "maxProperties":
      return typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : value;
    default:
      return value;
  }
}
