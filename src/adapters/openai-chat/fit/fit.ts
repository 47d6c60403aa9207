import type { OriginBody } from "../../../core/dialect.ts";
import { createReport, type EncodeReport } from "../../../core/fidelity/encode-report.ts";
import type { Fit } from "../../../core/fidelity/fit.ts";
import { servedModel } from "../../../core/target/served-model.ts";
import { editTopLevel, type JsonEdit, type JsonEdits, MemberText } from "../../../json/edit.ts";
import { asBuffer, isObject, type Json, type JsonObject, looseNumber } from "../../../json/json.ts";
import { sliceElements, sliceJson } from "../../../json/slice.ts";
import { holdsTurns } from "../../turns/body-turns.ts";
import { chatFidelity } from "../fidelity.ts";
import type { ChatEncodeOptions, ChatQuirks } from "../wire.ts";
import { editsOfMessage, type FitWay, greaterWay, isSet, wayOfMessage } from "./messages.ts";
import { isRewritten, isWithheld, memberName, reportWithheld, switchesEffort } from "./options.ts";

/**
 * Fits a chat to an endpoint that takes a part of the dialect, by the rules of the encoder: members
 * of the body and of its messages are renamed, replaced or taken out in place. What has to be
 * written anew is encoded; what is undone in the answer is translated.
 */
export function fitChat({ body, json }: OriginBody, options: ChatEncodeOptions): Fit {
  const { quirks } = options;
  let way: FitWay = hasLevel(json, options) ? "encoded" : undefined;
  for (const member of Object.keys(json)) way = greaterWay(way, wayOfMember(member, json, quirks));
  const messages = Array.isArray(json.messages) ? json.messages : [];
  for (const message of messages) {
    if (isObject(message)) way = greaterWay(way, wayOfMessage(message, quirks));
  }
  if (way !== "translated" && !stands(json, quirks)) way = "encoded";
  if (way === undefined) return "as_is";
  return way === "edited" ? edited(body, json, messages, quirks) : way;
}

/** Whether a body names a level of effort, for a model whose effort has none. */
function hasLevel(json: JsonObject, options: ChatEncodeOptions): boolean {
  const effort = json.reasoning_effort;
  if (typeof effort !== "string" || effort === "none" || effort === "default") return false;
  return switchesEffort(servedModel(options), options.quirks);
}

/** Whether the turns stand as the endpoint demands, at the path of all chats. */
function stands(json: JsonObject, quirks: ChatQuirks): boolean {
  if (!holdsTurns(json, quirks)) return false;
  const { prefillMark, prefillPath } = quirks;
  if (prefillPath === undefined || prefillMark === undefined) return true;
  const last = Array.isArray(json.messages) ? json.messages.at(-1) : undefined;
  return !isObject(last) || last[prefillMark] === undefined;
}

function wayOfMember(member: string, json: JsonObject, quirks: ChatQuirks): FitWay {
  if (member === "model" || member === "messages" || member === "stream") return undefined;
  const value = json[member] ?? null;
  if (isEmulated(member, value, quirks)) return "translated";
  if (member === "reasoning_effort" && quirks.thinkingSwitch !== undefined && isSet(value))
    return "encoded";
  if (member === "search_parameters") return "encoded";
  if (member === "tools" && quirks.takes !== undefined && holdsCacheMark(value)) return "encoded";
  const name = memberName(member, quirks);
  if (!isWithheld(name, quirks)) return name === member ? undefined : "edited";
  return isRewritten(member) && isSet(value) ? "encoded" : "edited";
}

/** Whether the gateway does what the endpoint cannot, and the answer shows it. */
function isEmulated(member: string, value: Json, quirks: ChatQuirks): boolean {
  if (member === "n") return quirks.severalAnswers === false && looseNumber(value) > 1;
  if (member !== "response_format" || quirks.jsonSchema !== false) return false;
  return isObject(value) && value.type === "json_schema";
}

function holdsCacheMark(list: Json): boolean {
  return Array.isArray(list) && list.some((item) => isObject(item) && isSet(item.cache_control));
}

function edited(
  body: Uint8Array,
  json: JsonObject,
  messages: readonly Json[],
  quirks: ChatQuirks,
): Fit {
  const report = createReport(chatFidelity);
  const turns = messageEdits(body, messages, quirks, report);
  const edits = { ...turns, ...memberEdits(json, quirks, report) };
  return { body, edits, report: report.entries };
}

/** Of two members for one thing the newer name wins, as in the decoder. */
function memberEdits(json: JsonObject, quirks: ChatQuirks, report: EncodeReport): JsonEdits {
  const edits: Record<string, JsonEdit> = {};
  for (const member of Object.keys(json)) {
    if (wayOfMember(member, json, quirks) !== "edited") continue;
    const value = json[member] ?? null;
    const name = memberName(member, quirks);
    edits[member] = null;
    if (!isSet(value)) continue;
    if (isWithheld(name, quirks)) reportWithheld(report, name, value);
    else if (member !== "max_tokens" || !isSet(json[name])) edits[name] = new MemberText(member);
  }
  return edits;
}

/** The list of messages with the edits of each; nothing where none has any. */
function messageEdits(
  body: Uint8Array,
  messages: readonly Json[],
  quirks: ChatQuirks,
  report: EncodeReport,
): JsonEdits {
  const edits = messages.map((message, at) =>
    isObject(message) ? editsOfMessage(message, quirks, report, `messages[${at}]`) : undefined,
  );
  if (edits.every((edit) => edit === undefined)) return {};
  const source = sliceJson(body, ["messages"]);
  const elements = source === undefined ? undefined : sliceElements(source);
  const texts = elements?.map((element, at) => {
    const edit = edits[at];
    const fitted = edit === undefined ? element : (editTopLevel(element, edit) ?? element);
    return asBuffer(fitted).toString("utf8");
  });
  return texts === undefined ? {} : { messages: `[${texts.join(",")}]` };
}
