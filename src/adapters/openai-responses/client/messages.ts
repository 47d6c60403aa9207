import type { Message } from "../../../../gen/parlance/chat/v1/message_pb.js";
import { Role } from "../../../../gen/parlance/chat/v1/message_pb.js";
import type { Part, Reasoning, ToolResult } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { appendAll } from "../../../core/append-all.ts";
import { type Json, type JsonObject, stringAt } from "../../../json/json.ts";
import { isPresent } from "../../../json/members.ts";
import { sourceText } from "../../../json/source-slice.ts";
import {
  noteMark,
  noteUnknown,
  takeExtras,
  takeOpaque,
} from "../../shared/notes/unknown-members.ts";
import {
  at,
  type Cursor,
  elements,
  isAtObject,
  list,
  missing,
  objects,
  problem,
  requiredString,
  word,
} from "../../shared/request-cursor.ts";
import { type CallProof, unseal } from "../../shared/sealed-reasoning.ts";
import { decodeItem, opaque, part } from "../content-part.ts";
import { DIALECT, PROOF_ID } from "../wire.ts";
import { decodeContents, textPart } from "./content.ts";
import { isReference, noteReference } from "./demands.ts";

/**
 * Members of a message item that say only what it is. An id or a status of what is sent back says
 * nothing more.
 */
const MESSAGE_MEMBERS: ReadonlySet<string> = new Set(["type", "role", "content", "id", "status"]);

/** The same of other items. A `status` or an id says nothing more of them either. */
const ITEM_MEMBERS: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries({
    function_call: ["call_id", "name", "namespace", "arguments"],
    custom_tool_call: ["call_id", "name", "namespace", "input"],
    function_call_output: ["call_id", "output"],
    custom_tool_call_output: ["call_id", "output"],
    reasoning: ["summary", "content", "encrypted_content", "signature"],
  }).map(([type, members]) => [type, new Set(["type", "id", "status", ...members])]),
);
const TEXT_MEMBERS: ReadonlySet<string> = new Set(["type", "text"]);

/** Signatures of tool calls, by the id of the call, that came back in sealed reasoning. */
type CallProofs = Map<string, string>;

const roles: ReadonlyMap<string, Role> = new Map([
  ["user", Role.USER],
  ["assistant", Role.ASSISTANT],
  ["system", Role.SYSTEM],
  ["developer", Role.DEVELOPER],
]);

/**
 * `instructions` and `input` as messages. What the model said, reasoned and called in one go is one
 * message, for that is how most dialects carry it; outputs of tools in a row are one message as
 * well.
 */
export function decodeMessages(cursor: Cursor): Message[] {
  const messages: Message[] = [];
  addItems(messages, at(cursor, "instructions"), Role.SYSTEM);
  const input = at(cursor, "input");
  addItems(messages, input, Role.USER);
  const { previous_response_id, conversation, prompt } = cursor.json;
  if (input === undefined && ![previous_response_id, conversation, prompt].some(isPresent))
    missing(cursor, "input");
  return messages;
}

/** A text, which is of the role, or a list of items. */
function addItems(messages: Message[], cursor: Cursor<Json> | undefined, role: Role): void {
  if (cursor === undefined) return;
  const { json } = cursor;
  if (typeof json === "string") messages.push(message(role, [textPart(json)], {}));
  else if (Array.isArray(json)) {
    const proofs: CallProofs = new Map();
    for (const item of objects(elements(cursor))) addItem(messages, item, proofs);
    if (proofs.size > 0) addProofs(messages, proofs);
  } else problem(cursor, "", "must be a string or a list of items");
}

function addItem(messages: Message[], item: Cursor, proofs: CallProofs): void {
  const { json, source } = item;
  const type = stringAt(json, "type") ?? (isPresent(json.role) ? "message" : "");
  const since = noteMark(item);
  const referred = isReference(json) ? referredProof(json) : undefined;
  if (referred !== undefined) {
    proofs.set(referred.toolCallId, referred.signature);
    return;
  }
  switch (type) {
    case "message":
      addMessage(messages, item);
      return;
    case "function_call":
    case "custom_tool_call":
      join(messages, Role.ASSISTANT, withExtras(item, decodeItem(json, source), since));
      return;
    case "function_call_output":
    case "custom_tool_call_output":
      join(
        messages,
        Role.TOOL,
        withExtras(item, [part({ case: "toolResult", value: decodeToolResult(item) })], since),
      );
      return;
    case "reasoning":
      join(messages, Role.ASSISTANT, withExtras(item, decodeReasoningItem(item, proofs), since));
      return;
    case "additional_tools":
      // They are tools of the request from here on.
      return;
    case "":
      if (!isReference(json)) {
        missing(item, "type");
        return;
      }
      noteReference(item);
      join(messages, Role.ASSISTANT, [
        part({ case: "opaque", value: opaque(sourceText(source, json)) }),
      ]);
      return;
    default:
      if (isReference(json)) noteReference(item);
      join(messages, isOutput(type) ? Role.USER : Role.ASSISTANT, [
        part({ case: "opaque", value: opaque(sourceText(source, json)) }),
      ]);
  }
}

/** The parts of an item, with what it says that has no field. */
function withExtras(item: Cursor, parts: readonly Part[], since: number): readonly Part[] {
  noteUnknown(item, ITEM_MEMBERS.get(stringAt(item.json, "type") ?? "") ?? TEXT_MEMBERS);
  const [first, ...others] = parts;
  if (first === undefined) return parts;
  const extras = takeOpaque(item, DIALECT, since, ITEM_LISTS);
  return extras === undefined ? parts : [{ ...first, extras }, ...others];
}

/** Lists of items other than messages, whose elements a vendor gets as they came. */
const ITEM_LISTS: ReadonlySet<string> = new Set(["summary", "content"]);

/** Items that the caller adds; all other built-in ones are the model's. */
function isOutput(type: string): boolean {
  return (
    type.endsWith("_call_output") ||
    type === "tool_search_output" ||
    type === "mcp_approval_response"
  );
}

function addMessage(messages: Message[], item: Cursor): void {
  const since = noteMark(item);
  if (!isPresent(item.json.role)) missing(item, "role");
  const role = word(item, "role", roles);
  const parts = decodeContents(item, "content");
  noteUnknown(item, MESSAGE_MEMBERS);
  const extras = takeExtras(item, DIALECT, since);
  const last = messages.at(-1);
  if (role !== Role.ASSISTANT || last?.role !== role || !takesMessage(last, extras)) {
    messages.push(message(role ?? Role.USER, parts, extras));
    return;
  }
  appendAll(last.parts, parts);
  if (extras[DIALECT] !== undefined) last.extrasJson = extras;
}

/**
 * Words of the model join its reasoning and calls before them; words after words are a message of
 * their own.
 */
function takesMessage(last: Message, extras: Message["extrasJson"]): boolean {
  if (last.extrasJson[DIALECT] !== undefined) return false;
  return extras[DIALECT] === undefined
    ? !last.parts.slice(-1).some(isSaid)
    : !last.parts.some(isSaid);
}

function isSaid({ content }: Part): boolean {
  return content.case === "text" || content.case === "refusal";
}

function join(messages: Message[], role: Role, parts: readonly Part[]): void {
  const last = messages.at(-1);
  if (last?.role === role && (role === Role.ASSISTANT || role === Role.TOOL))
    appendAll(last.parts, parts);
  else messages.push(message(role, [...parts], {}));
}

function decodeToolResult(item: Cursor): ToolResult {
  return {
    $typeName: "parlance.chat.v1.ToolResult",
    toolCallId: requiredString(item, "call_id"),
    content: decodeContents(item, "output"),
    name: "",
  };
}

/** Reasoning of another dialect comes back as what it was. */
function decodeReasoningItem(item: Cursor, proofs: CallProofs): Part[] {
  const { json, source } = item;
  for (const key of ["summary", "content"]) {
    if (!Array.isArray(json[key])) continue;
    for (const text of list(item, key)) if (isAtObject(text)) noteUnknown(text, TEXT_MEMBERS);
  }
  const [decoded] = decodeItem(json, source);
  if (decoded?.content.case !== "reasoning") return [];
  const reasoning: Reasoning = decoded.content.value;
  const unsealed = unseal(reasoning.encrypted);
  if (unsealed?.kind === "reasoning")
    return [part({ case: "reasoning", value: unsealed.reasoning })];
  if (unsealed?.kind !== "call") return [decoded];
  proofs.set(unsealed.proof.toolCallId, unsealed.proof.signature);
  return [];
}

/** The proof that the id of an item of ours is. */
function referredProof(json: JsonObject): CallProof | undefined {
  const id = stringAt(json, "id") ?? "";
  const unsealed = id.startsWith(PROOF_ID) ? unseal(id.slice(PROOF_ID.length)) : undefined;
  return unsealed?.kind === "call" ? unsealed.proof : undefined;
}

function addProofs(messages: readonly Message[], proofs: CallProofs): void {
  for (const { parts } of messages) {
    for (const { content } of parts) {
      if (content.case === "toolCall")
        content.value.signature = proofs.get(content.value.id) ?? content.value.signature;
    }
  }
}

function message(role: Role, parts: Part[], extrasJson: Message["extrasJson"]): Message {
  return {
    $typeName: "parlance.chat.v1.Message",
    role,
    parts,
    name: "",
    text: "",
    extrasJson,
  };
}
