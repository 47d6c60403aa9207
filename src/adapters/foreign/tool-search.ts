import type { FieldReport } from "../../../gen/parlance/call/v1/call_report_pb.js";
import { FieldOutcome } from "../../../gen/parlance/call/v1/call_report_pb.js";
import type { Chat } from "../../../gen/parlance/chat/v1/chat_pb.js";
import type { Message } from "../../../gen/parlance/chat/v1/message_pb.js";
import { Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import type { Opaque, Part } from "../../../gen/parlance/chat/v1/part_pb.js";
import type { Tool } from "../../../gen/parlance/chat/v1/tool_pb.js";
import type { Dialect, EncodeOptions } from "../../core/dialect.ts";
import { fieldEntry } from "../../core/fidelity/field-entry.ts";
import { arrayAt, isObject, type JsonObject, parseJson, stringAt } from "../../json/json.ts";
import { sliceJsonText } from "../../json/slice.ts";

/** The name under which a search for tools that the caller runs is a function. */
export const TOOL_SEARCH = "tool_search";

const RESPONSES = "openai-responses";
const MESSAGES = "anthropic-messages";

/**
 * The dialect, where a search for tools that the caller itself runs is a function of it:
 * `tool_search` of Responses with `execution: "client"`, its calls and what they found
 * (https://developers.openai.com/api/docs/guides/tools-tool-search), and the `tool_reference` that
 * a function of Messages finds
 * (https://platform.claude.com/docs/en/agents-and-tools/tool-use/tool-search-tool, both 2026-11).
 * What was found is a tool of the request by then, so that its name is enough.
 */
export function withForeignToolSearch(dialect: Dialect): Dialect {
  const { chat: codec } = dialect.codecs;
  if (codec === undefined) return dialect;
  return {
    ...dialect,
    codecs: {
      ...dialect.codecs,
      chat: {
        ...codec,
        encodeRequest(chat: Chat, options: EncodeOptions) {
          const entries: FieldReport[] = [];
          const translated = translate(chat, dialect.name, entries);
          const encoded = codec.encodeRequest(translated, options);
          if (!encoded.ok || entries.length === 0) return encoded;
          const { request, report } = encoded.value;
          return { ok: true, value: { request, report: [...entries, ...report] } };
        },
      },
    },
  };
}

/** Whether a request of Responses declares a search for tools that its client runs. */
export function declaresToolSearch(json: JsonObject): boolean {
  return arrayAt(json, "tools")?.some((tool) => isObject(tool) && isClientSearch(tool)) === true;
}

function isClientSearch({ type, execution }: JsonObject): boolean {
  return type === TOOL_SEARCH && execution === "client";
}

function translate(chat: Chat, dialect: string, entries: FieldReport[]): Chat {
  const tools = dialect === RESPONSES ? chat.tools : chat.tools.map(translateTool(chat, entries));
  const messages = chat.messages.map((message, at) =>
    translateMessage(message, `messages[${at}]`, dialect, entries),
  );
  return entries.length === 0 ? chat : { ...chat, tools, messages };
}

function translateTool(chat: Chat, entries: FieldReport[]): (tool: Tool, at: number) => Tool {
  const taken = chat.tools.some(
    ({ tool }) => tool.case === "function" && tool.value.name === TOOL_SEARCH,
  );
  return (tool, at) => {
    const json = tool.tool.case === "builtin" ? readAs(RESPONSES, tool.tool.value) : undefined;
    if (taken || json === undefined || tool.tool.case !== "builtin" || !isClientSearch(json))
      return tool;
    entries.push(emulated(`tools[${at}].builtin`, "sent as a function, and called back as it was"));
    const parametersJson = sliceJsonText(Buffer.from(tool.tool.value.json), ["parameters"]);
    const value = {
      $typeName: "parlance.chat.v1.FunctionTool",
      name: TOOL_SEARCH,
      description: stringAt(json, "description") ?? DESCRIPTION,
      parametersJson: parametersJson ?? PARAMETERS,
      extrasJson: {},
    } as const;
    return { ...tool, tool: { case: "function", value } };
  };
}

const DESCRIPTION = "Searches for further tools and makes those that it finds available.";
const PARAMETERS =
  '{"type":"object","properties":{"query":{"type":"string"}},"required":["query"]}';

function translateMessage(
  message: Message,
  path: string,
  dialect: string,
  entries: FieldReport[],
): Message {
  const before = entries.length;
  const parts = message.parts.map((part, at) =>
    translatePart(part, `${path}.parts[${at}]`, dialect, entries),
  );
  if (entries.length === before) return message;
  const results = parts.every(({ content }) => content.case === "toolResult");
  return { ...message, parts, role: results ? Role.TOOL : message.role };
}

function translatePart(part: Part, path: string, dialect: string, entries: FieldReport[]): Part {
  const { content } = part;
  if (content.case === "toolResult" && dialect !== MESSAGES) {
    const inner = content.value.content.map((each, at) =>
      translateReference(each, `${path}.tool_result.content[${at}]`, entries),
    );
    return { ...part, content: { ...content, value: { ...content.value, content: inner } } };
  }
  const json =
    content.case === "opaque" && dialect !== RESPONSES
      ? readAs(RESPONSES, content.value)
      : undefined;
  if (json?.execution !== "client" || content.case !== "opaque") return part;
  const id = stringAt(json, "call_id") ?? "";
  if (json.type === "tool_search_call") {
    entries.push(emulated(`${path}.opaque`, "sent as the call of a function"));
    const text = sliceJsonText(Buffer.from(content.value.json), ["arguments"]) ?? "{}";
    return { ...part, content: { case: "toolCall", value: callOf(id, text) } };
  }
  if (json.type !== "tool_search_output") return part;
  entries.push(emulated(`${path}.opaque`, "sent as the result of a function"));
  const value = {
    $typeName: "parlance.chat.v1.ToolResult",
    toolCallId: id,
    content: [textPart(`Available now: ${namesOf(json).join(", ") || "nothing further"}`)],
    name: TOOL_SEARCH,
  } as const;
  return {
    ...part,
    content: { case: "toolResult", value: { ...value, content: [...value.content] } },
  };
}

function callOf(id: string, argumentsJson: string) {
  return {
    $typeName: "parlance.chat.v1.ToolCall",
    id,
    name: TOOL_SEARCH,
    input: { case: "argumentsJson", value: argumentsJson },
    signature: "",
  } as const;
}

function namesOf(json: JsonObject): readonly string[] {
  return (arrayAt(json, "tools") ?? []).flatMap((tool) => {
    const name = isObject(tool) ? (stringAt(tool, "name") ?? "") : "";
    return name === "" ? [] : [name];
  });
}

function translateReference(part: Part, path: string, entries: FieldReport[]): Part {
  const json = part.content.case === "opaque" ? readAs(MESSAGES, part.content.value) : undefined;
  if (json?.type !== "tool_reference") return part;
  entries.push(emulated(`${path}.opaque`, "the tool is there, and named in words"));
  return textPart(`Available now: ${stringAt(json, "tool_name") ?? ""}`);
}

function textPart(text: string): Part {
  return {
    $typeName: "parlance.chat.v1.Part",
    content: { case: "text", value: { $typeName: "parlance.chat.v1.Text", text, citations: [] } },
  };
}

/** What is said in the words of a dialect, if it speaks of tools that are searched for. */
function readAs(dialect: string, { dialect: own, json }: Opaque): JsonObject | undefined {
  if (own !== dialect || !/"tool_(?:search|reference)/.test(json)) return undefined;
  const parsed = parseJson(json);
  return parsed.ok && isObject(parsed.value) ? parsed.value : undefined;
}

function emulated(field: string, note: string): FieldReport {
  return fieldEntry(field, FieldOutcome.EMULATED, note);
}
