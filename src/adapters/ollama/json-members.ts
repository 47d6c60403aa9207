import { isObject, type JsonObject, parseJson } from "../../core/json.ts";
import { scanTopLevel } from "../../core/json-scan.ts";
import { rawJson, type Writable } from "../../core/json-write.ts";
import { dropped, type EncodeReport } from "./encode-report.ts";
import { memberSource, type Source, sourceText } from "./source-slice.ts";

/** An object being written. */
export type Body = Record<string, Writable>;

/** Members of an object text, each as its exact JSON text, in order; undefined when the text is not an object. */
export function membersOf(text: string): readonly (readonly [key: string, text: string])[] | undefined {
  const parsed = parseJson(text);
  if (!parsed.ok || !isObject(parsed.value)) return undefined;
  const bytes = Buffer.from(text);
  return (scanTopLevel(bytes) ?? []).map((member) => [
    member.key,
    bytes.toString("utf8", member.valueStart, member.valueEnd),
  ]);
}

/** The object text of all members that are not null and not among the known; "" when there is none. */
export function unknownMembers(json: JsonObject, source: Source, known: ReadonlySet<string>): string {
  let text = "";
  for (const key of Object.keys(json)) {
    if (known.has(key) || json[key] === null || json[key] === undefined) continue;
    text += `${text === "" ? "{" : ","}${JSON.stringify(key)}:${sourceText(memberSource(source, key), json[key])}`;
  }
  return text === "" ? "" : `${text}}`;
}

/**
 * Adds the members of an extras text to a body. Objects that both have are merged; what the body says already stays and is
 * reported, as is a text that is not an object.
 */
export function addExtras(body: Body, text: string | undefined, field: string, report: EncodeReport): void {
  if (text === undefined || text === "") return;
  const members = membersOf(text);
  if (members === undefined) {
    dropped(report, field, "not a JSON object");
    return;
  }
  for (const [key, value] of members) {
    const present = body[key];
    if (present === undefined) body[key] = rawJson(value);
    else if (isBody(present) && membersOf(value) !== undefined) {
      const merged = { ...present };
      addExtras(merged, value, `${field}.${key}`, report);
      body[key] = merged;
    } else dropped(report, `${field}.${key}`, "a declared field says it");
  }
}

/** Whether JSON text is one value. */
export function isJsonText(text: string): boolean {
  return parseJson(text).ok;
}

/** Whether JSON text is one object. */
export function isObjectText(text: string): boolean {
  const parsed = parseJson(text);
  return parsed.ok && isObject(parsed.value);
}

function isBody(value: Writable): value is Body {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
