import { firstBroken } from "../first-broken.ts";
import { asArray, asObject, asObjects, asString, isSet, type Json } from "../json-value.ts";

const types = [
  "STRING",
  "NUMBER",
  "INTEGER",
  "BOOLEAN",
  "ARRAY",
  "OBJECT",
  "NULL",
  "TYPE_UNSPECIFIED",
];

/**
 * The first fault in a schema in the vendor's words, or undefined.
 * https://ai.google.dev/api/caching#Schema (2026-11)
 */
export function validateSchema(sent: Json | undefined, at: string): string | undefined {
  const schema = asObject(sent) ?? {};
  const type = asString(schema.type)?.toUpperCase();
  const properties = asObject(schema.properties) ?? {};
  const stray = asArray(schema.required).findIndex(
    (name) => !Object.hasOwn(properties, asString(name) ?? ""),
  );
  return (
    firstBroken([
      [
        isSet(schema.type) && !types.includes(type ?? ""),
        `Invalid value at '${at}.type' (type.googleapis.com/google.ai.generativelanguage.v1beta.Type), ${JSON.stringify(schema.type)}`,
      ],
      [type === undefined && !isSet(schema.anyOf), `* ${at}.type: must be specified\n`],
      [stray >= 0, `* ${at}.required[${stray}]: property is not defined\n`],
      [
        type === "OBJECT" && isSet(schema.properties) && Object.keys(properties).length === 0,
        `* ${at}.properties: should be non-empty for OBJECT type\n`,
      ],
      [type === "ARRAY" && !isSet(schema.items), `* ${at}.items: missing field.\n`],
      [
        isSet(schema.enum) && type !== "STRING" && type !== "INTEGER" && type !== "NUMBER",
        `* ${at}.enum: only allowed for STRING type\n`,
      ],
      [
        asArray(schema.enum).some((value) => typeof value !== "string" || value === ""),
        `Invalid value at '${at}.enum' (TYPE_STRING)`,
      ],
    ]) ?? validateInner(schema, at)
  );
}

function validateInner(
  schema: { readonly [key: string]: Json | undefined },
  at: string,
): string | undefined {
  const inner: readonly (readonly [path: string, schema: Json | undefined])[] = [
    ...Object.entries(asObject(schema.properties) ?? {}).map(
      ([name, value]) => [`${at}.properties[${name}]`, value] as const,
    ),
    ...(isSet(schema.items) ? [[`${at}.items`, schema.items] as const] : []),
    ...asObjects(schema.anyOf).map((value, index) => [`${at}.any_of[${index}]`, value] as const),
  ];
  for (const [path, value] of inner) {
    const fault = validateSchema(value, path);
    if (fault !== undefined) return fault;
  }
  return undefined;
}
