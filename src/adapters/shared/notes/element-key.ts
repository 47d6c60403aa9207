import { isObject, type Json } from "../../../json/json.ts";

/** An element of a list, as a key of extras names it. */
export interface ElementKey {
  readonly list: string;
  /** Its place in the list of the client, from 0. */
  readonly index: number;
  /** Its `type`; "": it has none. */
  readonly type: string;
  /** Which of the elements of that type it is, from 0. */
  readonly nth: number;
  /** How many of that type there are: where another number is sent, they are others. */
  readonly count: number;
}

/** Elements of longer lists have no keys: each key costs a look at the whole list. */
export const maxElements = 100;

/**
 * The key of an element, such as `citations[2: page_location 0 of 1]`; undefined where its type is
 * no plain word, and in a list of more than 100.
 */
export function printElementKey(
  list: string,
  elements: readonly Json[],
  index: number,
): string | undefined {
  const type = typeOf(elements[index]);
  if (elements.length > maxElements || !/^[\w.-]{0,64}$/.test(type)) return undefined;
  const places = elements.flatMap((element, at) => (typeOf(element) === type ? [at] : []));
  return `${list}[${index}: ${type} ${places.indexOf(index)} of ${places.length}]`;
}

/** Reads a key that names an element; undefined where it is a member's. */
export function parseElementKey(key: string): ElementKey | undefined {
  if (!key.endsWith("]")) return undefined;
  const [, list, index, type = "", nth, count] =
    /^([^[\]]+)\[(\d{1,9}): ([\w.-]{0,64}) (\d{1,9}) of (\d{1,9})\]$/.exec(key) ?? [];
  if (list === undefined) return undefined;
  return { list, index: Number(index), type, nth: Number(nth), count: Number(count) };
}

function typeOf(element: Json | undefined): string {
  return isObject(element) && typeof element.type === "string" ? element.type : "";
}
