import type { Message } from "../../../../gen/parlance/chat/v1/message_pb.js";
import { Role } from "../../../../gen/parlance/chat/v1/message_pb.js";
import type { Part } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { isObject } from "../../../json/json.ts";
import { sourceText } from "../../../json/source-slice.ts";
import {
  noteMark,
  noteUnknown,
  takeExtras,
  takeOpaque,
} from "../../shared/notes/unknown-members.ts";
import {
  type Cursor,
  list,
  objects,
  problem,
  requiredList,
  requiredName,
  requiredObject,
  string,
} from "../../shared/request-cursor.ts";
import { decodeCitation } from "../citation.ts";
import { NAME, TOOL_PLAN } from "../wire.ts";
import { decodeContent, decodeDocuments, part, textPart } from "./content.ts";

const roles: ReadonlyMap<string, Role> = new Map([
  ["system", Role.SYSTEM],
  ["developer", Role.DEVELOPER],
  ["user", Role.USER],
  ["assistant", Role.ASSISTANT],
  ["tool", Role.TOOL],
]);

const known: ReadonlySet<string> = new Set(["role", "content"]);
const toolMembers: ReadonlySet<string> = new Set([...known, "tool_call_id"]);
const assistantMembers: ReadonlySet<string> = new Set([
  ...known,
  "tool_calls",
  "tool_plan",
  "citations",
]);
const callMembers: ReadonlySet<string> = new Set(["id", "type", "function"]);
const calledMembers: ReadonlySet<string> = new Set(["name", "arguments"]);

/** The turns. Documents beside the conversation belong to what the user said last, before it. */
export function decodeMessages(cursor: Cursor): Message[] {
  const messages = objects(requiredList(cursor, "messages")).map(decodeTurn);
  return addDocuments(cursor, messages, decodeDocuments(cursor));
}

/** Puts documents into what the user said last, before it. */
export function addDocuments(
  cursor: Cursor,
  messages: Message[],
  documents: readonly Part[],
): Message[] {
  const last = messages.findLast(({ role }) => role === Role.USER);
  if (documents.length > 0 && last === undefined)
    problem(cursor, "documents", "need a message of the user");
  if (last !== undefined) last.parts = [...documents, ...last.parts];
  return messages;
}

function decodeTurn(turn: Cursor): Message {
  const { role: said } = turn.json;
  const role = typeof said === "string" ? roles.get(said.toLowerCase()) : undefined;
  if (role === undefined) problem(turn, "role", `must be one of ${[...roles.keys()].join(", ")}`);
  const since = noteMark(turn);
  const parts = decodeParts(turn, role);
  noteUnknown(
    turn,
    role === Role.ASSISTANT ? assistantMembers : role === Role.TOOL ? toolMembers : known,
  );
  return {
    $typeName: "parlance.chat.v1.Message",
    role: role ?? Role.USER,
    parts,
    name: "",
    text: "",
    extrasJson: takeExtras(turn, NAME, since),
  };
}

function decodeParts(turn: Cursor, role: Role | undefined): Part[] {
  const content = decodeContent(turn);
  if (role === Role.TOOL) {
    const toolCallId = requiredName(turn, "tool_call_id");
    return [
      part({
        case: "toolResult",
        value: { $typeName: "parlance.chat.v1.ToolResult", toolCallId, content, name: "" },
      }),
    ];
  }
  if (role !== Role.ASSISTANT) return content;
  addCitations(turn, content);
  const plan = string(turn, "tool_plan") ?? "";
  return [...content, ...(plan === "" ? [] : [planPart(plan)]), ...decodeCalls(turn)];
}

function planPart(text: string): Part {
  return part({
    case: "reasoning",
    value: {
      $typeName: "parlance.chat.v1.Reasoning",
      text,
      signature: "",
      encrypted: "",
      summaries: [],
      id: TOOL_PLAN,
      dialect: NAME,
    },
  });
}

function decodeCalls(turn: Cursor): Part[] {
  return objects(list(turn, "tool_calls")).flatMap((call): Part[] => {
    const since = noteMark(call);
    const body = requiredObject(call, "function");
    if (body === undefined) return [];
    noteUnknown(body, calledMembers);
    noteUnknown(call, callMembers);
    const extras = takeOpaque(call, NAME, since);
    const value = {
      $typeName: "parlance.chat.v1.ToolCall",
      id: string(call, "id") ?? "",
      name: string(body, "name") ?? "",
      input: { case: "argumentsJson", value: string(body, "arguments") ?? "{}" },
      signature: "",
    } as const;
    const called = part({ case: "toolCall", value: { ...value, input: { ...value.input } } });
    return [extras === undefined ? called : { ...called, extras }];
  });
}

/** Citations of an earlier answer, on the text that they name or else the last. */
function addCitations(turn: Cursor, parts: Part[]): void {
  let last = parts.findLast(({ content }) => content.case === "text");
  for (const { json: citation, source } of list(turn, "citations")) {
    if (!isObject(citation)) continue;
    const index = citation.content_index;
    const named = typeof index === "number" ? parts[index] : undefined;
    if (last === undefined) {
      last = textPart("");
      parts.push(last);
    }
    const { content } = named?.content.case === "text" ? named : last;
    if (content.case !== "text") continue;
    content.value.citations.push(decodeCitation(citation, sourceText(source, citation)));
  }
}
