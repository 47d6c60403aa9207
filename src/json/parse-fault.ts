/** The first place where a text breaks the rules. */
export interface JsonFault {
  readonly message: string;
  /** Bytes before the fault, from 0. */
  readonly offset: number;
}

type Expectation = "value" | "value_or_close" | "key" | "key_or_close" | "comma_or_close" | "end";

interface Scanner {
  readonly bytes: Uint8Array;
  readonly maxDepth: number;
  /** The closing bracket of every open object and array. */
  readonly closers: number[];
  at: number;
  expect: Expectation;
}

/** The words that are values, by the first byte of each. */
const words: ReadonlyMap<number, Buffer> = new Map(
  ["true", "false", "null"].map((word) => [word.charCodeAt(0), Buffer.from(word)]),
);

/**
 * Finds the first fault against RFC 8259 or the depth bound; undefined when there is none. Runs
 * only where the native parser has failed or nesting is suspicious, so it is written for positions;
 * but it must not take longer than that parser, for what has failed may be long. It does not
 * recurse. The bytes must be UTF-8 already, but for a byte order mark.
 */
export function findJsonFault(bytes: Uint8Array, maxDepth: number): JsonFault | undefined {
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  const scanner: Scanner = { bytes, maxDepth, closers: [], at: marked ? 3 : 0, expect: "value" };
  for (;;) {
    while (isBlank(bytes[scanner.at])) scanner.at += 1;
    if (scanner.at >= bytes.length) {
      return scanner.expect === "end"
        ? undefined
        : { message: "the text ends too early", offset: bytes.length };
    }
    const fault = step(scanner);
    if (fault !== undefined) return fault;
  }
}

/**
 * The offset of the first byte that cannot belong to well-formed UTF-8 (RFC 3629); the length when
 * all is well.
 */
export function findInvalidUtf8(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length) {
    const size = sequenceSize(bytes[at] ?? 0);
    if (size === 0) return at;
    for (let index = 1; index < size; index += 1) {
      const byte = bytes[at + index] ?? 0;
      const [low, high] = index === 1 ? secondByteRange(bytes[at] ?? 0) : [0x80, 0xbf];
      if (byte < low || byte > high) return at;
    }
    at += size;
  }
  return at;
}

/** The line (from 1, ended by LF) and the column (from 1, in code points) of a byte offset. */
export function lineAndColumn(
  bytes: Uint8Array,
  offset: number,
): { readonly line: number; readonly column: number } {
  let line = 1;
  let column = 1;
  for (let index = 0; index < offset && index < bytes.length; index += 1) {
    const byte = bytes[index] ?? 0;
    if (byte === 0x0a) {
      line += 1;
      column = 1;
    } else if ((byte & 0xc0) !== 0x80) column += 1;
  }
  return { line, column };
}

function step(scanner: Scanner): JsonFault | undefined {
  const byte = scanner.bytes[scanner.at];
  switch (scanner.expect) {
    case "value":
      return readValue(scanner);
    case "value_or_close":
      return byte === 0x5d ? close(scanner) : readValue(scanner);
    case "key":
      return readKey(scanner, "expected a key in double quotes");
    case "key_or_close":
      return byte === 0x7d
        ? close(scanner)
        : readKey(scanner, "expected a key in double quotes or '}'");
    case "comma_or_close":
      return readSeparator(scanner);
    case "end":
      return { message: "unexpected text after the value", offset: scanner.at };
  }
}

function readValue(scanner: Scanner): JsonFault | undefined {
  const byte = scanner.bytes[scanner.at];
  if (byte === 0x7b || byte === 0x5b) {
    if (scanner.closers.length >= scanner.maxDepth) {
      return { message: `nested deeper than ${scanner.maxDepth} levels`, offset: scanner.at };
    }
    scanner.closers.push(byte + 2);
    scanner.expect = byte === 0x7b ? "key_or_close" : "value_or_close";
    scanner.at += 1;
    return undefined;
  }
  const fault = byte === 0x22 ? readString(scanner) : readScalar(scanner);
  if (fault === undefined) afterValue(scanner);
  return fault;
}

function readKey(scanner: Scanner, message: string): JsonFault | undefined {
  if (scanner.bytes[scanner.at] !== 0x22) return { message, offset: scanner.at };
  const fault = readString(scanner);
  if (fault !== undefined) return fault;
  while (isBlank(scanner.bytes[scanner.at])) scanner.at += 1;
  if (scanner.at >= scanner.bytes.length)
    return { message: "the text ends too early", offset: scanner.at };
  if (scanner.bytes[scanner.at] !== 0x3a)
    return { message: "expected ':' after the key", offset: scanner.at };
  scanner.at += 1;
  scanner.expect = "value";
  return undefined;
}

function readSeparator(scanner: Scanner): JsonFault | undefined {
  const byte = scanner.bytes[scanner.at];
  const closer = scanner.closers.at(-1);
  if (byte === closer) return close(scanner);
  if (byte !== 0x2c)
    return { message: `expected ',' or '${closer === 0x7d ? "}" : "]"}'`, offset: scanner.at };
  scanner.at += 1;
  scanner.expect = closer === 0x7d ? "key" : "value";
  return undefined;
}

function close(scanner: Scanner): undefined {
  scanner.closers.pop();
  scanner.at += 1;
  afterValue(scanner);
}

function afterValue(scanner: Scanner): void {
  scanner.expect = scanner.closers.length === 0 ? "end" : "comma_or_close";
}

function readScalar(scanner: Scanner): JsonFault | undefined {
  const { bytes, at } = scanner;
  const first = bytes[at];
  if (!isScalarByte(first)) return { message: "expected a value", offset: at };
  const word = words.get(first ?? 0);
  const end = word === undefined ? numberEnd(bytes, at) : wordEnd(bytes, at, word);
  if (end === -1 || isScalarByte(bytes[end])) {
    return { message: "not a number, true, false or null", offset: at };
  }
  scanner.at = end;
  return undefined;
}

function wordEnd(bytes: Uint8Array, start: number, word: Uint8Array): number {
  for (let index = 1; index < word.length; index += 1) {
    if (bytes[start + index] !== word[index]) return -1;
  }
  return start + word.length;
}

/** The offset past the number that starts here (RFC 8259, section 6); -1 where there is none. */
function numberEnd(bytes: Uint8Array, start: number): number {
  const whole = bytes[start] === 0x2d ? start + 1 : start;
  let end = bytes[whole] === 0x30 ? whole + 1 : digitsEnd(bytes, whole);
  if (end === whole) return -1;
  if (bytes[end] === 0x2e) {
    const fraction = end + 1;
    end = digitsEnd(bytes, fraction);
    if (end === fraction) return -1;
  }
  if (bytes[end] !== 0x65 && bytes[end] !== 0x45) return end;
  const sign = bytes[end + 1];
  const exponent = sign === 0x2b || sign === 0x2d ? end + 2 : end + 1;
  end = digitsEnd(bytes, exponent);
  return end === exponent ? -1 : end;
}

function digitsEnd(bytes: Uint8Array, start: number): number {
  let end = start;
  for (;;) {
    const byte = bytes[end] ?? 0;
    if (byte < 0x30 || byte > 0x39) return end;
    end += 1;
  }
}

function readString(scanner: Scanner): JsonFault | undefined {
  const { bytes } = scanner;
  for (let at = scanner.at + 1; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === 0x22) {
      scanner.at = at + 1;
      return undefined;
    }
    if (byte < 0x20)
      return { message: "a control character in a string must be escaped", offset: at };
    if (byte === 0x5c) {
      const size = escapeSize(bytes, at);
      if (size === 0) return { message: "not a valid escape in a string", offset: at };
      at += size - 1;
    }
  }
  return { message: "the text ends too early, within a string", offset: bytes.length };
}

/** The length of the escape that starts at a backslash; 0 when it is malformed. */
function escapeSize(bytes: Uint8Array, at: number): number {
  const letter = String.fromCharCode(bytes[at + 1] ?? 0);
  if (letter !== "u") return '"\\/bfnrt'.includes(letter) ? 2 : 0;
  for (let index = at + 2; index < at + 6; index += 1) {
    if (!/[0-9a-fA-F]/.test(String.fromCharCode(bytes[index] ?? 0))) return 0;
  }
  return 6;
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** Letters, digits, signs and the point. */
function isScalarByte(byte = 0): boolean {
  const lower = byte | 0x20;
  if (lower >= 0x61 && lower <= 0x7a) return true;
  return (byte >= 0x30 && byte <= 0x39) || byte === 0x2b || byte === 0x2d || byte === 0x2e;
}

function sequenceSize(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return 2;
  if (lead >= 0xe0 && lead <= 0xef) return 3;
  return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

/** Narrower after some leads: no overlong forms, no surrogates, nothing above U+10FFFF. */
function secondByteRange(lead: number): readonly [number, number] {
  if (lead === 0xe0) return [0xa0, 0xbf];
  if (lead === 0xed) return [0x80, 0x9f];
  if (lead === 0xf0) return [0x90, 0xbf];
  return lead === 0xf4 ? [0x80, 0x8f] : [0x80, 0xbf];
}
