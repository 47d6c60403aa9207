import { asBuffer } from "./json.ts";
import { rootStart, scanObject, skipBlanks, skipValue } from "./json-scan.ts";

/**
 * The exact source bytes of the value at a path of keys and array indexes, without a copy; undefined when there is none.
 * Key order, number spelling and escapes stay as they were. Of duplicate keys the last wins, as in JSON.parse.
 * Meant for text that is known to be JSON: off the path nothing is checked.
 */
export function sliceJson(bytes: Uint8Array, path: readonly (string | number)[]): Uint8Array | undefined {
  const buffer = asBuffer(bytes);
  let start = skipBlanks(buffer, rootStart(buffer));
  for (const step of path) {
    const next = typeof step === "string" ? memberStart(buffer, start, step) : elementStart(buffer, start, step);
    if (next === undefined) return undefined;
    start = next;
  }
  const end = skipValue(buffer, start);
  return end === -1 ? undefined : buffer.subarray(start, end);
}

/** As sliceJson, decoded: the JSON text of a tool's schema or input, ready for a `*_json` field. */
export function sliceJsonText(bytes: Uint8Array, path: readonly (string | number)[]): string | undefined {
  const slice = sliceJson(bytes, path);
  return slice === undefined ? undefined : asBuffer(slice).toString("utf8", 0, slice.length);
}

/** The exact source bytes of every element of a root array, in order; undefined when the root is not an array. */
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

/** The exact source bytes of every member of a root object, by key; of duplicate keys the last wins. Empty for any other root. */
export function sliceMembers(bytes: Uint8Array): ReadonlyMap<string, Uint8Array> {
  const buffer = asBuffer(bytes);
  const object = scanObject(buffer, skipBlanks(buffer, rootStart(buffer)));
  return new Map(object?.members.map(({ key, valueStart, valueEnd }) => [key, buffer.subarray(valueStart, valueEnd)]));
}

function memberStart(bytes: Buffer, open: number, key: string): number | undefined {
  return scanObject(bytes, open)?.members.findLast((member) => member.key === key)?.valueStart;
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

/** Visits elements until the visitor says false; true when the array was read to its closing bracket. */
function eachElement(bytes: Buffer, open: number, visit: (start: number, end: number) => boolean): boolean {
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
