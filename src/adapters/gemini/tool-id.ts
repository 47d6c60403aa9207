import { nameHash } from "../../core/names/name-hash.ts";

/** The id of a tool call as this dialect's vendor knows it, and the proof that travelled in it. */
export interface ParsedToolId {
  /** The vendor's own id; "" where the vendor gave none. */
  readonly id: string;
  /** "" for none. */
  readonly signature: string;
}

/** What the contract holds at most; a longer signature travels in its own field only. */
const MAX_BYTES = 4096;

/**
 * The signature is base64; what follows are the same bytes in the alphabet of URLs, without
 * padding.
 */
const BASE64 = "__ts_";
/** The signature is some other text; what follows are its UTF-8 bytes in the alphabet of URLs. */
const PLAIN = "__tu_";

const GENERATED = "call_gm";

/**
 * The id that clients get. Clients of other dialects drop `thoughtSignature`, but every client
 * sends ids back, so the signature rides on the id: `{id}__ts_{signature as base64url}`. All of it
 * fits `[a-zA-Z0-9_-]`. The inverse is parseToolId. A signature that makes the id longer than the
 * contract's 4,096 bytes is not put there.
 */
export function printToolId(vendorId: string, generated: string, signature: string): string {
  const unfit =
    vendorId === "" ||
    vendorId.includes(BASE64) ||
    vendorId.includes(PLAIN) ||
    vendorId.startsWith(GENERATED);
  const id = unfit ? `${GENERATED}${generated}` : vendorId;
  if (signature === "") return id;
  const bytes = Buffer.from(signature, "base64");
  const suffix =
    bytes.length > 0 && bytes.toString("base64") === signature
      ? `${BASE64}${bytes.toString("base64url")}`
      : `${PLAIN}${Buffer.from(signature).toString("base64url")}`;
  const whole = id + suffix;
  return Buffer.byteLength(whole) <= MAX_BYTES ? whole : id;
}

/**
 * Takes an id apart. Ids that this dialect did not print have no signature and stay as they are.
 */
export function parseToolId(text: string): ParsedToolId {
  const base64 = text.indexOf(BASE64);
  const plain = text.indexOf(PLAIN);
  const at = base64 === -1 || (plain !== -1 && plain < base64) ? plain : base64;
  if (at === -1) return { id: ownId(text), signature: "" };
  const bytes = Buffer.from(text.slice(at + BASE64.length), "base64url");
  return {
    id: ownId(text.slice(0, at)),
    signature: bytes.toString(at === base64 ? "base64" : "utf8"),
  };
}

/** A short name for what tells one call from all others; the same input gives the same name. */
export function generateId(...words: readonly (string | number)[]): string {
  return nameHash(words.join("\u0000"));
}

/** Ids that were made up here mean nothing to the vendor: calls and results then pair by order. */
function ownId(id: string): string {
  return id.startsWith(GENERATED) ? "" : id;
}
