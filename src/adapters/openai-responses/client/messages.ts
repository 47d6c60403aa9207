import type { Message } from "../../../../gen/parlance/chat/v1/message_pb.js";
import { Role } from "../../../../gen/parlance/chat/v1/message_pb.js";
import type { Part, Reasoning, ToolResult } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { appendAll } from "../../../core/append-all.ts";
import { isObject, type Json, type JsonObject, stringAt } from "../../../json/json.ts";
import { given, unknownMembers } from "../../../json/members.ts";
import {
  elementSources,
  memberSource,
  type Source,
  sourceText,
} from "../../../json/source-slice.ts";
import { kindOfJson, type Problems, problem } from "../../shared/request-problems.ts";
import { unseal } from "../../shared/sealed-reasoning.ts";
import { decodeItem, opaque, part } from "../output-item.ts";
import { DIALECT } from "../wire.ts";
import { decodeContents, textPart } from "./content.ts";

/**
 * Members of a message item that say only what it is. An id or a status of what is sent back says
 * nothing more.
 */
const MESSAGE_MEMBERS: ReadonlySet<string> = new Set(["type", "role", "content", "id", "status"]);

/** Signatures of tool calls, by the id of the call, that came back in sealed reasoning. */
type CallProofs = Map<string, string>;

/**
 * `instructions` and `input` as messages. What the model said, reasoned and called in one go is one
 * message, for that is how most dialects carry it; outputs of tools in a row are one message as
 * well.
 */
export function decodeInput(problems: Problems, json: JsonObject, source: Source): Message[] {
  const messages: Message[] = [];
  const { instructions, input } = json;
  if (typeof instructions === "string")
    messages.push(message(Role.SYSTEM, [textPart(instructions)], ""));
  else if (Array.isArray(instructions)) {
    decodeItems(
      problems,
      messages,
      instructions,
      "instructions",
      memberSource(source, "instructions"),
    );
  } else if (given(instructions)) problem(problems, "instructions", "must be a string");
  if (typeof input === "string") messages.push(message(Role.USER, [textPart(input)], ""));
  else if (Array.isArray(input))
    decodeItems(problems, messages, input, "input", memberSource(source, "input"));
  else if (given(input)) problem(problems, "input", "must be a string or a list of items");
  else if (!given(json.previous_response_id) && !given(json.conversation) && !given(json.prompt)) {
    problem(problems, "input", "is required");
  }
  return messages;
}

function decodeItems(
  problems: Problems,
  messages: Message[],
  items: readonly Json[],
  path: string,
  source: Source,
): void {
  const sourceAt = elementSources(source);
  const proofs: CallProofs = new Map();
  for (const [index, item] of items.entries()) {
    if (!isObject(item)) {
      problem(problems, `${path}[${index}]`, `must be an object, not ${kindOfJson(item)}`);
      continue;
    }
    addItem(problems, messages, item, `${path}[${index}]`, sourceAt(index), proofs);
  }
  if (proofs.size > 0) addProofs(messages, proofs);
}

function addItem(
  problems: Problems,
  messages: Message[],
  item: JsonObject,
  path: string,
  source: Source,
  proofs: CallProofs,
): void {
  const type = stringAt(item, "type") ?? (given(item.role) ? "message" : "");
  switch (type) {
    case "message":
      addMessage(problems, messages, item, path, source);
      return;
    case "function_call":
    case "custom_tool_call":
      join(messages, Role.ASSISTANT, decodeItem(item, source));
      return;
    case "function_call_output":
    case "custom_tool_call_output":
      join(messages, Role.TOOL, [
        part({ case: "toolResult", value: decodeToolResult(problems, item, path, source) }),
      ]);
      return;
    case "reasoning":
      join(messages, Role.ASSISTANT, decodeReasoningItem(item, source, proofs));
      return;
    case "":
      problem(problems, `${path}.type`, "is required");
      return;
    default:
      join(messages, isOutput(type) ? Role.USER : Role.ASSISTANT, [
        part({ case: "opaque", value: opaque(sourceText(source, item)) }),
      ]);
  }
}

/** Items that the caller adds; all other built-in ones are the model's. */
function isOutput(type: string): boolean {
  return (
    type.endsWith("_call_output") || type === "mcp_approval_response" || type === "additional_tools"
  );
}

function addMessage(
  problems: Problems,
  messages: Message[],
  item: JsonObject,
  path: string,
  source: Source,
): void {
  const role = roleOf(item.role);
  if (role === undefined)
    problem(problems, `${path}.role`, 'must be "user", "assistant", "system" or "developer"');
  const parts = decodeContents(
    problems,
    item.content,
    `${path}.content`,
    memberSource(source, "content"),
  );
  const extras = unknownMembers(item, source, MESSAGE_MEMBERS);
  const last = messages.at(-1);
  if (role !== Role.ASSISTANT || last?.role !== role || !takesMessage(last, extras)) {
    messages.push(message(role ?? Role.USER, parts, extras));
    return;
  }
  appendAll(last.parts, parts);
  if (extras !== "") last.extrasJson[DIALECT] = extras;
}

/**
 * Words of the model join its reasoning and calls before them; words after words are a message of
 * their own.
 */
function takesMessage(last: Message, extras: string): boolean {
  if (last.extrasJson[DIALECT] !== undefined) return false;
  return extras === "" ? !last.parts.slice(-1).some(isSaid) : !last.parts.some(isSaid);
}

function isSaid({ content }: Part): boolean {
  return content.case === "text" || content.case === "refusal";
}

function roleOf(role: Json | undefined): Role | undefined {
  switch (role) {
    case "user":
      return Role.USER;
    case "assistant":
      return Role.ASSISTANT;
    case "system":
      return Role.SYSTEM;
    case "developer":
      return Role.DEVELOPER;
    default:
      return undefined;
  }
}

function join(messages: Message[], role: Role, parts: readonly Part[]): void {
  const last = messages.at(-1);
  if (last?.role === role && (role === Role.ASSISTANT || role === Role.TOOL))
    appendAll(last.parts, parts);
  else messages.push(message(role, [...parts], ""));
}

function decodeToolResult(
  problems: Problems,
  item: JsonObject,
  path: string,
  source: Source,
): ToolResult {
  const id = stringAt(item, "call_id");
  if (id === undefined) problem(problems, `${path}.call_id`, "is required");
  return {
    $typeName: "parlance.chat.v1.ToolResult",
    toolCallId: id ?? "",
    content: decodeContents(
      problems,
      item.output,
      `${path}.output`,
      memberSource(source, "output"),
    ),
    name: "",
  };
}

/** Reasoning of another dialect comes back as what it was. */
function decodeReasoningItem(item: JsonObject, source: Source, proofs: CallProofs): Part[] {
  const [decoded] = decodeItem(item, source);
  if (decoded?.content.case !== "reasoning") return [];
  const told: Reasoning = decoded.content.value;
  const unsealed = unseal(told.encrypted);
  if (unsealed?.kind === "reasoning")
    return [part({ case: "reasoning", value: unsealed.reasoning })];
  if (unsealed === undefined) return [decoded];
  proofs.set(unsealed.proof.toolCallId, unsealed.proof.signature);
  return [];
}

function addProofs(messages: readonly Message[], proofs: CallProofs): void {
  for (const { parts } of messages) {
    for (const { content } of parts) {
      if (content.case === "toolCall")
        content.value.signature = proofs.get(content.value.id) ?? content.value.signature;
    }
  }
}

function message(role: Role, parts: Part[], extras: string): Message {
  return {
    $typeName: "parlance.chat.v1.Message",
    role,
    parts,
    name: "",
    extrasJson: extras === "" ? {} : { [DIALECT]: extras },
  };
}
