/** Any JSON value, as JSON.parse gives it. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A JSON object. */
export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

/** The object, or undefined when the value is anything else. */
export function asObject(value: Json | undefined): JsonObject | undefined {
  return typeof value === "object" && value !== null && !isArray(value) ? value : undefined;
}

/** The array, or an empty one when the value is anything else. */
export function asArray(value: Json | undefined): readonly Json[] {
  return isArray(value) ? value : [];
}

/** The objects of an array, anything else in it left out. */
export function asObjects(value: Json | undefined): readonly JsonObject[] {
  return asArray(value).flatMap((item): readonly JsonObject[] => {
    const object = asObject(item);
    return object === undefined ? [] : [object];
  });
}

/** The string, or undefined when the value is anything else. */
export function asString(value: Json | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** The number, or undefined when the value is anything else. */
export function asNumber(value: Json | undefined): number | undefined {
  return typeof value === "number" ? value : undefined;
}

/** True for a JSON array; narrows readonly arrays, which Array.isArray does not. */
export function isArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/** True when the member was sent and is not null: both vendors treat null as unset. */
export function isSet(value: Json | undefined): boolean {
  return value !== undefined && value !== null;
}

/** The JSON value in the bytes, or undefined when they are not JSON. */
export function parseJson(bytes: Buffer | string): Json | undefined {
  try {
    const value: Json = JSON.parse(bytes.toString());
    return value;
  } catch {
    return undefined;
  }
}

/**
 * The text of content as vendors write it: a string, or objects with a `text` each. Anything else
 * is no text.
 */
export function contentText(content: Json | undefined): string {
  if (typeof content === "string") return content;
  return asObjects(content)
    .map(({ text }) => asString(text) ?? "")
    .join("");
}
