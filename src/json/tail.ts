import { asBuffer } from "./json.ts";
import { type JsonMember, scanTopLevel, skipBlanks, skipValue } from "./scan.ts";

/**
 * Candidates tried from the back before one forward pass settles it, so that hostile text costs
 * linear time.
 */
const MAX_CANDIDATES = 4;

/**
 * The last top-level member with this key, searched natively from the end: a trailer such as
 * `usage` is found in a large body at the cost of the few bytes behind it. The key must be spelled
 * without escapes, here and in the text. The text is taken to be a JSON object; on anything else
 * the answer is undefined or some span, never an exception.
 */
export function findLastMember(bytes: Uint8Array, key: string): JsonMember | undefined {
  const buffer = asBuffer(bytes);
  const needle = `"${key}"`;
  let from = buffer.length;
  for (let tries = 0; tries < MAX_CANDIDATES; tries += 1) {
    const keyStart = from < 0 ? -1 : buffer.lastIndexOf(needle, from, "utf8");
    if (keyStart === -1) return undefined;
    const member = memberAt(buffer, key, keyStart);
    if (member !== undefined && closesRoot(buffer, member.valueEnd)) return member;
    from = keyStart - 1;
  }
  return scanTopLevel(buffer)?.findLast((member) => member.key === key);
}

/**
 * The member whose key, spelled without escapes, starts at `keyStart`. In JSON an unescaped `"key"`
 * can only be a whole string, because what follows a closing quote is never a letter.
 */
export function memberAt(bytes: Buffer, key: string, keyStart: number): JsonMember | undefined {
  let before = keyStart - 1;
  while (bytes[before] === 0x5c) before -= 1;
  if (((keyStart - before) & 1) === 0) return undefined;
  const keyEnd = keyStart + Buffer.byteLength(key) + 2;
  const colon = skipBlanks(bytes, keyEnd);
  if (bytes[colon] !== 0x3a) return undefined;
  const valueStart = skipBlanks(bytes, colon + 1);
  const valueEnd = skipValue(bytes, valueStart);
  return valueEnd === -1 ? undefined : { key, keyStart, keyEnd, valueStart, valueEnd };
}

/**
 * Whether only whole members, one closing brace and whitespace follow: then what stands before was
 * at the top level.
 */
export function closesRoot(bytes: Buffer, valueEnd: number): boolean {
  let at = skipBlanks(bytes, valueEnd);
  while (bytes[at] === 0x2c) {
    const keyEnd = skipValue(bytes, skipBlanks(bytes, at + 1));
    if (keyEnd === -1) return false;
    const colon = skipBlanks(bytes, keyEnd);
    if (bytes[colon] !== 0x3a) return false;
    const end = skipValue(bytes, skipBlanks(bytes, colon + 1));
    if (end === -1) return false;
    at = skipBlanks(bytes, end);
  }
  return bytes[at] === 0x7d && skipBlanks(bytes, at + 1) === bytes.length;
}
