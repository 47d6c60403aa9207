import { isObject, parseJson } from "./json.ts";

/**
 * The arguments of a tool call as the JSON object that clients parse. Some vendors encode the
 * object twice or more, as text in a JSON string, or write `null`, `[]` or nothing where a tool
 * takes none: these become the object itself, and `{}`. Any other text stays as it is, an object at
 * the cost of a look at its first character.
 */
export function plainArguments(text: string): string {
  if (beginsObject(text)) return text;
  let inner = text.trim();
  for (let level = 0; level < MAX_LEVELS && inner.startsWith('"'); level += 1) {
    if (EMPTY.has(inner)) return "{}";
    const parsed = parseJson(inner);
    if (!parsed.ok || typeof parsed.value !== "string") return text;
    inner = parsed.value.trim();
  }
  if (EMPTY.has(inner)) return "{}";
  const object = parseJson(inner);
  return object.ok && isObject(object.value) ? inner : text;
}

/** How often an object may be encoded as text. */
const MAX_LEVELS = 3;

/** Whether a text begins as a JSON object does. */
export function beginsObject(text: string): boolean {
  return text.startsWith("{") || /^\s*\{/.test(text);
}

const EMPTY: ReadonlySet<string> = new Set(["", "null", "[]", '""']);
