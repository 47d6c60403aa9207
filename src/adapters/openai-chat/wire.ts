import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { EncodeOptions } from "../../core/dialect.ts";
import { dropped, type EncodeReport, refuse } from "../../core/fidelity/encode-report.ts";
import type { Quirks as AnyQuirks } from "../../core/quirks.ts";
import { asBuffer } from "../../json/json.ts";
import { isObjectText } from "../../json/members.ts";
import { type JsonMember, scanTopLevel } from "../../json/scan.ts";
import { type RawJson, rawJson, type Writable } from "../../json/write.ts";
import type { OpenAiChatQuirks } from "./quirks.ts";

/** The dialect's name. */
export const NAME = "openai-chat";

/** Where a vendor deviates, as its row declares it; what is absent is as most vendors do. */
export type ChatQuirks = Partial<OpenAiChatQuirks>;

/**
 * Options of an encoder of this dialect. Rows of other dialects' making are accepted: unknown
 * members do nothing.
 */
export type ChatEncodeOptions = EncodeOptions<ChatQuirks & AnyQuirks>;

/** A JSON object under construction. Undefined members are not written. */
export type Draft = Record<string, Writable>;

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
  return scanTopLevel(bytes)?.map((member) => ({
    key: member.key,
    text: memberText(bytes, member),
  }));
}

function memberText(bytes: Buffer, member: JsonMember): string {
  return bytes.toString("utf8", member.valueStart, member.valueEnd);
}

/**
 * Adds the members of an extras object to a draft. What the draft already says, and reserved keys,
 * stay as they are and are reported as dropped; a text that is no object is refused.
 */
export function addExtras(
  draft: Draft,
  extras: Readonly<Record<string, string>>,
  path: string,
  report: EncodeReport,
  reserved?: ReadonlySet<string>,
): void {
  const text = extras[NAME];
  if (text === undefined || text === "") return;
  const members = rawMembers(text);
  if (members === undefined) {
    refuse(report, ErrorReason.INVALID_REQUEST, `${path}["${NAME}"]`, "must be a JSON object");
    return;
  }
  for (const { key, text: value } of members) {
    if (draft[key] !== undefined || reserved?.has(key) === true) {
      dropped(report, `${path}["${NAME}"].${key}`, "a declared field says it");
    } else draft[key] = rawJson(value);
  }
}

/**
 * A text that must be one JSON object, to be written as it is; one that is not is refused under its
 * field.
 */
export function objectText(text: string, field: string, report: EncodeReport): RawJson {
  if (!isObjectText(text))
    refuse(report, ErrorReason.INVALID_REQUEST, field, "must be a JSON object");
  return rawJson(text);
}

/** The JSON object of raw members; undefined when there are none. */
export function printMembers(members: readonly RawMember[]): string | undefined {
  if (members.length === 0) return undefined;
  return `{${members.map(({ key, text }) => `${JSON.stringify(key)}:${text}`).join(",")}}`;
}

/** An extras map with one entry for this dialect; empty when there is nothing to say. */
export function extrasOf(json: string | undefined): Record<string, string> {
  return json === undefined ? {} : { [NAME]: json };
}
