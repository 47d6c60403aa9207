import { isObject, parseJson } from "./json.ts";

/**
 * The arguments of a tool call as the JSON object that clients parse. Some vendors encode the
 * object twice, as text in a JSON string, or write `null`, `[]` or nothing where a tool takes none:
 * these become the object itself, and `{}`. Any other text stays as it is, an object at the cost of
 * a look at its first character.
 */
export function plainArguments(text: string): string {
  if (beginsObject(text)) return text;
  const trimmed = text.trim();
  if (EMPTY.has(trimmed)) return "{}";
  if (!trimmed.startsWith('"')) return text;
  const parsed = parseJson(trimmed);
  const inner = parsed.ok && typeof parsed.value === "string" ? parsed.value.trim() : undefined;
  if (inner === undefined) return text;
  if (EMPTY.has(inner)) return "{}";
  const object = parseJson(inner);
  return object.ok && isObject(object.value) ? inner : text;
}

/** Whether a text begins as a JSON object does. */
export function beginsObject(text: string): boolean {
  return text.startsWith("{") || /^\s*\{/.test(text);
}

const EMPTY: ReadonlySet<string> = new Set(["", "null", "[]", '""']);
