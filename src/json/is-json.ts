import { isUtf8 } from "node:buffer";
import { asBuffer } from "./json.ts";
import { rootStart, skipBlanks } from "./scan.ts";

/** Objects and arrays that may be open at once, as parseJson has it. */
const MAX_DEPTH = 512;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;

/**
 * Whether bytes are one JSON text (RFC 8259), exactly where parseJson says so. Nothing is built of
 * it, and it looks at each byte once: a frame of a stream costs a quarter of what its parse does, a
 * kilobyte about half.
 */
export function isJson(bytes: Uint8Array): boolean {
  const buffer = asBuffer(bytes);
  if (!isUtf8(buffer)) return false;
  const end = passValue(buffer, skipBlanks(buffer, rootStart(buffer)), 0);
  return end !== -1 && skipBlanks(buffer, end) === buffer.length;
}

/**
 * The offset past a value; -1 where there is none. So are all that follow. `depth`: how many are
 * open around it.
 */
function passValue(bytes: Buffer, at: number, depth: number): number {
  switch (bytes[at]) {
    case QUOTE:
      return passString(bytes, at);
    case 0x7b:
      return depth === MAX_DEPTH ? -1 : passObject(bytes, at, depth + 1);
    case 0x5b:
      return depth === MAX_DEPTH ? -1 : passArray(bytes, at, depth + 1);
    case 0x74:
      return passWord(bytes, at, "true");
    case 0x66:
      return passWord(bytes, at, "false");
    case 0x6e:
      return passWord(bytes, at, "null");
    default:
      return passNumber(bytes, at);
  }
}

function passObject(bytes: Buffer, open: number, depth: number): number {
  let at = passBlanks(bytes, open + 1);
  if (bytes[at] === 0x7d) return at + 1;
  for (;;) {
    const keyEnd = bytes[at] === QUOTE ? passString(bytes, at) : -1;
    if (keyEnd === -1) return -1;
    const colon = passBlanks(bytes, keyEnd);
    if (bytes[colon] !== 0x3a) return -1;
    const end = passValue(bytes, passBlanks(bytes, colon + 1), depth);
    if (end === -1) return -1;
    at = passBlanks(bytes, end);
    if (bytes[at] === 0x7d) return at + 1;
    if (bytes[at] !== COMMA) return -1;
    at = passBlanks(bytes, at + 1);
  }
}

function passArray(bytes: Buffer, open: number, depth: number): number {
  let at = passBlanks(bytes, open + 1);
  if (bytes[at] === 0x5d) return at + 1;
  for (;;) {
    const end = passValue(bytes, at, depth);
    if (end === -1) return -1;
    at = passBlanks(bytes, end);
    if (bytes[at] === 0x5d) return at + 1;
    if (bytes[at] !== COMMA) return -1;
    at = passBlanks(bytes, at + 1);
  }
}

function passString(bytes: Buffer, open: number): number {
  let at = open + 1;
  for (;;) {
    at = passLetters(bytes, at);
    const byte = bytes[at];
    if (byte === QUOTE) return at + 1;
    if (byte !== BACKSLASH) return -1;
    at = passEscape(bytes, at);
    if (at === -1) return -1;
  }
}

/**
 * The offset of the next byte that is no letter of a string: its end, an escape, or what it must
 * not hold. It calls nothing: a call in the loop doubles what a long text costs.
 */
function passLetters(bytes: Buffer, start: number): number {
  let at = start;
  for (;;) {
    const byte = bytes[at];
    if (byte === undefined || byte < 0x20 || byte === QUOTE || byte === BACKSLASH) return at;
    at += 1;
  }
}

/** Between most tokens there are no blanks. */
function passBlanks(bytes: Buffer, at: number): number {
  return (bytes[at] ?? 0) > 0x20 ? at : skipBlanks(bytes, at);
}

function passEscape(bytes: Buffer, backslash: number): number {
  const letter = bytes[backslash + 1];
  if (letter !== 0x75) return isEscaped(letter) ? backslash + 2 : -1;
  for (let at = backslash + 2; at < backslash + 6; at += 1) {
    if (!isHex(bytes[at])) return -1;
  }
  return backslash + 6;
}

/** What may stand behind a backslash: `"`, `\`, `/`, b, f, n, r, t. */
function isEscaped(byte: number | undefined): boolean {
  switch (byte) {
    case QUOTE:
    case BACKSLASH:
    case 0x2f:
    case 0x62:
    case 0x66:
    case 0x6e:
    case 0x72:
    case 0x74:
      return true;
    default:
      return false;
  }
}

function isHex(byte: number | undefined): boolean {
  if (byte === undefined) return false;
  const folded = byte | 0x20;
  return isDigit(byte) || (folded >= 0x61 && folded <= 0x66);
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

function passWord(bytes: Buffer, start: number, word: string): number {
  for (let index = 0; index < word.length; index += 1) {
    if (bytes[start + index] !== word.charCodeAt(index)) return -1;
  }
  return start + word.length;
}

function passNumber(bytes: Buffer, start: number): number {
  let at = bytes[start] === 0x2d ? start + 1 : start;
  at = bytes[at] === 0x30 ? at + 1 : passDigits(bytes, at);
  if (at !== -1 && bytes[at] === 0x2e) at = passDigits(bytes, at + 1);
  if (at === -1 || (bytes[at] !== 0x65 && bytes[at] !== 0x45)) return at;
  const signed = bytes[at + 1] === 0x2b || bytes[at + 1] === 0x2d;
  return passDigits(bytes, at + (signed ? 2 : 1));
}

function passDigits(bytes: Buffer, start: number): number {
  let at = start;
  // What is below "0" becomes a large number, so that one comparison is enough.
  while (((bytes[at] ?? 0) - 0x30) >>> 0 < 10) at += 1;
  return at === start ? -1 : at;
}
