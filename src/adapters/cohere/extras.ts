import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { dropped, type EncodeReport, refuse } from "../../core/fidelity/encode-report.ts";
import { asBuffer, isObject, type JsonObject, parseJson } from "../../json/json.ts";
import { printMembers, unknownMembers } from "../../json/members.ts";
import { scanTopLevel } from "../../json/scan.ts";
import { rawJson, type Writable } from "../../json/write.ts";
import { addExtras as addSharedExtras } from "../shared/add-extras.ts";
import type { Cursor } from "../shared/request-cursor.ts";
import { type Draft, NAME } from "./wire.ts";

/** One member of a JSON object with its exact text. */
export interface RawMember {
  readonly key: string;
  readonly text: string;
}

/**
 * The members of a JSON object with their exact texts; undefined when the text is not an object.
 */
export function rawMembers(source: string | Uint8Array): readonly RawMember[] | undefined {
  const bytes = typeof source === "string" ? Buffer.from(source) : asBuffer(source);
  return scanTopLevel(bytes)?.map(({ key, valueStart, valueEnd }) => ({
    key,
    text: bytes.toString("utf8", valueStart, valueEnd),
  }));
}

/** Whether a text is one JSON object. */
export function isObjectText(text: string): boolean {
  const parsed = parseJson(text);
  return parsed.ok && isObject(parsed.value);
}

/**
 * Adds the members of this dialect's extras to a draft, byte for byte; objects that both have are
 * merged. What the draft already says, and reserved keys, stay and are reported as dropped. `name`
 * is the dialect whose extras are meant.
 */
export function addExtras(
  draft: Draft,
  extras: Readonly<Record<string, string>>,
  path: string,
  report: EncodeReport,
  reserved?: ReadonlySet<string>,
  name: string = NAME,
): void {
  const text = extras[name];
  if (text === undefined || text === "") return;
  const field = `${path}["${name}"]`;
  const members = isObjectText(text) ? rawMembers(text) : undefined;
  if (members === undefined) {
    refuse(report, ErrorReason.INVALID_REQUEST, field, "must be a JSON object");
    return;
  }
  const free = members.filter(({ key }) => reserved?.has(key) !== true);
  for (const { key } of members) {
    if (reserved?.has(key) === true) dropped(report, `${field}.${key}`, "a declared field says it");
  }
  const texts = free.map(({ key, text: value }) => [key, value] as const);
  addSharedExtras(draft, printMembers(texts), field, report);
}

/**
 * A value in this dialect's own format; undefined for those of another, which is reported, and for
 * what is no JSON, which is refused.
 */
export function encodeOpaqueValue(
  { dialect, json }: { readonly dialect: string; readonly json: string },
  field: string,
  report: EncodeReport,
): Writable {
  if (dialect !== NAME) {
    dropped(report, field, `written for ${dialect}`);
    return undefined;
  }
  if (!parseJson(json).ok)
    refuse(report, ErrorReason.INVALID_REQUEST, `${field}.json`, "must be one JSON value");
  return rawJson(json);
}

/**
 * Adds members of an answer that only this dialect's vendors have; what the draft says stays as it
 * is.
 */
export function addAnswerExtras(draft: Draft, extras: string | undefined): void {
  for (const { key, text } of rawMembers(extras ?? "") ?? []) {
    if (draft[key] === undefined) draft[key] = rawJson(text);
  }
}

/**
 * The members of an object that are neither known nor null, as an extras map with their exact
 * texts; empty when there are none. Without the object's own bytes they are printed from the parsed
 * form.
 */
export function otherMembers(
  json: JsonObject,
  known: ReadonlySet<string>,
  body?: Uint8Array,
  name: string = NAME,
): Record<string, string> {
  const rest = new Map<string, string>();
  for (const key of Object.keys(json)) {
    const value = json[key];
    if (!known.has(key) && value !== null && value !== undefined)
      rest.set(key, JSON.stringify(value));
  }
  if (rest.size === 0) return {};
  for (const { key, text } of (body === undefined ? undefined : rawMembers(body)) ?? []) {
    if (rest.has(key)) rest.set(key, text);
  }
  return {
    [name]: `{${Array.from(rest, ([key, text]) => `${JSON.stringify(key)}:${text}`).join(",")}}`,
  };
}

/** The members of a request's object that are not known, as this dialect's extras. */
export function unknownExtras(
  { json, source }: Pick<Cursor, "json" | "source">,
  known: ReadonlySet<string>,
): Record<string, string> {
  const extras = unknownMembers(json, source, known);
  return extras === "" ? {} : { [NAME]: extras };
}
