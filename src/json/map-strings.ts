import { parseJson } from "./json.ts";

/** A string of JSON between its quotes, or what is left of a text whose last one is not closed. */
const strings = /"((?:[^"\\]|\\.)*)("|$)/gs;

/**
 * Replaces strings of a JSON text, names of members among them; all else stays byte for byte. Where
 * it is no JSON, what looks like its strings is replaced, and an unclosed last one too. Takes time
 * linear in the text, beside that of `map`.
 */
export function mapStrings(json: string, map: (text: string) => string): string {
  return json.replaceAll(strings, (whole: string, inner: string, close: string) => {
    const text = decode(inner);
    const mapped = map(text);
    if (mapped === text) return whole;
    const printed = JSON.stringify(mapped);
    return close === "" ? printed.slice(0, -1) : printed;
  });
}

/** What an escaped text says; the text as it is where it is no JSON string. */
function decode(inner: string): string {
  if (!inner.includes("\\")) return inner;
  const parsed = parseJson(`"${inner}"`);
  return parsed.ok && typeof parsed.value === "string" ? parsed.value : inner;
}
