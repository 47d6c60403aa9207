import type { Message } from "../../../../gen/parlance/chat/v1/message_pb.js";
import { Role } from "../../../../gen/parlance/chat/v1/message_pb.js";
import type { Part } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { isObject, type Json, type JsonObject } from "../../../json/json.ts";
import { given, unknownMembers } from "../../../json/members.ts";
import { elementSources, memberSource, type Source } from "../../../json/source-slice.ts";
import { kindOfJson, type Problems, problem } from "../../shared/request-problems.ts";
import { decodeBlocks, textPart } from "../content-part.ts";
import { unsealBlock } from "../sealed-reasoning.ts";
import { DIALECT } from "../wire.ts";
import { checkBlocks } from "./check-content.ts";

const KNOWN: ReadonlySet<string> = new Set(["role", "content"]);

/** The top-level `system` as one message of instructions; nothing where there is none. */
export function decodeSystem(problems: Problems, json: JsonObject, source: Source): Message[] {
  const system = json.system;
  if (!given(system) || system === "") return [];
  if (typeof system === "string") return [message(Role.SYSTEM, [textPart(system)], "")];
  if (!Array.isArray(system)) {
    problem(problems, "system", "must be a string or a list of text blocks");
    return [];
  }
  checkBlocks(problems, system, "system");
  const parts = decodeBlocks(system, memberSource(source, "system"));
  return parts.length === 0 ? [] : [message(Role.SYSTEM, parts, "")];
}

/**
 * The turns. Results of tools become messages of their own, in their place, for that is how most
 * dialects carry them; encoding to this dialect joins them with what the user says after them
 * again.
 */
export function decodeMessages(problems: Problems, json: JsonObject, source: Source): Message[] {
  const turns = json.messages;
  if (!Array.isArray(turns)) {
    problem(
      problems,
      "messages",
      turns === undefined ? "is required" : "must be a list of messages",
    );
    return [];
  }
  if (turns.length === 0) problem(problems, "messages", "must hold at least one message");
  const sourceAt = elementSources(memberSource(source, "messages"));
  return turns.flatMap((turn: Json, index) =>
    decodeTurn(problems, turn, `messages.${index}`, sourceAt(index)),
  );
}

function decodeTurn(problems: Problems, turn: Json, path: string, source: Source): Message[] {
  if (!isObject(turn)) {
    problem(problems, path, `must be an object, not ${kindOfJson(turn)}`);
    return [];
  }
  const role = decodeRole(turn.role);
  if (role === undefined)
    problem(problems, `${path}.role`, 'must be "user", "assistant" or "system"');
  const content = turn.content;
  const extras = unknownMembers(turn, source, KNOWN);
  if (typeof content === "string") return [message(role ?? Role.USER, [textPart(content)], extras)];
  if (!Array.isArray(content)) {
    const wrong =
      content === undefined ? "is required" : "must be a string or a list of content blocks";
    problem(problems, `${path}.content`, wrong);
    return [];
  }
  checkBlocks(problems, content, `${path}.content`);
  const parts = unsealParts(content, decodeBlocks(content, memberSource(source, "content")));
  return role === Role.USER
    ? splitResults(parts, extras)
    : [message(role ?? Role.USER, parts, extras)];
}

/**
 * Reasoning of other vendors as it was before it was sealed, and the proofs of tool calls back in
 * their calls.
 */
function unsealParts(blocks: readonly Json[], parts: readonly Part[]): Part[] {
  const unsealed = blocks.map(unsealBlock);
  const proofs = new Map(
    unsealed.flatMap((each) =>
      each?.kind === "call" ? [[each.proof.toolCallId, each.proof.signature]] : [],
    ),
  );
  return parts.flatMap((part, index): Part[] => {
    const found = unsealed[index];
    if (found?.kind === "call") return [];
    if (found !== undefined)
      return [{ ...part, content: { case: "reasoning", value: found.reasoning } }];
    const { content } = part;
    const signature = content.case === "toolCall" ? proofs.get(content.value.id) : undefined;
    if (content.case !== "toolCall" || signature === undefined) return [part];
    return [{ ...part, content: { case: "toolCall", value: { ...content.value, signature } } }];
  });
}

function decodeRole(role: Json | undefined): Role | undefined {
  switch (role) {
    case "user":
      return Role.USER;
    case "assistant":
      return Role.ASSISTANT;
    case "system":
      return Role.SYSTEM;
    default:
      return undefined;
  }
}

/**
 * Runs of results and runs of other parts, in order. Members of the turn stay with its first
 * message.
 */
function splitResults(parts: readonly Part[], extras: string): Message[] {
  if (parts.length === 0) return [message(Role.USER, [], extras)];
  const messages: Message[] = [];
  for (const part of parts) {
    const role = part.content.case === "toolResult" ? Role.TOOL : Role.USER;
    const last = messages.at(-1);
    if (last?.role === role) last.parts.push(part);
    else messages.push(message(role, [part], messages.length === 0 ? extras : ""));
  }
  return messages;
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
