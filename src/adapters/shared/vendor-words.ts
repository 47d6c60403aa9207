import { isObject, type Json, type JsonObject } from "../../json/json.ts";

/** How much of a vendor's error message is kept, in bytes. */
const MAX_BYTES = 4096;

/**
 * Words that look like keys of others: what stands behind a vendor may repeat one that this gateway
 * never had.
 */
const KEYS =
  /\b(?:sk|pk|rk|gsk|xai|csk|nvapi|hf|r8|pplx|key|AIza|fw|tgp|dsk)[-_]?[A-Za-z0-9][\w*.-]{7,}/g;
const BEARERS = /\bBearer[ \t]+\S+/gi;
const WORDS = /[\w*-]{4,}/g;

/**
 * A vendor's error message, bounded first and then freed of words that look like keys, whole or
 * with stars in them. Linear in any input. Its own credential is taken out elsewhere, by
 * comparison.
 */
export function vendorWords(text: string): string {
  const redacted = boundWords(text)
    .replace(KEYS, "[redacted]")
    .replace(BEARERS, "[redacted]")
    .replace(WORDS, (word) => (word.includes("***") ? "[redacted]" : word));
  return boundWords(redacted);
}

function boundWords(text: string): string {
  if (text.length <= MAX_BYTES / 3 || Buffer.byteLength(text) <= MAX_BYTES) return text;
  const cut = Buffer.from(text.slice(0, MAX_BYTES)).subarray(0, MAX_BYTES).toString();
  return cut.replace(/\uFFFD+$/, "");
}

/** The words of a body that is no JSON: of a page its title, else its beginning. */
export function plainWords(body: Uint8Array): string {
  const text = Buffer.from(body.subarray(0, 4 * MAX_BYTES)).toString();
  if (!/^\s*<(?:!doctype|html|head|body|\?xml)/i.test(text)) return text.trim();
  const title = /<title[^<>]*>([^<]*)<\/title>/i.exec(text)?.[1]?.trim() ?? "";
  return title === "" ? "the provider answered with an HTML page" : title;
}

/** Members that hold an error, or its words, in the envelopes of one vendor or another. */
const MEMBERS = [
  "error",
  "message",
  "Message",
  "detail",
  "msg",
  "error_description",
  "errors",
  "title",
] as const;

/**
 * The words of an error in an envelope that is not the dialect's own, such as that of a proxy in
 * front of the vendor: a text, an object or a list at one of the usual members. "": there are none.
 */
export function foreignWords(json: JsonObject): string {
  return wordsOf(json, 5);
}

function wordsOf(json: Json | undefined, depth: number): string {
  if (typeof json === "string") return json;
  if (depth === 0) return "";
  if (Array.isArray(json)) return wordsOf(json[0], depth - 1);
  if (!isObject(json)) return "";
  for (const member of MEMBERS) {
    const words = wordsOf(json[member], depth - 1);
    if (words !== "") return words;
  }
  return "";
}
