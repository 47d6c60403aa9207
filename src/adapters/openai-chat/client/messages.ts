import type { Message } from "../../../../gen/parlance/chat/v1/message_pb.js";
import { Role } from "../../../../gen/parlance/chat/v1/message_pb.js";
import type { Part } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { isObject, type Json, type JsonObject } from "../../../json/json.ts";
import {
  elementSources,
  memberSource,
  type Source,
  wholeSource,
} from "../../../json/source-slice.ts";
import { blame, present, type Reader, string, under, word } from "../../shared/request-reader.ts";
import { extrasOf } from "../wire.ts";
import { decodeAssistant } from "./assistant.ts";
import { decodeCacheHint, decodeContent, partOf } from "./content.ts";
import { unknownMembers } from "./extras.ts";

const FUNCTION = -1;

const roles: ReadonlyMap<string, Role | typeof FUNCTION> = new Map<string, Role | typeof FUNCTION>([
  ["system", Role.SYSTEM],
  ["developer", Role.DEVELOPER],
  ["user", Role.USER],
  ["assistant", Role.ASSISTANT],
  ["tool", Role.TOOL],
  ["function", FUNCTION],
]);

const known = new Set([
  "role",
  "content",
  "name",
  "tool_calls",
  "tool_call_id",
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
  "cache_control",
]);

/**
 * Reads `messages`. OpenAI's former `function` role becomes a tool result of the last call of that
 * function.
 */
export function decodeMessages(
  reader: Reader,
  json: Json | undefined,
  body: Uint8Array,
): Message[] {
  if (!Array.isArray(json) || json.length === 0) {
    blame(reader, "messages", "must be a non-empty array");
    return [];
  }
  const sourceAt = elementSources(memberSource(wholeSource(body), "messages"));
  const messages: Message[] = [];
  const calls = new Map<string, string>();
  for (let at = 0; at < json.length; at += 1) {
    const item: Json = json[at] ?? null;
    if (!isObject(item)) {
      blame(reader, `messages[${at}]`, "must be an object");
      continue;
    }
    const message = decodeMessage(reader, item, at, sourceAt(at), calls);
    if (message !== undefined) messages.push(message);
  }
  return messages;
}

function decodeMessage(
  reader: Reader,
  json: JsonObject,
  at: number,
  source: Source,
  calls: Map<string, string>,
): Message | undefined {
  const path = `messages[${at}]`;
  if (present(json, "role") === undefined) blame(reader, under(path, "role"), "is required");
  const role = word(reader, json, "role", roles, path);
  if (role === undefined) return undefined;
  const parts = decodeParts(reader, json, role, at, source, calls);
  const cache = decodeCacheHint(json);
  const last = parts.at(-1);
  if (cache !== undefined && last !== undefined && last.cache === undefined) last.cache = cache;
  return {
    $typeName: "parlance.chat.v1.Message",
    role: role === FUNCTION ? Role.TOOL : role,
    parts,
    name: role === FUNCTION ? "" : (string(reader, json, "name", path) ?? ""),
    extrasJson: extrasOf(unknownMembers(json, source, known)),
  };
}

function decodeParts(
  reader: Reader,
  json: JsonObject,
  role: Role | typeof FUNCTION,
  at: number,
  source: Source,
  calls: Map<string, string>,
): Part[] {
  const path = `messages[${at}]`;
  if (role === Role.ASSISTANT) return decodeAssistant(reader, json, at, source, calls);
  const given = present(json, "content");
  if (given === undefined && role !== FUNCTION)
    blame(reader, under(path, "content"), "is required");
  const content =
    given === undefined
      ? []
      : decodeContent(reader, given, under(path, "content"), memberSource(source, "content"));
  if (role !== Role.TOOL && role !== FUNCTION) return content;
  const id =
    role === FUNCTION
      ? functionCallId(reader, json, path, calls)
      : string(reader, json, "tool_call_id", path);
  if (id === undefined || id === "") blame(reader, under(path, "tool_call_id"), "is required");
  return [
    partOf({
      case: "toolResult",
      value: {
        $typeName: "parlance.chat.v1.ToolResult",
        toolCallId: id ?? "",
        content: withoutEmpty(content),
        name: "",
      },
    }),
  ];
}

function functionCallId(
  reader: Reader,
  json: JsonObject,
  path: string,
  calls: Map<string, string>,
): string {
  const name = string(reader, json, "name", path);
  if (name === undefined || name === "") blame(reader, under(path, "name"), "is required");
  return calls.get(name ?? "") ?? `call_${name ?? ""}`;
}

/** An empty text is how the dialect says that a tool gave nothing. */
function withoutEmpty(content: Part[]): Part[] {
  const only = content.length === 1 ? content[0]?.content : undefined;
  return only?.case === "text" && only.value.text === "" ? [] : content;
}
