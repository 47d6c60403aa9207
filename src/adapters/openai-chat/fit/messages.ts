import { dropped, type EncodeReport, mapped } from "../../../core/fidelity/encode-report.ts";
import type { JsonEdit, JsonEdits } from "../../../json/edit.ts";
import { isObject, type Json, type JsonObject, objectAt } from "../../../json/json.ts";
import { isKnownType } from "../../turns/media-types.ts";
import { fitsToolId } from "../vendor/tool-id.ts";
import type { ChatQuirks } from "../wire.ts";
import { takesInMessages } from "./options.ts";

/** What a piece of a body needs for a vendor to take it. Undefined: nothing. */
export type FitWay = "edited" | "encoded" | "translated" | undefined;

/** The greater of two needs: that of the whole. */
export function greaterWay(left: FitWay, right: FitWay): FitWay {
  if (left === "translated" || right === "translated") return "translated";
  if (left === "encoded" || right === "encoded") return "encoded";
  return left ?? right;
}

/** Whether a member says something: null and what is empty do not. */
export function isSet(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === "") return false;
  return typeof value !== "object" || Object.keys(value).length > 0;
}

/** Members in which an earlier answer's reasoning and its proofs come back. */
const reasonings = [
  "reasoning_content",
  "reasoning",
  "reasoning_details",
  "thinking_blocks",
  "provider_specific_fields",
] as const;

/** Other members of messages that clients of the dialect know. */
const others = [
  "name",
  "refusal",
  "audio",
  "annotations",
  "images",
  "function_call",
  "cache_control",
] as const;

/** What a message needs for an endpoint to take it. */
export function wayOfMessage(message: JsonObject, quirks: ChatQuirks): FitWay {
  let way: FitWay;
  if (message.role === "developer" && quirks.developerRole !== true) way = "edited";
  if (message.role === "assistant") way = greaterWay(way, wayOfAnswer(message, quirks));
  else if (typeof message.tool_call_id === "string" && !fitsToolId(message.tool_call_id, quirks))
    return "encoded";
  if (quirks.messagesTake !== undefined) way = greaterWay(way, wayOfOthers(message, quirks));
  return greaterWay(way, wayOfContent(message.content, quirks));
}

/** The edits of a message that needs them and nothing more; undefined for none. */
export function editsOfMessage(
  message: JsonObject,
  quirks: ChatQuirks,
  report: EncodeReport,
  path: string,
): JsonEdits | undefined {
  if (wayOfMessage(message, quirks) !== "edited") return undefined;
  const edits: Record<string, JsonEdit> = {};
  if (message.role === "developer" && quirks.developerRole !== true) {
    mapped(report, `${path}.role`, "sent as system");
    edits.role = '"system"';
  }
  for (const member of [...reasonings, ...others]) {
    if (message[member] === undefined || takesBack(member, message.role, quirks)) continue;
    if (isSet(message[member])) dropped(report, `${path}.${member}`);
    edits[member] = null;
  }
  return edits;
}

/** Reasoning that is not taken back is cut by the encoder, which knows what is left of the turn. */
function wayOfAnswer(message: JsonObject, quirks: ChatQuirks): FitWay {
  let way: FitWay;
  for (const member of reasonings) {
    if (message[member] === undefined || takesBack(member, message.role, quirks)) continue;
    if (isSet(message[member])) return "encoded";
    way = refusesUnknown(quirks) ? "edited" : way;
  }
  const calls = Array.isArray(message.tool_calls) ? message.tool_calls : [];
  return calls.some((call) => isObject(call) && !fitsCall(call, quirks)) ? "encoded" : way;
}

function fitsCall(call: JsonObject, quirks: ChatQuirks): boolean {
  if (typeof call.id === "string" && !fitsToolId(call.id, quirks)) return false;
  return quirks.thoughtSignatures === true || objectAt(call, "extra_content") === undefined;
}

/** A name is taken out in place. Anything else says something that the encoder says otherwise. */
function wayOfOthers(message: JsonObject, quirks: ChatQuirks): FitWay {
  let way: FitWay;
  for (const member of others) {
    if (message[member] === undefined || takesBack(member, message.role, quirks)) continue;
    if (isSet(message[member]) && (member !== "name" || message.role === "function"))
      return "encoded";
    way = "edited";
  }
  return way;
}

function takesBack(member: string, role: Json | undefined, quirks: ChatQuirks): boolean {
  switch (member) {
    case "reasoning_content":
    case "reasoning":
      return (quirks.reasoningField ?? "reasoning_content") === member;
    case "reasoning_details":
      return quirks.reasoningDetails === true;
    case "thinking_blocks":
      return false;
    case "provider_specific_fields":
      return !refusesUnknown(quirks);
    default:
      return takesInMessages(member, typeof role === "string" ? role : "", quirks);
  }
}

/** Vendors without reasoning are known to refuse members of messages that they do not know. */
function refusesUnknown(quirks: ChatQuirks): boolean {
  return quirks.messagesTake !== undefined || quirks.reasoningField === "none";
}

function wayOfContent(content: Json | undefined, quirks: ChatQuirks): FitWay {
  if (!Array.isArray(content)) return undefined;
  let way: FitWay;
  for (const part of content) if (isObject(part)) way = greaterWay(way, wayOfPart(part, quirks));
  return way;
}

/** Pictures, files and sound that the vendor does not fetch are fetched for it. */
function wayOfPart(part: JsonObject, quirks: ChatQuirks): FitWay {
  const { image_url: image, file, input_audio: audio } = part;
  if (image !== undefined) {
    if (quirks.imageUrls === false && isAddressed(image)) return "translated";
    if (isMislabelled(image)) return "encoded";
  }
  if (isObject(file) && isAddress(file.file_data)) return "translated";
  if (isObject(audio) && isAddress(audio.data)) return "translated";
  return quirks.messagesTake !== undefined && isSet(part.cache_control) ? "encoded" : undefined;
}

/** Whether a picture is in a data URL under a name of its type that vendors do not know. */
function isMislabelled(image: Json): boolean {
  const url = isObject(image) ? image.url : image;
  return typeof url === "string" && !isKnownType(/^data:([^;,]*)/i.exec(url)?.[1] ?? "");
}

/** Whether a picture is named by its address: some clients send that alone. */
function isAddressed(image: Json | undefined): boolean {
  return isAddress(isObject(image) ? image.url : image);
}

function isAddress(url: Json | undefined): boolean {
  return typeof url === "string" && /^https?:/i.test(url);
}
