import type { Json, JsonObject } from "./json.ts";
import { asBuffer, isObject, parseJson } from "./json.ts";
import { rootStart, scanObject, scanTopLevel, skipBlanks } from "./scan.ts";
import type { Source } from "./source-slice.ts";
import { rawJson, type Writable } from "./write.ts";

/**
 * Members of an object text, each as its exact JSON text, in order; undefined when the text is not
 * an object.
 */
export function membersOf(text: string): readonly MemberText[] | undefined {
  if (!isObjectText(text)) return undefined;
  const bytes = Buffer.from(text);
  return (scanTopLevel(bytes) ?? []).map((member) => [
    member.key,
    bytes.toString("utf8", member.valueStart, member.valueEnd),
  ]);
}

/** A member of an object and its exact JSON text. */
export type MemberText = readonly [key: string, text: string];

/**
 * The object text of all members that are not null and not among the known; "" when there is none.
 */
export function unknownMembers(
  json: JsonObject,
  source: Source,
  known: ReadonlySet<string>,
): string {
  const members = unknownTexts(json, source, known);
  return members.length === 0 ? "" : printMembers(members);
}

/** As unknownMembers, each member as its JSON text. */
export function unknownTexts(
  json: JsonObject,
  source: Source,
  known: ReadonlySet<string>,
): readonly MemberText[] {
  const keys = Object.keys(json).filter(
    (key) => !known.has(key) && json[key] !== null && json[key] !== undefined,
  );
  if (keys.length === 0) return [];
  const textOf = memberTexts(source());
  return keys.map((key) => [key, textOf(key) ?? JSON.stringify(json[key])]);
}

/**
 * The exact texts of an object's members, all found in one pass; undefined for those that its bytes
 * do not hold.
 */
function memberTexts(bytes: Uint8Array | undefined): (key: string) => string | undefined {
  if (bytes === undefined) return () => undefined;
  const buffer = asBuffer(bytes);
  const object = scanObject(buffer, skipBlanks(buffer, rootStart(buffer)));
  const members = new Map(object?.members.map((member) => [member.key, member]));
  return (key) => {
    const member = members.get(key);
    return member === undefined
      ? undefined
      : buffer.toString("utf8", member.valueStart, member.valueEnd);
  };
}

/** The object text of members that are JSON texts already. */
export function printMembers(members: Iterable<MemberText>): string {
  let text = "";
  for (const [key, value] of members)
    text += `${text === "" ? "{" : ","}${JSON.stringify(key)}:${value}`;
  return text === "" ? "{}" : `${text}}`;
}

/** An object being written. */
export type Body = Record<string, Writable>;

/**
 * Adds the members of an object text; of those already there, objects are merged and others
 * replaced. False: not an object.
 */
export function mergeMembers(body: Body, text: string): boolean {
  return mergeInto(body, text, new Set());
}

/** `own`: objects that were copied for the merge already, for a key may come again and again. */
function mergeInto(body: Body, text: string, own: Set<Body>): boolean {
  const members = membersOf(text);
  if (members === undefined) return false;
  for (const [key, value] of members) {
    const present = body[key];
    const merged = isBody(present) ? (own.has(present) ? present : { ...present }) : undefined;
    if (merged === undefined || !mergeInto(merged, value, own)) body[key] = rawJson(value);
    else {
      own.add(merged);
      body[key] = merged;
    }
  }
  return true;
}

/** Whether JSON text is one object. */
export function isObjectText(text: string): boolean {
  // Spares the usual empty text an exception, which costs more than all else here.
  if (text === "") return false;
  const parsed = parseJson(text);
  return parsed.ok && isObject(parsed.value);
}

/**
 * JSON text on one line, so that it can stand in an SSE data line; outside of strings line ends are
 * only blanks.
 */
export function onOneLine(text: string): string {
  return /[\r\n]/.test(text) ? text.replaceAll(/[\r\n]/g, " ") : text;
}

/** A JSON value that is neither absent nor null. */
export function isPresent(json: Json | undefined): json is Exclude<Json, null> {
  return json !== undefined && json !== null;
}

function isBody(value: Writable): value is Body {
  return (
    typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype
  );
}
