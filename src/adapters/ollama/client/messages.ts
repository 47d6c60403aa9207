import type { Message } from "../../../../gen/parlance/chat/v1/message_pb.js";
import { Role } from "../../../../gen/parlance/chat/v1/message_pb.js";
import type { Part } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { parseBase64 } from "../../../json/base64.ts";
import type { Json } from "../../../json/json.ts";
import { memberSource, type Source, sourceText } from "../../../json/source-slice.ts";
import {
  noteMark,
  noteUnknown,
  takeExtras,
  takeOpaque,
} from "../../shared/notes/unknown-members.ts";
import { createOpenCalls, type OpenCalls } from "../../shared/open-calls.ts";
import {
  asObject,
  type Cursor,
  list,
  problem,
  requiredList,
  requiredObject,
  string,
} from "../../shared/request-cursor.ts";
import { decodeToolInput } from "../../shared/tool-input.ts";
import { pictureType } from "../media.ts";
import { DIALECT } from "../wire.ts";

const roles: ReadonlyMap<string, Role> = new Map([
  ["system", Role.SYSTEM],
  ["user", Role.USER],
  ["assistant", Role.ASSISTANT],
  ["tool", Role.TOOL],
]);

const KNOWN: ReadonlySet<string> = new Set(["role", "content", "thinking", "images", "tool_calls"]);
const TOOL_MEMBERS: ReadonlySet<string> = new Set([...KNOWN, "tool_name", "tool_call_id"]);
/** The type is always that of a function. */
const CALL_MEMBERS: ReadonlySet<string> = new Set(["id", "type", "function"]);
/** An index says no more than the order does. */
const CALLED_MEMBERS: ReadonlySet<string> = new Set(["index", "name", "arguments"]);

/**
 * Reads messages. Calls without an id get one by their place, and results without one answer the
 * next call of their tool.
 */
export function decodeMessages(cursor: Cursor): Message[] {
  const calls = createOpenCalls();
  return requiredList(cursor, "messages").flatMap((element, index) => {
    const turn = asObject(element);
    return turn === undefined ? [] : [decodeMessage(turn, index, calls)];
  });
}

function decodeMessage(turn: Cursor, index: number, calls: OpenCalls): Message {
  const role = roles.get((string(turn, "role") ?? "").toLowerCase());
  if (role === undefined) problem(turn, "role", `must be one of ${[...roles.keys()].join(", ")}`);
  const since = noteMark(turn);
  const thinking = string(turn, "thinking") ?? "";
  const said = [...decodeImages(turn), ...textParts(string(turn, "content") ?? "")];
  const parts = role === Role.TOOL ? [resultPart(turn, said, calls)] : said;
  const calling = decodeCalls(turn, index, calls);
  noteUnknown(turn, role === Role.TOOL ? TOOL_MEMBERS : KNOWN);
  return {
    $typeName: "parlance.chat.v1.Message",
    role: role ?? Role.USER,
    parts: [...(thinking === "" ? [] : [reasoningPart(thinking)]), ...parts, ...calling],
    name: "",
    text: "",
    extrasJson: takeExtras(turn, DIALECT, since),
  };
}

/** Pictures in base64; their format is read off their bytes. */
export function decodeImages(cursor: Cursor): Part[] {
  return list(cursor, "images").flatMap((image) => {
    const data = typeof image.json === "string" ? parseBase64(image.json) : undefined;
    if (data === undefined || data.length === 0)
      return problem(image, "", "is not valid base64") ?? [];
    const source = { case: "data", value: data } as const;
    const value = {
      $typeName: "parlance.chat.v1.Image",
      source,
      mediaType: pictureType(data),
      detail: 0,
    } as const;
    return [partOf({ case: "image", value })];
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

function resultPart(turn: Cursor, content: Part[], calls: OpenCalls): Part {
  const name = string(turn, "tool_name") ?? "";
  const sentId = string(turn, "tool_call_id") ?? "";
  const answered = calls.answer(
    sentId === "" ? { name: name === "" ? undefined : name } : { id: sentId },
  );
  const toolCallId = sentId === "" ? (answered?.id ?? "") : sentId;
  return partOf({
    case: "toolResult",
    value: { $typeName: "parlance.chat.v1.ToolResult", toolCallId, content, name },
  });
}

function decodeCalls(turn: Cursor, index: number, calls: OpenCalls): Part[] {
  return list(turn, "tool_calls").flatMap((element, place) => {
    const call = asObject(element);
    const since = call === undefined ? 0 : noteMark(call);
    const called = call && requiredObject(call, "function");
    if (call === undefined || called === undefined) return [];
    const sentId = string(call, "id") ?? "";
    const id = sentId === "" ? `call_${index}_${place}` : sentId;
    const name = string(called, "name") ?? "";
    const input = argumentsText(called.json.arguments, memberSource(called.source, "arguments"));
    calls.open({ id, name });
    noteUnknown(called, CALLED_MEMBERS);
    noteUnknown(call, CALL_MEMBERS);
    const extras = takeOpaque(call, DIALECT, since);
    const part = partOf({
      case: "toolCall",
      value: {
        $typeName: "parlance.chat.v1.ToolCall",
        id,
        name,
        input: { case: "argumentsJson", value: input },
        signature: "",
      },
    });
    return [extras === undefined ? part : { ...part, extras }];
  });
}

function argumentsText(json: Json | undefined, source: Source): string {
  return typeof json === "string" ? json : decodeToolInput(json, () => sourceText(source, json));
}

function partOf(content: Part["content"]): Part {
  return { $typeName: "parlance.chat.v1.Part", content };
}
