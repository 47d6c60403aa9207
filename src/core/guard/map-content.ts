import type { DescField, DescMessage, Message } from "@bufbuild/protobuf";
import { decodeUtf8 } from "../../json/json.ts";
import { mapStrings } from "../../json/map-strings.ts";
import { type ContentFields, type ContentKind, contentFields } from "./content-fields.ts";
import type { GuardStageName, UnreadablePart } from "./guard-note.ts";

/** Where a text stands. */
export interface ContentPlace {
  readonly stage: GuardStageName;
  /** Whether another text may stand in its place: it is no name and no address. */
  readonly replaceable: boolean;
}

/** Takes a text that is not empty, and gives the one that is to stand in its place. */
export type MapText = (text: string, place: ContentPlace) => string;

/**
 * Shows each text of a message, in the order of its fields, and gives the message with those that
 * were replaced; the same where none was. `stage` is that of all texts but those of results of
 * tools.
 */
export function mapContent<T extends Message>(
  schema: DescMessage,
  message: T,
  stage: GuardStageName,
  map: MapText,
  unread: NoteUnread = () => undefined,
): T {
  const visitor = { map, stage, unread };
  return mapMessage(schema, message as Values & T, visitor);
}

/** Takes what a part is that nobody reads. */
export type NoteUnread = (part: UnreadablePart, stage: GuardStageName) => void;

interface Visitor {
  readonly map: MapText;
  readonly stage: GuardStageName;
  readonly unread: NoteUnread;
}

/** A message of which nothing is known but that it has fields. */
type Values = Readonly<Record<string, unknown>>;

/** A field that has texts, or messages that do. */
interface Place {
  readonly name: string;
  /** The oneof that it is of. Undefined: of none. */
  readonly oneof: string | undefined;
  readonly kind: "one" | "list" | "map";
  readonly holds: ContentKind | DescMessage;
}

const places = new Map<string, readonly Place[]>();

const toolResult = "parlance.chat.v1.ToolResult";
const document = "parlance.chat.v1.Document";

/** What parts are that nobody reads; undefined for those that can be read. */
const unreadableParts: Readonly<Record<string, (part: Values) => UnreadablePart | undefined>> = {
  "parlance.chat.v1.Image": () => "IMAGE",
  "parlance.chat.v1.Video": () => "VIDEO",
  // What is said in it is known from words beside it, if there are any.
  "parlance.chat.v1.Audio": ({ transcript }) => (transcript === "" ? "AUDIO" : undefined),
  [document]: (file) => (isTextFile(file) ? undefined : "FILE"),
};

function isTextFile({ source, mediaType }: Values): boolean {
  const { case: kind } = source as { readonly case?: string };
  if (kind === "text" || kind === "content") return true;
  return kind === "data" && typeof mediaType === "string" && mediaType.startsWith("text/");
}

function mapMessage<T extends Values>(schema: DescMessage, message: T, outer: Visitor): T {
  const { typeName } = schema;
  const inResult = typeName === toolResult && outer.stage === "input";
  const visitor: Visitor = inResult ? { ...outer, stage: "tool_results" } : outer;
  const unreadable = unreadableParts[typeName]?.(message);
  if (unreadable !== undefined) visitor.unread(unreadable, visitor.stage);
  let changed: Record<string, unknown> | undefined;
  for (const place of placesOf(schema)) {
    const { name, oneof } = place;
    const before = valueAt(message, place);
    if (before === undefined) continue;
    const after = mapField(before, place, visitor);
    if (after === before) continue;
    changed ??= { ...message };
    if (oneof === undefined) changed[name] = after;
    else changed[oneof] = { case: name, value: after };
  }
  const mapped = (changed ?? message) as T; // the same fields, with texts in place of texts
  return typeName === document ? mapTextFile(mapped, visitor) : mapped;
}

function valueAt(message: Values, { name, oneof }: Place): unknown {
  if (oneof === undefined) return message[name];
  const chosen = message[oneof] as { readonly case?: string; readonly value?: unknown };
  return chosen.case === name ? chosen.value : undefined;
}

function mapField(value: unknown, { kind, holds }: Place, visitor: Visitor): unknown {
  if (kind === "one") return mapValue(value, holds, visitor);
  if (kind === "list") {
    const list = value as readonly unknown[];
    const mapped = list.map((one) => mapValue(one, holds, visitor));
    return mapped.every((one, at) => one === list[at]) ? list : mapped;
  }
  const entries = Object.entries(value as Values);
  const mapped = entries.map(([key, one]) => [key, mapValue(one, holds, visitor)] as const);
  return mapped.every(([, one], at) => one === entries[at]?.[1])
    ? value
    : Object.fromEntries(mapped);
}

function mapValue(value: unknown, holds: Place["holds"], visitor: Visitor): unknown {
  if (typeof holds === "object") return mapMessage(holds, value as Values, visitor);
  const { map, stage } = visitor;
  const text = value as string;
  if (text === "") return text;
  if (holds === "json") return mapJson(text, (one) => map(one, { stage, replaceable: true }));
  if (holds === "url" && text.startsWith("data:")) return text;
  return map(text, { stage, replaceable: holds === "text" });
}

/** Replaces strings of JSON, names of members among them. */
function mapJson(json: string, map: (text: string) => string): string {
  return mapStrings(json, (text) => (text === "" ? text : map(text)));
}

/** A file of text says what it says, also where it comes as bytes. */
function mapTextFile<T extends Values>(file: T, { map, stage }: Visitor): T {
  const source = file.source as { readonly case?: string; readonly value?: unknown };
  const { mediaType } = file;
  if (source.case !== "data" || typeof mediaType !== "string") return file;
  if (!mediaType.startsWith("text/")) return file;
  const text = decodeUtf8(source.value as Uint8Array);
  if (text === undefined || text === "") return file;
  const mapped = map(text, { stage, replaceable: true });
  if (mapped === text) return file;
  return { ...file, source: { case: "data", value: new TextEncoder().encode(mapped) } };
}

function placesOf(schema: DescMessage): readonly Place[] {
  const known = places.get(schema.typeName);
  if (known !== undefined) return known;
  // Known before its fields are looked at: parts hold parts.
  const found: Place[] = [];
  places.set(schema.typeName, found);
  const fields = contentFields[schema.typeName] ?? {};
  for (const field of schema.fields) {
    const place = placeOf(field, fields);
    if (place !== undefined) found.push(place);
  }
  return found;
}

function placeOf(field: DescField, fields: ContentFields): Place | undefined {
  const kind =
    field.fieldKind === "list" || field.fieldKind === "map" ? field.fieldKind : ("one" as const);
  const holds = field.message ?? fields[field.localName] ?? "none";
  const isEmpty = field.message !== undefined && !hasContent(field.message);
  if (holds === "none" || isEmpty) return undefined;
  return { name: field.localName, oneof: field.oneof?.localName, kind, holds };
}

function hasContent({ typeName, fields }: DescMessage): boolean {
  return typeName.startsWith("parlance.") && (typeName in contentFields || fields.some(isMessage));
}

function isMessage({ message }: DescField): boolean {
  return message !== undefined;
}
