/** What writeJson takes: JSON values, exact integers, and pieces of JSON text. Undefined members are left out. */
export type Writable =
  | null
  | undefined
  | boolean
  | number
  | string
  | bigint
  | RawJson
  | readonly Writable[]
  | WritableObject;

/** An object for writeJson; members are written in the order in which they were added. */
export interface WritableObject {
  readonly [key: string]: Writable;
}

/** JSON text that is written as it is: key order, number spelling and escapes stay. The text is not checked. */
export class RawJson {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Marks a text as JSON already. */
export function rawJson(text: string): RawJson {
  return new RawJson(text);
}

/**
 * Prints as JSON.stringify does, but for raw texts, which are spliced in, and bigints, which are written in full. A subtree
 * without either is printed natively in one call. Undefined is null in an array and at the root, and absent in an object.
 */
export function writeJson(value: Writable): string {
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  if (value instanceof RawJson) return value.text;
  if (!needsCare(value)) return JSON.stringify(value);
  return isList(value) ? `[${value.map(writeJson).join(",")}]` : writeObject(value);
}

function writeObject(object: WritableObject): string {
  let text = "{";
  for (const key of Object.keys(object)) {
    const value = object[key];
    if (value === undefined) continue;
    text += `${text.length > 1 ? "," : ""}${JSON.stringify(key)}:${writeJson(value)}`;
  }
  return `${text}}`;
}

/** Whether JSON.stringify would get it wrong. */
function needsCare(value: Writable): boolean {
  if (typeof value === "bigint") return true;
  if (typeof value !== "object" || value === null) return false;
  if (value instanceof RawJson) return true;
  if (isList(value)) return value.some(needsCare);
  for (const key of Object.keys(value)) {
    if (needsCare(value[key])) return true;
  }
  return false;
}

function isList(value: readonly Writable[] | WritableObject): value is readonly Writable[] {
  return Array.isArray(value);
}
