import { asBuffer, parseJson } from "./json.ts";

/** A member of an object and where it lies; offsets in bytes, ends exclusive. */
export interface JsonMember {
  /** Decoded: "\u006dodel" reads as "model". */
  readonly key: string;
  /** From the opening to past the closing quote of the key. */
  readonly keyStart: number;
  readonly keyEnd: number;
  readonly valueStart: number;
  readonly valueEnd: number;
}

/**
 * An object's members in source order, duplicates included, and the offset past its closing brace.
 */
export interface JsonObjectSpan {
  readonly members: readonly JsonMember[];
  readonly end: number;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * The members of the root object, in source order, duplicates included; undefined when the root is
 * not an object or its own structure is broken. Nested values are skipped, not checked: it is meant
 * for text that is known to be JSON.
 */
export function scanTopLevel(bytes: Uint8Array): readonly JsonMember[] | undefined {
  return scanRoot(asBuffer(bytes))?.members;
}

/** As scanTopLevel, with the end of the object. */
export function scanRoot(bytes: Buffer): JsonObjectSpan | undefined {
  const root = scanObject(bytes, skipBlanks(bytes, rootStart(bytes)));
  return root !== undefined && skipBlanks(bytes, root.end) === bytes.length ? root : undefined;
}

/** Where the text begins: past a byte order mark. */
export function rootStart(bytes: Buffer): number {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
}

/**
 * The members of the object whose brace is at `open`; undefined when there is none or its own
 * structure is broken.
 */
export function scanObject(bytes: Buffer, open: number): JsonObjectSpan | undefined {
  if (bytes[open] !== 0x7b) return undefined;
  const members: JsonMember[] = [];
  let at = skipBlanks(bytes, open + 1);
  if (bytes[at] === 0x7d) return { members, end: at + 1 };
  for (;;) {
    const member = scanMember(bytes, at);
    if (member === undefined) return undefined;
    members.push(member);
    at = skipBlanks(bytes, member.valueEnd);
    const byte = bytes[at];
    if (byte === 0x7d) return { members, end: at + 1 };
    if (byte !== 0x2c) return undefined;
    at = skipBlanks(bytes, at + 1);
  }
}

/** Those members of an object that were looked for. */
export interface ScannedMembers {
  /** In source order, duplicates included. */
  readonly members: readonly JsonMember[];
  /** Past the last member's value; past the opening brace where there is none. */
  readonly valuesEnd: number;
  /** Whether the object has no members at all. */
  readonly empty: boolean;
  /** Past the closing brace. */
  readonly end: number;
}

/**
 * The members with certain keys of the object whose brace is at `open`. The keys of the others are
 * not read: to read each costs more than all else here.
 */
export function scanMembers(
  bytes: Buffer,
  open: number,
  keys: readonly string[],
): ScannedMembers | undefined {
  if (bytes[open] !== 0x7b) return undefined;
  const members: JsonMember[] = [];
  let at = skipBlanks(bytes, open + 1);
  if (bytes[at] === 0x7d) return { members, valuesEnd: open + 1, empty: true, end: at + 1 };
  while (bytes[at] === QUOTE) {
    const keyEnd = skipString(bytes, at);
    const colon = keyEnd === -1 ? -1 : skipBlanks(bytes, keyEnd);
    if (bytes[colon] !== 0x3a) return undefined;
    const valueStart = skipBlanks(bytes, colon + 1);
    const valueEnd = skipValue(bytes, valueStart);
    if (valueEnd === -1) return undefined;
    const key = keyAmong(bytes, at, keyEnd, keys);
    if (key !== undefined) members.push({ key, keyStart: at, keyEnd, valueStart, valueEnd });
    at = skipBlanks(bytes, valueEnd);
    if (bytes[at] === 0x7d) return { members, valuesEnd: valueEnd, empty: false, end: at + 1 };
    at = bytes[at] === 0x2c ? skipBlanks(bytes, at + 1) : -1;
  }
  return undefined;
}

/** Which of the keys stands between two quotes, the first at `start`, the last before `end`. */
function keyAmong(
  bytes: Buffer,
  start: number,
  end: number,
  keys: readonly string[],
): string | undefined {
  for (let at = start + 1; at < end - 1; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte !== BACKSLASH && byte < 0x80) continue;
    const decoded = decodeKey(bytes, start, end);
    return keys.find((key) => key === decoded);
  }
  for (const key of keys) {
    if (key.length === end - start - 2 && standsAt(bytes, start + 1, key)) return key;
  }
  return undefined;
}

function standsAt(bytes: Buffer, start: number, key: string): boolean {
  for (let index = 0; index < key.length; index += 1) {
    if (bytes[start + index] !== key.charCodeAt(index)) return false;
  }
  return true;
}

/** The first offset at or after `at` that is not JSON whitespace. */
export function skipBlanks(bytes: Buffer, at: number): number {
  let index = at;
  for (;;) {
    const byte = bytes[index];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return index;
    index += 1;
  }
}

/** The last offset at or before `at` that is not JSON whitespace. */
export function skipBlanksBack(bytes: Buffer, at: number): number {
  let index = at;
  for (;;) {
    const byte = bytes[index];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return index;
    index -= 1;
  }
}

/**
 * The offset past the value that starts at `at`; -1 when there is none. Strings are skipped by
 * native search.
 */
export function skipValue(bytes: Buffer, at: number): number {
  const byte = bytes[at];
  if (byte === QUOTE) return skipString(bytes, at);
  if (byte === 0x7b || byte === 0x5b) return skipNested(bytes, at);
  let end = at;
  while (end < bytes.length && !endsScalar(bytes[end])) end += 1;
  return end === at ? -1 : end;
}

/** The member whose key starts at `keyStart`; undefined when there is none. */
export function scanMember(bytes: Buffer, keyStart: number): JsonMember | undefined {
  if (bytes[keyStart] !== QUOTE) return undefined;
  const keyEnd = skipString(bytes, keyStart);
  if (keyEnd === -1) return undefined;
  const colon = skipBlanks(bytes, keyEnd);
  if (bytes[colon] !== 0x3a) return undefined;
  const valueStart = skipBlanks(bytes, colon + 1);
  const valueEnd = skipValue(bytes, valueStart);
  const key = decodeKey(bytes, keyStart, keyEnd);
  return valueEnd === -1 || key === undefined
    ? undefined
    : { key, keyStart, keyEnd, valueStart, valueEnd };
}

/**
 * The key between two quotes, the first at `start`, the last before `end`; undefined where it is no
 * JSON string.
 */
export function decodeKey(bytes: Buffer, start: number, end: number): string | undefined {
  const text = bytes.toString("utf8", start + 1, end - 1);
  if (!text.includes("\\")) return text;
  const parsed = parseJson(bytes.subarray(start, end));
  return parsed.ok && typeof parsed.value === "string" ? parsed.value : undefined;
}

/** Keys and words are shorter than a native call is dear: only what is longer is worth one. */
const NEAR = 24;

function skipString(bytes: Buffer, open: number): number {
  const near = Math.min(open + NEAR, bytes.length);
  for (let at = open + 1; at < near; at += 1) {
    const byte = bytes[at];
    if (byte === QUOTE) return at + 1;
    if (byte === BACKSLASH) break;
  }
  return skipLongString(bytes, open);
}

/** Where a string has escaped quotes, so much of it is searched at first, and then twice as much. */
const FIRST_PART = 256;

/** A quote closes the string when an even number of backslashes stands before it. */
function skipLongString(bytes: Buffer, open: number): number {
  const quote = bytes.indexOf(QUOTE, open + 1);
  if (quote === -1 || closes(bytes, quote)) return quote + 1 || -1;
  let from = quote + 1;
  // A search of a text costs a fraction of one of bytes: so texts with many quotes stay cheap.
  for (let size = FIRST_PART; from < bytes.length; size *= 2) {
    const part = bytes.toString("latin1", from, Math.min(from + size, bytes.length));
    for (let at = part.indexOf('"'); at !== -1; at = part.indexOf('"', at + 1)) {
      if (closes(bytes, from + at)) return from + at + 1;
    }
    from += size;
  }
  return -1;
}

function closes(bytes: Buffer, quote: number): boolean {
  let before = quote - 1;
  while (bytes[before] === BACKSLASH) before -= 1;
  return ((quote - before) & 1) === 1;
}

/**
 * Brackets of either kind only count up and down; setting bit 0x20 folds '[' into '{' and ']' into
 * '}'.
 */
function skipNested(bytes: Buffer, open: number): number {
  let depth = 0;
  let at = open;
  while (at < bytes.length) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) {
      at = skipString(bytes, at);
      if (at === -1) return -1;
      continue;
    }
    at += 1;
    const folded = byte | 0x20;
    if (folded === 0x7b) depth += 1;
    else if (folded === 0x7d) {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  return -1;
}

function endsScalar(byte: number | undefined): boolean {
  return (
    byte === 0x2c ||
    byte === 0x7d ||
    byte === 0x5d ||
    byte === 0x20 ||
    byte === 0x0a ||
    byte === 0x0d ||
    byte === 0x09
  );
}
