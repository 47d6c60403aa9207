import type { Message } from "../../../../gen/parlance/chat/v1/message_pb.js";
import { Role } from "../../../../gen/parlance/chat/v1/message_pb.js";
import type { Part } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { noteMark, noteUnknown, takeExtras } from "../../shared/notes/unknown-members.ts";
import {
  asObject,
  at,
  type Cursor,
  member,
  missing,
  requiredList,
  requiredName,
  string,
  word,
} from "../../shared/request-cursor.ts";
import { NAME } from "../wire.ts";
import { decodeAssistant } from "./assistant.ts";
import { cacheMembers, decodeCacheHint, decodeContent, partOf } from "./content.ts";

const FUNCTION = -1;

const roles: ReadonlyMap<string, Role | typeof FUNCTION> = new Map<string, Role | typeof FUNCTION>([
  ["system", Role.SYSTEM],
  ["developer", Role.DEVELOPER],
  ["user", Role.USER],
  ["assistant", Role.ASSISTANT],
  ["tool", Role.TOOL],
  ["function", FUNCTION],
]);

const known = new Set(["role", "content", "name", ...cacheMembers]);
const toolMembers = new Set([...known, "tool_call_id"]);
const assistantMembers = new Set([
  ...known,
  "tool_calls",
  "function_call",
  "refusal",
  "audio",
  "reasoning_content",
  "reasoning",
  "reasoning_details",
  "thinking_blocks",
  "annotations",
  "images",
  "provider_specific_fields",
]);

/** The ids of the calls so far that have none of their own, by their functions. */
type FormerCalls = Map<string, string>;

/**
 * Reads `messages`. OpenAI's former `function` role becomes a tool result of the last call of that
 * function.
 */
export function decodeMessages(cursor: Cursor): Message[] {
  const calls: FormerCalls = new Map();
  return requiredList(cursor, "messages").flatMap((element, index) => {
    const turn = asObject(element);
    return turn === undefined ? [] : (decodeMessage(turn, index, calls) ?? []);
  });
}

function decodeMessage(turn: Cursor, index: number, calls: FormerCalls): Message | undefined {
  if (member(turn, "role") === undefined) missing(turn, "role");
  const role = word(turn, "role", roles);
  if (role === undefined) return undefined;
  const mark = noteMark(turn);
  const parts =
    role === Role.ASSISTANT ? decodeAssistant(turn, index, calls) : decodeParts(turn, role, calls);
  const cache = decodeCacheHint(turn);
  const last = parts.at(-1);
  if (cache !== undefined && last !== undefined && last.cache === undefined) last.cache = cache;
  noteUnknown(turn, membersOf(role));
  return {
    $typeName: "parlance.chat.v1.Message",
    role: role === FUNCTION ? Role.TOOL : role,
    parts,
    name: role === FUNCTION ? "" : (string(turn, "name") ?? ""),
    text: "",
    extrasJson: takeExtras(turn, NAME, mark, LISTS),
  };
}

/** Lists whose elements a vendor gets as they came. */
const LISTS: ReadonlySet<string> = new Set(["annotations", "reasoning_details", "thinking_blocks"]);

/** What a message of a role has; an answer's members say nothing in one of the user. */
function membersOf(role: Role | typeof FUNCTION): ReadonlySet<string> {
  if (role === Role.ASSISTANT) return assistantMembers;
  return role === Role.TOOL ? toolMembers : known;
}

function decodeParts(turn: Cursor, role: Role | typeof FUNCTION, calls: FormerCalls): Part[] {
  const sent = at(turn, "content");
  if (sent === undefined && role !== FUNCTION) missing(turn, "content");
  const content = sent === undefined ? [] : decodeContent(sent);
  if (role !== Role.TOOL && role !== FUNCTION) return content;
  const toolCallId =
    role === FUNCTION ? functionCallId(turn, calls) : requiredName(turn, "tool_call_id");
  return [
    partOf({
      case: "toolResult",
      value: {
        $typeName: "parlance.chat.v1.ToolResult",
        toolCallId,
        content: withoutEmpty(content),
        name: "",
      },
    }),
  ];
}

function functionCallId(turn: Cursor, calls: FormerCalls): string {
  const name = requiredName(turn, "name");
  return calls.get(name) ?? `call_${name}`;
}

/** An empty text is how the dialect says that a tool gave nothing. */
function withoutEmpty(content: Part[]): Part[] {
  const only = content.length === 1 ? content[0]?.content : undefined;
  return only?.case === "text" && only.value.text === "" ? [] : content;
}
