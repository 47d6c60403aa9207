import type { Opaque } from "../../../../gen/parlance/chat/v1/part_pb.js";
import type { BesideRequest, Demand, UnknownMember } from "../../../core/beside-request.ts";
import type { DialectName } from "../../../core/dialect.ts";
import { isObject, type Json, type JsonObject } from "../../../json/json.ts";
import { type MemberText, printMembers, unknownTexts } from "../../../json/members.ts";
import type { Source } from "../../../json/source-slice.ts";
import { printElementKey } from "./element-key.ts";

/** Members of an object of a request that its reader does not know. */
export interface UnknownMembers {
  /** The path of the object. */
  readonly path: string;
  readonly members: readonly MemberText[];
  /** The extras that hold them; undefined: none do yet. */
  extras: object | undefined;
  dialect: DialectName;
}

/** What is noted of a request while it is read. */
export interface RequestNotes {
  /** The objects that have members which their readers do not know. */
  readonly unknown: UnknownMembers[];
  /** What only some dialects can honour. */
  readonly demands: Demand[];
  /** Whether members are read by `topP` or `top_p`. */
  readonly protobuf: boolean;
}

/** An object of a request that is being read: a cursor. */
export interface ReadObject {
  readonly json: JsonObject;
  readonly path: string;
  readonly source: Source;
  readonly request: RequestNotes;
}

/**
 * Notes the members of an object that are neither known nor null: null means "not set". Every
 * reader of an object calls it, so that nothing is lost unseen; where nothing is unknown it only
 * compares keys. `unread`: known members whose values were not understood, so that they count as
 * unknown.
 */
export function noteUnknown(
  cursor: ReadObject,
  readable: ReadonlySet<string>,
  unread: readonly string[] = [],
): void {
  const { json, source, path, request } = cursor;
  const known = unread.length === 0 ? readable : without(readable, unread);
  let found = false;
  for (const key in json) {
    if (json[key] !== null && !(known.has(key) && isRead(cursor, key))) found = true;
  }
  if (!found) return;
  const read = request.protobuf ? new Set([...known].filter((key) => isRead(cursor, key))) : known;
  const members = unknownTexts(json, source, read);
  request.unknown.push({ path, members, extras: undefined, dialect: "" });
}

function without(members: ReadonlySet<string>, unread: readonly string[]): ReadonlySet<string> {
  return new Set([...members].filter((key) => !unread.includes(key)));
}

/** Of two spellings of one member Protobuf's readers take the first, in camel case. */
function isRead({ json, request }: ReadObject, key: string): boolean {
  if (!request.protobuf || !key.includes("_")) return true;
  const camel = camelCase(key);
  return json[camel] === undefined || json[camel] === null;
}

/**
 * Notes a member that only vendors of some dialects can honour, because it refers to what such a
 * vendor keeps. `key` "": the object itself. `message` says what the client can do instead.
 */
export function demand(
  { path, request }: Pick<ReadObject, "path" | "request">,
  key: string,
  { message, dialects }: Omit<Demand, "path">,
): void {
  const place = key === "" ? path : path === "" ? key : `${path}.${key}`;
  request.demands.push({ path: place, message, dialects });
}

/** Where in the notes of a request those begin that are still to come. */
export function noteMark({ request }: ReadObject): number {
  return request.unknown.length;
}

/** Forgets the notes since a mark: what they are about is kept whole. */
export function forgetNotes({ request }: ReadObject, since: number): void {
  request.unknown.length = since;
}

/**
 * The unknown members of an object and of the objects in it, of those noted since a mark, as extras
 * of a dialect; empty where there are none. What stands in a list of the object has a place in them
 * where the list is one of `lists`, whose elements are sent one by one as they came.
 */
export function takeExtras(
  cursor: ReadObject,
  dialect: DialectName,
  since: number,
  lists: ReadonlySet<string> = noLists,
): Record<string, string> {
  const extras: Record<string, string> = {};
  const text = take(cursor, { dialect, since, lists }, extras);
  if (text !== undefined) extras[dialect] = text;
  return extras;
}

/** As takeExtras, for what has one dialect only; undefined where there are none. */
export function takeOpaque(
  cursor: ReadObject,
  dialect: DialectName,
  since: number,
  lists: ReadonlySet<string> = noLists,
): Opaque | undefined {
  if (cursor.request.unknown.length === since) return undefined;
  const opaque: Opaque = { $typeName: "parlance.chat.v1.Opaque", dialect, json: "" };
  const text = take(cursor, { dialect, since, lists }, opaque);
  return text === undefined ? undefined : Object.assign(opaque, { json: text });
}

/** What a request says beside its message; undefined where it says nothing. */
export function besideOf({ unknown, demands }: RequestNotes): BesideRequest | undefined {
  if (unknown.length === 0 && demands.length === 0) return undefined;
  const members: UnknownMember[] = [];
  for (const { path, members: found, extras } of unknown) {
    for (const [key] of found) members.push({ path: path === "" ? key : `${path}.${key}`, extras });
  }
  const dialect = unknown.find((one) => one.dialect !== "")?.dialect ?? "";
  return { dialect, members, demands };
}

/** An object under construction: texts of members, and objects in it. */
interface Draft {
  readonly members: Map<string, string>;
  readonly objects: Map<string, Draft>;
}

interface Taking {
  readonly dialect: DialectName;
  readonly since: number;
  readonly lists: ReadonlySet<string>;
}

const noLists: ReadonlySet<string> = new Set();

function take(
  { path, json, request }: ReadObject,
  { dialect, since, lists }: Taking,
  extras: object,
): string | undefined {
  const draft = createDraft();
  let found = false;
  for (const noted of request.unknown.slice(since)) {
    noted.dialect = dialect;
    const way = noted.extras === undefined ? wayTo(path, noted.path) : undefined;
    const keys = way === undefined ? undefined : keysOf(way, { json, request, lists });
    if (keys === undefined) continue;
    noted.extras = extras;
    found = true;
    const place = keys.reduce(inside, draft);
    for (const [key, text] of noted.members) place.members.set(key, text);
  }
  return found ? printDraft(draft) : undefined;
}

function createDraft(): Draft {
  return { members: new Map(), objects: new Map() };
}

function inside({ objects }: Draft, key: string): Draft {
  const known = objects.get(key) ?? createDraft();
  objects.set(key, known);
  return known;
}

function printDraft({ members, objects }: Draft): string {
  const all = new Map(members);
  for (const [key, draft] of objects) all.set(key, printDraft(draft));
  return printMembers(all);
}

/**
 * The keys and indices from an object to one in it; undefined where it is not in it. Readers only
 * go into objects whose names they know, and those have no dots.
 */
function wayTo(from: string, to: string): readonly string[] | undefined {
  if (from === to) return [];
  if (from !== "" && !to.startsWith(`${from}.`)) return undefined;
  const rest = from === "" ? to : to.slice(from.length + 1);
  return rest.replaceAll(/\[(\d+)\]/g, ".$1").split(".");
}

interface WayOptions extends Pick<ReadObject, "json" | "request"> {
  readonly lists: ReadonlySet<string>;
}

/**
 * A way as keys of extras: members as the vendor documents them, an element of a list as one key.
 * Undefined where it leads through a list that is not among the `lists`.
 */
function keysOf(
  way: readonly string[],
  { json, request, lists }: WayOptions,
): readonly string[] | undefined {
  const keys: string[] = [];
  let at: Json | undefined = json;
  for (const step of way) {
    const isElement = Array.isArray(at);
    const list = isElement ? (keys.pop() ?? "") : "";
    if (isElement && !lists.has(list)) return undefined;
    const key = Array.isArray(at)
      ? printElementKey(list, at, Number(step))
      : memberKey(step, request);
    if (key === undefined) return undefined;
    keys.push(key);
    at = valueAt(at, step);
  }
  return keys;
}

function memberKey(step: string, { protobuf }: RequestNotes): string {
  return protobuf ? camelCase(step) : step;
}

function valueAt(json: Json | undefined, step: string): Json | undefined {
  if (Array.isArray(json)) return json[Number(step)];
  return isObject(json) ? json[step] : undefined;
}

function camelCase(key: string): string {
  return key.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
