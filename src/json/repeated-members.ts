import type { Json } from "./json.ts";

/** A string of JSON, and the colon behind it where it is the name of a member. */
const strings = /"(?:[^"\\]|\\.)*"[ \t\r\n]*(:?)/gs;

/**
 * Whether an object in a text names a member twice, of which readers take the first or the last.
 * `parsed` is what the text says. Takes time linear in the text.
 */
export function repeatsMembers(text: string, parsed: Json): boolean {
  let written = 0;
  for (const [, colon] of text.matchAll(strings)) if (colon === ":") written += 1;
  return written > countMembers(parsed);
}

function countMembers(root: Json): number {
  let count = 0;
  const open: Json[] = [root];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (typeof value !== "object" || value === null) continue;
    if (Array.isArray(value)) {
      for (const one of value) open.push(one);
      continue;
    }
    for (const one of Object.values(value)) {
      count += 1;
      if (one !== undefined) open.push(one);
    }
  }
  return count;
}
