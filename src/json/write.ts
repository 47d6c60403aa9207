/**
 * What writeJson takes: JSON values, exact integers, and pieces of JSON text. Undefined members are
 * left out.
 */
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

/**
 * JSON text that is written as it is: key order, number spelling and escapes stay. The text is not
 * checked.
 */
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
 * Prints as JSON.stringify does, but for raw texts, which are spliced in, and bigints, which are
 * written in full. A subtree without either is printed natively in one call. Undefined is null in
 * an array and at the root, and absent in an object.
 */
export function writeJson(value: Writable): string {
  const careful = new Set<object>();
  return needsCare(value, careful)
    ? writeCarefully(value, careful)
    : (JSON.stringify(value) ?? "null");
}

/** `careful`: the lists and objects that JSON.stringify would get wrong. */
function writeCarefully(value: Writable, careful: ReadonlySet<object>): string {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof RawJson) return value.text;
  if (typeof value !== "object" || value === null || !careful.has(value))
    return JSON.stringify(value) ?? "null";
  return isList(value)
    ? `[${value.map((item) => writeCarefully(item, careful)).join(",")}]`
    : writeObject(value, careful);
}

function writeObject(object: WritableObject, careful: ReadonlySet<object>): string {
  let text = "{";
  for (const key of Object.keys(object)) {
    const value = object[key];
    if (value === undefined) continue;
    text += `${text.length > 1 ? "," : ""}${JSON.stringify(key)}:${writeCarefully(value, careful)}`;
  }
  return `${text}}`;
}

/**
 * Whether JSON.stringify would get it wrong. Looks at all of it once, and notes what is so in it.
 */
function needsCare(value: Writable, careful: Set<object>): boolean {
  if (typeof value === "bigint") return true;
  if (typeof value !== "object" || value === null) return false;
  if (value instanceof RawJson) return true;
  const found = isList(value) ? listNeedsCare(value, careful) : objectNeedsCare(value, careful);
  if (found) careful.add(value);
  return found;
}

function listNeedsCare(list: readonly Writable[], careful: Set<object>): boolean {
  let found = false;
  for (const item of list) if (needsCare(item, careful)) found = true;
  return found;
}

function objectNeedsCare(object: WritableObject, careful: Set<object>): boolean {
  let found = false;
  for (const key of Object.keys(object)) if (needsCare(object[key], careful)) found = true;
  return found;
}

function isList(value: readonly Writable[] | WritableObject): value is readonly Writable[] {
  return Array.isArray(value);
}
