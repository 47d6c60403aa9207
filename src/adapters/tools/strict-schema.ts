import { isObject, type Json, type JsonObject } from "../../json/json.ts";

/**
 * Whether a schema can be followed strictly as it stands: each object in it is closed and demands
 * all of its properties, and no keyword is used that strict schemas lack. See
 * https://platform.openai.com/docs/guides/structured-outputs#supported-schemas (2026-11).
 */
export function isStrictSchema(schema: Json | undefined): boolean {
  return isObject(schema) && schema.type === "object" && isStrict(schema);
}

function isStrict(schema: Json): boolean {
  if (!isObject(schema)) return false;
  if (Object.keys(schema).some((key) => REFUSED.has(key))) return false;
  const { properties } = schema;
  if ((schema.type === "object" || isObject(properties)) && !isClosed(schema)) return false;
  return (
    [properties, schema.$defs, schema.definitions].every(holdsStrict) &&
    (schema.items === undefined || isStrict(schema.items)) &&
    (schema.anyOf === undefined || (Array.isArray(schema.anyOf) && schema.anyOf.every(isStrict)))
  );
}

const REFUSED: ReadonlySet<string> = new Set([
  "allOf",
  "oneOf",
  "not",
  "if",
  "then",
  "else",
  "dependentRequired",
  "dependentSchemas",
  "patternProperties",
  "propertyNames",
]);

function isClosed({ additionalProperties, properties, required }: JsonObject): boolean {
  const demanded = new Set(Array.isArray(required) ? required : []);
  return (
    additionalProperties === false &&
    Object.keys(isObject(properties) ? properties : {}).every((key) => demanded.has(key))
  );
}

function holdsStrict(schemas: Json | undefined): boolean {
  return schemas === undefined || (isObject(schemas) && Object.values(schemas).every(isDefined));
}

function isDefined(schema: Json | undefined): boolean {
  return schema !== undefined && isStrict(schema);
}
