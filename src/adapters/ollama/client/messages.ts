import type { Message } from "../../../../gen/parlance/chat/v1/message_pb.js";
import { Role } from "../../../../gen/parlance/chat/v1/message_pb.js";
import type { Part } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { parseBase64 } from "../../../json/base64.ts";
import { isObject, type Json, type JsonObject } from "../../../json/json.ts";
import { unknownMembers } from "../../../json/members.ts";
import {
  elementSources,
  memberSource,
  type Source,
  sourceText,
} from "../../../json/source-slice.ts";
import { createOpenCalls, type OpenCalls } from "../../shared/open-calls.ts";
import { array, blame, object, type Reader, string } from "../../shared/request-reader.ts";
import { decodeToolInput } from "../../shared/tool-input.ts";
import { pictureType } from "../media-type.ts";
import { DIALECT } from "../wire.ts";

const roles: ReadonlyMap<string, Role> = new Map([
  ["system", Role.SYSTEM],
  ["user", Role.USER],
  ["assistant", Role.ASSISTANT],
  ["tool", Role.TOOL],
]);

const KNOWN: ReadonlySet<string> = new Set([
  "role",
  "content",
  "thinking",
  "images",
  "tool_calls",
  "tool_name",
  "tool_call_id",
]);

/**
 * Reads messages. Calls without an id get one by their place, and results without one answer the
 * next call of their tool.
 */
export function decodeMessages(reader: Reader, json: JsonObject, source: Source): Message[] {
  const list = array(reader, json, "messages");
  if (list === undefined || list.length === 0) {
    blame(reader, "messages", "must be a non-empty array");
    return [];
  }
  const sourceAt = elementSources(memberSource(source, "messages"));
  const open = createOpenCalls();
  return list.flatMap((item, at) => {
    if (isObject(item)) return [decodeMessage(reader, item, sourceAt(at), at, open)];
    blame(reader, `messages[${at}]`, "must be an object");
    return [];
  });
}

function decodeMessage(
  reader: Reader,
  json: JsonObject,
  source: Source,
  at: number,
  open: OpenCalls,
): Message {
  const path = `messages[${at}]`;
  const role = roles.get((string(reader, json, "role", path) ?? "").toLowerCase());
  if (role === undefined)
    blame(reader, `${path}.role`, `must be one of ${[...roles.keys()].join(", ")}`);
  const thinking = string(reader, json, "thinking", path) ?? "";
  const said = [
    ...decodeImages(reader, json, path),
    ...textParts(string(reader, json, "content", path) ?? ""),
  ];
  const parts = role === Role.TOOL ? [resultPart(reader, json, said, path, open)] : said;
  const extras = unknownMembers(json, source, KNOWN);
  return {
    $typeName: "parlance.chat.v1.Message",
    role: role ?? Role.USER,
    parts: [
      ...(thinking === "" ? [] : [reasoningPart(thinking)]),
      ...parts,
      ...decodeCalls(reader, json, memberSource(source, "tool_calls"), at, open),
    ],
    name: "",
    extrasJson: extras === "" ? {} : { [DIALECT]: extras },
  };
}

/** Pictures in base64; their format is read off their bytes. */
export function decodeImages(reader: Reader, json: JsonObject, path: string): Part[] {
  return (array(reader, json, "images", path) ?? []).flatMap((item, at) => {
    const data = typeof item === "string" ? parseBase64(item) : undefined;
    if (data !== undefined && data.length > 0) {
      const source = { case: "data", value: data } as const;
      const value = {
        $typeName: "parlance.chat.v1.Image",
        source,
        mediaType: pictureType(data),
        detail: 0,
      } as const;
      return [partOf({ case: "image", value })];
    }
    blame(reader, `${path === "" ? "" : `${path}.`}images[${at}]`, "must be base64");
    return [];
  });
}

/** A text as parts: none where it is empty. */
export function textParts(text: string): Part[] {
  if (text === "") return [];
  return [
    partOf({ case: "text", value: { $typeName: "parlance.chat.v1.Text", text, citations: [] } }),
  ];
}

function reasoningPart(text: string): Part {
  const value = {
    $typeName: "parlance.chat.v1.Reasoning",
    text,
    signature: "",
    encrypted: "",
    summaries: [],
    id: "",
    dialect: "",
  } as const;
  return partOf({ case: "reasoning", value: { ...value, summaries: [] } });
}

function resultPart(
  reader: Reader,
  json: JsonObject,
  content: Part[],
  path: string,
  open: OpenCalls,
): Part {
  const name = string(reader, json, "tool_name", path) ?? "";
  const given = string(reader, json, "tool_call_id", path) ?? "";
  const answered = open.answer(
    given === "" ? { name: name === "" ? undefined : name } : { id: given },
  );
  const toolCallId = given === "" ? (answered?.id ?? "") : given;
  return partOf({
    case: "toolResult",
    value: { $typeName: "parlance.chat.v1.ToolResult", toolCallId, content, name },
  });
}

function decodeCalls(
  reader: Reader,
  json: JsonObject,
  source: Source,
  message: number,
  open: OpenCalls,
): Part[] {
  const path = `messages[${message}]`;
  const sourceAt = elementSources(source);
  return (array(reader, json, "tool_calls", path) ?? []).flatMap((item, at) => {
    const place = `${path}.tool_calls[${at}]`;
    const called = isObject(item) ? object(reader, item, "function", place) : undefined;
    if (!isObject(item) || called === undefined) {
      blame(reader, place, "must be an object with a function");
      return [];
    }
    const given = string(reader, item, "id", place) ?? "";
    const id = given === "" ? `call_${message}_${at}` : given;
    const name = string(reader, called, "name", `${place}.function`) ?? "";
    const input = argumentsText(
      called.arguments,
      memberSource(memberSource(sourceAt(at), "function"), "arguments"),
    );
    open.open({ id, name });
    return [
      partOf({
        case: "toolCall",
        value: {
          $typeName: "parlance.chat.v1.ToolCall",
          id,
          name,
          input: { case: "argumentsJson", value: input },
          signature: "",
        },
      }),
    ];
  });
}

function argumentsText(json: Json | undefined, source: Source): string {
  return typeof json === "string" ? json : decodeToolInput(json, () => sourceText(source, json));
}

function partOf(content: Part["content"]): Part {
  return { $typeName: "parlance.chat.v1.Part", content };
}
