import type { Message } from "../../../../gen/parlance/chat/v1/message_pb.js";
import { Role } from "../../../../gen/parlance/chat/v1/message_pb.js";
import type { Part } from "../../../../gen/parlance/chat/v1/part_pb.js";
import type { Json } from "../../../json/json.ts";
import { noteMark, noteUnknown, takeExtras } from "../../shared/notes/unknown-members.ts";
import {
  at,
  type Cursor,
  list,
  missing,
  objects,
  requiredList,
  word,
} from "../../shared/request-cursor.ts";
import { familyOf } from "../vendor/model-traits.ts";
import { DIALECT } from "../wire.ts";
import { decodeBlocks } from "./content.ts";

const KNOWN: ReadonlySet<string> = new Set(["role", "content"]);

const roles: ReadonlyMap<string, Role> = new Map([
  ["user", Role.USER],
  ["assistant", Role.ASSISTANT],
  ["system", Role.SYSTEM],
]);

/**
 * The instructions and the turns. Results of tools become messages of their own, in their place;
 * encoding to this dialect joins them with what the user says again.
 */
export function decodeMessages(cursor: Cursor, model: string): Message[] {
  const claude = familyOf(model.toLowerCase()) === "claude";
  const system = decodeBlocks(list(cursor, "system"), claude);
  const turns = objects(requiredList(cursor, "messages")).flatMap((turn) =>
    decodeTurn(turn, claude),
  );
  return system.length === 0 ? turns : [message(Role.SYSTEM, system, {}), ...turns];
}

function decodeTurn(turn: Cursor, claude: boolean): Message[] {
  if (at(turn, "role") === undefined) missing(turn, "role");
  const role = word(turn, "role", roles) ?? Role.USER;
  const since = noteMark(turn);
  const content: readonly Cursor<Json>[] = requiredList(turn, "content");
  const parts = decodeBlocks(content, claude);
  noteUnknown(turn, KNOWN);
  const extras = takeExtras(turn, DIALECT, since);
  return role === Role.USER ? splitResults(parts, extras) : [message(role, parts, extras)];
}

/** Members of the turn stay with its first message. */
function splitResults(parts: readonly Part[], extras: Message["extrasJson"]): Message[] {
  const messages: Message[] = [];
  for (const part of parts) {
    const role = part.content.case === "toolResult" ? Role.TOOL : Role.USER;
    const last = messages.at(-1);
    if (last?.role === role) last.parts.push(part);
    else messages.push(message(role, [part], messages.length === 0 ? extras : {}));
  }
  return messages.length === 0 ? [message(Role.USER, [], extras)] : messages;
}

function message(role: Role, parts: Part[], extrasJson: Message["extrasJson"]): Message {
  return { $typeName: "parlance.chat.v1.Message", role, parts, text: "", name: "", extrasJson };
}
