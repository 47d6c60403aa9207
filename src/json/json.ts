import { isAscii, isUtf8 } from "node:buffer";
import { findJsonExcess } from "./bounds.ts";
import { findInvalidUtf8, findJsonFault, lineAndColumn } from "./parse-fault.ts";

/**
 * A JSON value as read from foreign text. Integers outside the safe range lose digits: use
 * json-slice.ts to keep their text.
 */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/**
 * A JSON object. An absent member reads as undefined; a member called `__proto__` is an ordinary
 * own property.
 */
export interface JsonObject {
  readonly [key: string]: Json | undefined;
}

/** Why and where a text is not JSON. */
export interface JsonError {
  readonly message: string;
  /** Bytes before the fault, from 0. */
  readonly offset: number;
  /** From 1; lines end at LF. */
  readonly line: number;
  /** Characters (code points) from the start of the line, from 1. */
  readonly column: number;
}

/** What parseJson gives back; both outcomes are normal. */
export type ParsedJson =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly error: JsonError };

/** Bounds for parseJson. */
export interface JsonLimits {
  /**
   * Objects and arrays that may be open at once; default 512. Deeper text is an error, so that
   * later walks cannot overflow the stack.
   */
  readonly maxDepth?: number;
  /**
   * How much a text above 64 KiB may hold, in values as json-bounds.ts counts them; default
   * 8,000,000, which is some 0.3 s of parsing.
   */
  readonly maxValues?: number;
}

const DEFAULT_MAX_DEPTH = 512;
const DEFAULT_MAX_VALUES = 8_000_000;

/**
 * A text that is smaller can hold nothing that costs much, and its depth is cheaper looked at
 * afterwards.
 */
const BOUNDED_BYTES = 64 * 1024;

/**
 * No text of more than 64 KiB with at most 512 brackets counts as more values a byte: the densest
 * is a list of strings of two bytes, 25 values in five bytes. A shorter text than the bound on
 * values has by this needs only its brackets counted, which two native searches do.
 */
const VALUES_A_BYTE = 6;

/**
 * Parses RFC 8259 JSON. Never throws: bad syntax, invalid UTF-8, excessive depth and more values
 * than the bound are error values with a position. What is beyond the bounds is refused before
 * anything is built of it. A leading byte order mark is tolerated. Of duplicate keys the last wins,
 * as in JSON.parse.
 */
export function parseJson(source: Uint8Array | string, limits?: JsonLimits): ParsedJson {
  const maxDepth = limits?.maxDepth ?? DEFAULT_MAX_DEPTH;
  const large = source.length > BOUNDED_BYTES;
  const sparse = large && typeof source !== "string" && isSparse(source, limits);
  const early = large && !sparse ? boundJson(asBytes(source), limits) : undefined;
  if (early !== undefined) return { ok: false, error: early };
  const text = typeof source === "string" ? dropMark(source) : decodeUtf8(source);
  // The brackets of such a text are counted in what is parsed, which spares a copy of it.
  const late = sparse && !opensFew(text, maxDepth) ? boundJson(source, limits) : undefined;
  if (late !== undefined) return { ok: false, error: late };
  if (text === undefined) return notUtf8(asBytes(source));
  let value: Json;
  try {
    value = JSON.parse(text);
  } catch {
    return locateFault(source, maxDepth);
  }
  if (!large && mayExceed(text, maxDepth)) {
    const fault = findJsonFault(asBytes(source), maxDepth);
    if (fault !== undefined) return failure(asBytes(source), fault.message, fault.offset);
  }
  return { ok: true, value };
}

/**
 * Why no JSON parser may read a text: it is large and beyond the bounds. Undefined where one may.
 * parseJson checks this itself.
 */
export function boundJson(bytes: Uint8Array, limits?: JsonLimits): JsonError | undefined {
  if (bytes.length <= BOUNDED_BYTES) return undefined;
  const maxDepth = limits?.maxDepth ?? DEFAULT_MAX_DEPTH;
  const maxValues = limits?.maxValues ?? DEFAULT_MAX_VALUES;
  const buffer = asBuffer(bytes);
  if (isSparse(bytes, limits) && !opensMore(buffer.toString("latin1"), maxDepth)) return undefined;
  const excess = findJsonExcess(buffer, { maxDepth, maxValues });
  return excess === undefined ? undefined : located(bytes, excess.message, excess.offset);
}

/** Whether a text is too short to hold more values than the bound, whatever it says. */
function isSparse(bytes: Uint8Array, limits: JsonLimits | undefined): boolean {
  return bytes.length * VALUES_A_BYTE <= (limits?.maxValues ?? DEFAULT_MAX_VALUES);
}

/** Decodes UTF-8 without its byte order mark; undefined when the bytes are not valid UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  const buffer = asBuffer(bytes);
  if (isAscii(buffer)) return buffer.toString("latin1", 0, buffer.length);
  if (!isUtf8(buffer)) return undefined;
  const marked = buffer[0] === 0xef && buffer[1] === 0xbb && buffer[2] === 0xbf;
  return buffer.toString("utf8", marked ? 3 : 0, buffer.length);
}

/**
 * The same memory as a Buffer, whose native search is several times faster than that of a plain
 * Uint8Array.
 */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Whether a value is an object: not null, not an array. */
export function isObject(json: Json | undefined): json is JsonObject {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

/** The member when it is a string, else undefined. */
export function stringAt(object: JsonObject, key: string): string | undefined {
  const value = object[key];
  return typeof value === "string" ? value : undefined;
}

/** The member when it is a number, else undefined. */
export function numberAt(object: JsonObject, key: string): number | undefined {
  const value = object[key];
  return typeof value === "number" ? value : undefined;
}

/**
 * A number, or a text that is one. NaN for everything else: of objects JavaScript makes numbers by
 * members that they may have with any value, and throws.
 */
export function looseNumber(value: Json | undefined): number {
  return typeof value === "number" || typeof value === "string" ? Number(value) : Number.NaN;
}

/**
 * The member when it is an integer that a double holds exactly (at most 2^53 - 1 in size), else
 * undefined.
 */
export function intAt(object: JsonObject, key: string): number | undefined {
  const value = object[key];
  return typeof value === "number" && Number.isSafeInteger(value) ? value : undefined;
}

/** The member when it is a boolean, else undefined. */
export function booleanAt(object: JsonObject, key: string): boolean | undefined {
  const value = object[key];
  return typeof value === "boolean" ? value : undefined;
}

/** The member when it is an object, else undefined. */
export function objectAt(object: JsonObject, key: string): JsonObject | undefined {
  const value = object[key];
  return isObject(value) ? value : undefined;
}

/** An element of a list of bytes; what is no number is 0. */
export function byteOf(json: Json): number {
  return typeof json === "number" ? json : 0;
}

/** The member when it is an array, else undefined. */
export function arrayAt(object: JsonObject, key: string): readonly Json[] | undefined {
  const value: Json | undefined = object[key];
  return Array.isArray(value) ? value : undefined;
}

/**
 * Depth needs as many opening brackets: counting those natively is far cheaper than a walk, and
 * mostly settles it.
 */
function mayExceed(text: string, maxDepth: number): boolean {
  return text.length >= 2 * maxDepth && opensMore(text, maxDepth);
}

/** Whether a text has more opening brackets than `max`, those within strings counted too. */
function opensMore(text: string, max: number): boolean {
  let openings = 0;
  for (const bracket of ["{", "["]) {
    for (let at = text.indexOf(bracket); at !== -1; at = text.indexOf(bracket, at + 1)) {
      openings += 1;
      if (openings > max) return true;
    }
  }
  return false;
}

function opensFew(text: string | undefined, max: number): boolean {
  return text !== undefined && !opensMore(text, max);
}

function notUtf8(bytes: Uint8Array): ParsedJson {
  return failure(bytes, "the text is not valid UTF-8", findInvalidUtf8(bytes));
}

function locateFault(source: Uint8Array | string, maxDepth: number): ParsedJson {
  const bytes = asBytes(source);
  const fault = findJsonFault(bytes, maxDepth);
  return failure(bytes, fault?.message ?? "the text is not valid JSON", fault?.offset ?? 0);
}

function failure(bytes: Uint8Array, message: string, offset: number): ParsedJson {
  return { ok: false, error: located(bytes, message, offset) };
}

function located(bytes: Uint8Array, message: string, offset: number): JsonError {
  return { message, offset, ...lineAndColumn(bytes, offset) };
}

function asBytes(source: Uint8Array | string): Uint8Array {
  return typeof source === "string" ? Buffer.from(source) : source;
}

function dropMark(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}
