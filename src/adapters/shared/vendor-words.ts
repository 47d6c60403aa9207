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
