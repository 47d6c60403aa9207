import type { Opaque } from "../../../gen/parlance/chat/v1/part_pb.js";
import { dropped, type EncodeReport } from "../../core/fidelity/encode-report.ts";
import { isObject, parseJson } from "../../json/json.ts";
import { type Body, membersOf } from "../../json/members.ts";
import { rawJson, type Writable } from "../../json/write.ts";
import { type ElementKey, maxElements, parseElementKey } from "./notes/element-key.ts";

/**
 * Adds the members of an extras text to a body. Objects that both have are merged; what the body
 * says already stays and is reported, as is a text that is not an object.
 */
export function addExtras(
  body: Body,
  text: string | undefined,
  field: string,
  report: EncodeReport,
): void {
  addInto(body, text, field, report, new Set());
}

/**
 * What a part or a tool is sent as, its extras of the report's dialect added to the first of it.
 * Where that cannot hold members they are reported as dropped.
 */
export function withPartExtras(
  bodies: readonly Writable[],
  { extras }: { readonly extras?: Opaque | undefined },
  path: string,
  report: EncodeReport,
): readonly Writable[] {
  if (extras === undefined || extras.dialect !== report.fidelity.dialect) return bodies;
  const [first, ...others] = bodies;
  if (first === undefined || !isBody(first)) {
    dropped(report, `${path}.extras`, "nothing that is sent could hold it");
    return bodies;
  }
  const body = { ...first };
  addExtras(body, extras.json, `${path}.extras`, report);
  return [body, ...others];
}

/** `own`: objects that were copied for this already, for a key may come again and again. */
function addInto(
  body: Body,
  text: string | undefined,
  field: string,
  report: EncodeReport,
  own: Set<Body>,
): void {
  if (text === undefined || text === "") return;
  const members = membersOf(text);
  if (members === undefined) {
    dropped(report, field, "not a JSON object");
    return;
  }
  for (const [key, value] of members) {
    const element = parseElementKey(key);
    if (element !== undefined) {
      addToElement(body, element, { text: value, field, report, own });
      continue;
    }
    const present = body[key];
    if (present === undefined) body[key] = rawJson(value);
    else if (isBody(present) && isObjectText(value)) {
      const merged = own.has(present) ? present : { ...present };
      addInto(merged, value, `${field}.${key}`, report, own);
      own.add(merged);
      body[key] = merged;
    } else dropped(report, `${field}.${key}`, "a declared field says it");
  }
}

/** Adds members to an element of a list that the body has, where it is the one that was meant. */
function addToElement(
  body: Body,
  { list, index, type, nth, count }: ElementKey,
  { text, field, report, own }: Adding,
): void {
  const place = `${field}.${list}[${index}]`;
  const present = body[list];
  const found: readonly Writable[] = Array.isArray(present) ? present : [];
  const elements = found.length > maxElements ? [] : found;
  const alike = elements.filter((one): one is Body => isBody(one) && (one.type ?? "") === type);
  const element = alike.length === count ? alike[nth] : undefined;
  if (element === undefined) {
    dropped(report, place, "what the vendor is sent has no place for it");
    return;
  }
  const merged = { ...element };
  addInto(merged, text, place, report, own);
  body[list] = elements.map((one) => (one === element ? merged : one));
}

/** What is added to an element. */
interface Adding {
  readonly text: string;
  readonly field: string;
  readonly report: EncodeReport;
  readonly own: Set<Body>;
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
  return (
    typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype
  );
}
