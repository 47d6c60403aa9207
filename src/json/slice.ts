import { asBuffer } from "./json.ts";
import { decodeKey, rootStart, scanObject, skipBlanks, skipValue } from "./scan.ts";

/**
 * The exact source bytes of the value at a path of keys and array indexes, without a copy;
 * undefined when there is none. Key order, number spelling and escapes stay as they were. Of
 * duplicate keys the last wins, as in JSON.parse. Meant for text that is known to be JSON: off the
 * path nothing is checked.
 */
export function sliceJson(
  bytes: Uint8Array,
  path: readonly (string | number)[],
): Uint8Array | undefined {
  const buffer = asBuffer(bytes);
  let start = skipBlanks(buffer, rootStart(buffer));
  for (const step of path) {
    const next =
      typeof step === "string"
        ? memberStart(buffer, start, step)
        : elementStart(buffer, start, step);
    if (next === undefined) return undefined;
    start = next;
  }
  const end = skipValue(buffer, start);
  return end === -1 ? undefined : buffer.subarray(start, end);
}

/** As sliceJson, decoded: the JSON text of a tool's schema or input, ready for a `*_json` field. */
export function sliceJsonText(
  bytes: Uint8Array,
  path: readonly (string | number)[],
): string | undefined {
  const slice = sliceJson(bytes, path);
  return slice === undefined ? undefined : asBuffer(slice).toString("utf8", 0, slice.length);
}

/**
 * The exact source bytes of every element of a root array, in order; undefined when the root is not
 * an array.
 */
export function sliceElements(bytes: Uint8Array): readonly Uint8Array[] | undefined {
  const buffer = asBuffer(bytes);
  const elements: Uint8Array[] = [];
  const open = skipBlanks(buffer, rootStart(buffer));
  const complete = eachElement(buffer, open, (start, end) => {
    elements.push(buffer.subarray(start, end));
    return true;
  });
  return complete ? elements : undefined;
}

/**
 * The exact source bytes of every member of a root object, by key; of duplicate keys the last wins.
 * Empty for any other root.
 */
export function sliceMembers(bytes: Uint8Array): ReadonlyMap<string, Uint8Array> {
  const buffer = asBuffer(bytes);
  const object = scanObject(buffer, skipBlanks(buffer, rootStart(buffer)));
  return new Map(
    object?.members.map(({ key, valueStart, valueEnd }) => [
      key,
      buffer.subarray(valueStart, valueEnd),
    ]),
  );
}

/** Keys are compared where they lie: to read each costs more than all else here. */
function memberStart(bytes: Buffer, open: number, key: string): number | undefined {
  let found: number | undefined;
  let at = bytes[open] === 0x7b ? skipBlanks(bytes, open + 1) : -1;
  while (bytes[at] === 0x22) {
    const keyEnd = skipValue(bytes, at);
    const colon = keyEnd === -1 ? -1 : skipBlanks(bytes, keyEnd);
    if (bytes[colon] !== 0x3a) return undefined;
    const valueStart = skipBlanks(bytes, colon + 1);
    const valueEnd = skipValue(bytes, valueStart);
    if (valueEnd === -1) return undefined;
    if (isKey(bytes, at + 1, keyEnd - 1, key)) found = valueStart;
    at = skipBlanks(bytes, valueEnd);
    if (bytes[at] === 0x7d) return found;
    at = bytes[at] === 0x2c ? skipBlanks(bytes, at + 1) : -1;
  }
  return undefined;
}

/** Whether the text between two quotes is a key. What is escaped or not ASCII is decoded first. */
function isKey(bytes: Buffer, start: number, end: number, key: string): boolean {
  let same = end - start === key.length;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === 0x5c || byte > 0x7f) return decodeKey(bytes, start - 1, end + 1) === key;
    same &&= byte === key.charCodeAt(at - start);
  }
  return same;
}

function elementStart(bytes: Buffer, open: number, index: number): number | undefined {
  let found: number | undefined;
  let left = index;
  eachElement(bytes, open, (start) => {
    if (left === 0) found = start;
    left -= 1;
    return left >= 0;
  });
  return found;
}

/**
 * Visits elements until the visitor says false; true when the array was read to its closing
 * bracket.
 */
function eachElement(
  bytes: Buffer,
  open: number,
  visit: (start: number, end: number) => boolean,
): boolean {
  if (bytes[open] !== 0x5b) return false;
  let at = skipBlanks(bytes, open + 1);
  if (bytes[at] === 0x5d) return true;
  for (;;) {
    const end = skipValue(bytes, at);
    if (end === -1 || !visit(at, end)) return false;
    at = skipBlanks(bytes, end);
    if (bytes[at] === 0x5d) return true;
    if (bytes[at] !== 0x2c) return false;
    at = skipBlanks(bytes, at + 1);
  }
}
