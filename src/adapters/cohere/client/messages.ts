import type { Message } from "../../../../gen/parlance/chat/v1/message_pb.js";
import { Role } from "../../../../gen/parlance/chat/v1/message_pb.js";
import type { Part } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { isObject, type Json, type JsonObject } from "../../../json/json.ts";
import { sliceElements, sliceJson } from "../../../json/slice.ts";
import {
  elementSources,
  memberSource,
  sourceText,
  wholeSource,
} from "../../../json/source-slice.ts";
import { decodeCitation } from "../citation.ts";
import { otherMembers } from "../extras.ts";
import { NAME, TOOL_PLAN } from "../wire.ts";
import { decodeContent, decodeDocuments, part, textPart } from "./content.ts";
import { blame, list, object, type Reader, string } from "./request-cursor.ts";

const roles: ReadonlyMap<string, Role> = new Map([
  ["system", Role.SYSTEM],
  ["developer", Role.DEVELOPER],
  ["user", Role.USER],
  ["assistant", Role.ASSISTANT],
  ["tool", Role.TOOL],
]);

const known: ReadonlySet<string> = new Set([
  "role",
  "content",
  "tool_calls",
  "tool_plan",
  "tool_call_id",
  "citations",
]);

/** The turns. Documents beside the conversation belong to what the user said last, before it. */
export function decodeMessages(reader: Reader, json: JsonObject, body: Uint8Array): Message[] {
  const turns = list(reader, json, "messages");
  if (turns.length === 0) blame(reader, "messages", "must hold at least one message");
  const sources = sliceElements(sliceJson(body, ["messages"]) ?? new Uint8Array()) ?? [];
  const messages = turns.flatMap((turn: Json, at): Message[] => {
    const path = `messages[${at}]`;
    if (isObject(turn))
      return [decodeTurn(reader, turn, path, sources[at] ?? Buffer.from(JSON.stringify(turn)))];
    blame(reader, path, "must be an object");
    return [];
  });
  const documents = decodeDocuments(reader, list(reader, json, "documents"), "documents");
  const last = messages.findLast(({ role }) => role === Role.USER);
  if (documents.length > 0 && last === undefined)
    blame(reader, "documents", "need a message of the user");
  if (last !== undefined) last.parts = [...documents, ...last.parts];
  return messages;
}

function decodeTurn(reader: Reader, turn: JsonObject, path: string, source: Uint8Array): Message {
  const role = typeof turn.role === "string" ? roles.get(turn.role.toLowerCase()) : undefined;
  if (role === undefined) blame(reader, `${path}.role`, "must be system, user, assistant or tool");
  return {
    $typeName: "parlance.chat.v1.Message",
    role: role ?? Role.USER,
    parts: decodeParts(reader, turn, role, path, source),
    name: "",
    extrasJson: otherMembers(turn, known, source),
  };
}

function decodeParts(
  reader: Reader,
  turn: JsonObject,
  role: Role | undefined,
  path: string,
  source: Uint8Array,
): Part[] {
  const content = decodeContent(
    reader,
    turn.content,
    `${path}.content`,
    sliceJson(source, ["content"]),
  );
  if (role === Role.TOOL) {
    const toolCallId = string(reader, turn, "tool_call_id", `${path}.tool_call_id`) ?? "";
    if (toolCallId === "") blame(reader, `${path}.tool_call_id`, "is required");
    return [
      part({
        case: "toolResult",
        value: { $typeName: "parlance.chat.v1.ToolResult", toolCallId, content, name: "" },
      }),
    ];
  }
  if (role !== Role.ASSISTANT) return content;
  addCitations(reader, turn, content, path, source);
  const plan = string(reader, turn, "tool_plan", `${path}.tool_plan`) ?? "";
  return [...content, ...(plan === "" ? [] : [planPart(plan)]), ...decodeCalls(reader, turn, path)];
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

function decodeCalls(reader: Reader, turn: JsonObject, path: string): Part[] {
  return list(reader, turn, "tool_calls", `${path}.tool_calls`).flatMap(
    (call: Json, at): Part[] => {
      const place = `${path}.tool_calls[${at}]`;
      const body = isObject(call)
        ? object(reader, call, "function", `${place}.function`)
        : undefined;
      if (!isObject(call) || body === undefined) {
        blame(reader, `${place}.function`, "is required");
        return [];
      }
      const value = {
        $typeName: "parlance.chat.v1.ToolCall",
        id: string(reader, call, "id", `${place}.id`) ?? "",
        name: string(reader, body, "name", `${place}.function.name`) ?? "",
        input: {
          case: "argumentsJson",
          value: string(reader, body, "arguments", `${place}.function.arguments`) ?? "{}",
        },
        signature: "",
      } as const;
      return [part({ case: "toolCall", value: { ...value, input: { ...value.input } } })];
    },
  );
}

/** Citations of an earlier answer, on the text that they name or else the last. */
function addCitations(
  reader: Reader,
  turn: JsonObject,
  parts: Part[],
  path: string,
  source: Uint8Array,
): void {
  const sourceAt = elementSources(memberSource(wholeSource(source), "citations"));
  let last = parts.findLast(({ content }) => content.case === "text");
  for (const [at, citation] of list(reader, turn, "citations", `${path}.citations`).entries()) {
    if (!isObject(citation)) continue;
    const index = citation.content_index;
    const named = typeof index === "number" ? parts[index] : undefined;
    if (last === undefined) {
      last = textPart("");
      parts.push(last);
    }
    const { content } = named?.content.case === "text" ? named : last;
    if (content.case !== "text") continue;
    content.value.citations.push(decodeCitation(citation, sourceText(sourceAt(at), citation)));
  }
}
