import type { Message } from "../../../../gen/parlance/chat/v1/message_pb.js";
import { Role } from "../../../../gen/parlance/chat/v1/message_pb.js";
import type { Part } from "../../../../gen/parlance/chat/v1/part_pb.js";
import type { Json } from "../../../json/json.ts";
import { noteMark, noteUnknown, takeExtras } from "../../shared/notes/unknown-members.ts";
import {
  at,
  type Cursor,
  missing,
  objects,
  problem,
  requiredList,
  word,
} from "../../shared/request-cursor.ts";
import { decodeBlocks, textPart } from "../content-part.ts";
import { unsealBlock } from "../sealed-reasoning.ts";
import { DIALECT } from "../wire.ts";
import { addBlockExtras, checkBlocks } from "./content.ts";

const KNOWN: ReadonlySet<string> = new Set(["role", "content"]);

const roles: ReadonlyMap<string, Role> = new Map([
  ["user", Role.USER],
  ["assistant", Role.ASSISTANT],
  ["system", Role.SYSTEM],
]);

/** The top-level `system` as one message of instructions; nothing where there is none. */
export function decodeSystem(cursor: Cursor): Message[] {
  const system = at(cursor, "system");
  if (system === undefined || system.json === "") return [];
  const parts = decodeContent(system);
  return parts.length === 0 ? [] : [message(Role.SYSTEM, parts, {})];
}

/**
 * The turns. Results of tools become messages of their own, in their place, for that is how most
 * dialects carry them; encoding to this dialect joins them with what the user says after them
 * again.
 */
export function decodeMessages(cursor: Cursor): Message[] {
  return objects(requiredList(cursor, "messages")).flatMap(decodeTurn);
}

function decodeTurn(turn: Cursor): Message[] {
  if (at(turn, "role") === undefined) missing(turn, "role");
  const role = word(turn, "role", roles) ?? Role.USER;
  const content = at(turn, "content");
  if (content === undefined) return missing(turn, "content") ?? [];
  const since = noteMark(turn);
  const parts = decodeContent(content);
  noteUnknown(turn, KNOWN);
  const extras = takeExtras(turn, DIALECT, since);
  const text = typeof content.json === "string";
  return role === Role.USER && !text ? splitResults(parts, extras) : [message(role, parts, extras)];
}

/** A text or a list of blocks. */
function decodeContent(content: Cursor<Json>): Part[] {
  const { json, source } = content;
  if (typeof json === "string") return [textPart(json)];
  if (!Array.isArray(json)) {
    problem(content, "", "must be a string or a list of content parts");
    return [];
  }
  const extras = checkBlocks(content);
  const parts = decodeBlocks(json, source);
  addBlockExtras(parts, extras);
  return unsealParts(json, parts);
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
    if (found?.kind === "search") return [foundElsewhere(part)];
    if (found !== undefined)
      return [{ ...part, content: { case: "reasoning", value: found.reasoning } }];
    const { content } = part;
    const signature = content.case === "toolCall" ? proofs.get(content.value.id) : undefined;
    if (content.case !== "toolCall" || signature === undefined) return [part];
    return [{ ...part, content: { case: "toolCall", value: { ...content.value, signature } } }];
  });
}

/** A search that no vendor can take back: encoders report that it is not sent. */
function foundElsewhere(part: Part): Part {
  const { content } = part;
  if (content.case !== "opaque") return part;
  return { ...part, content: { case: "opaque", value: { ...content.value, dialect: FOREIGN } } };
}

/** Stands for the dialect of whoever searched. */
const FOREIGN = "foreign-search";

/**
 * Runs of results and runs of other parts, in order. Members of the turn stay with its first
 * message.
 */
function splitResults(parts: readonly Part[], extras: Message["extrasJson"]): Message[] {
  if (parts.length === 0) return [message(Role.USER, [], extras)];
  const messages: Message[] = [];
  for (const part of parts) {
    const role = part.content.case === "toolResult" ? Role.TOOL : Role.USER;
    const last = messages.at(-1);
    if (last?.role === role) last.parts.push(part);
    else messages.push(message(role, [part], messages.length === 0 ? extras : {}));
  }
  return messages;
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
