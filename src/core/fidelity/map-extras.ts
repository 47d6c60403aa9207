import type { Chat } from "../../../gen/parlance/chat/v1/chat_pb.js";
import type { Message } from "../../../gen/parlance/chat/v1/message_pb.js";
import type { Opaque, Part } from "../../../gen/parlance/chat/v1/part_pb.js";
import type { Tool } from "../../../gen/parlance/chat/v1/tool_pb.js";

/** Options for vendors: dialect name to a JSON object. */
export type ExtrasMap = Record<string, string>;

/** A request with options for vendors. */
export interface WithExtras {
  readonly $typeName: string;
  readonly extrasJson: ExtrasMap;
}

/** What is made of the extras at each place that has them. */
export interface ExtrasChange {
  /** Extras of a request, a message or a function: `path` ends in `extras_json`. */
  map(extras: ExtrasMap, path: string): ExtrasMap;
  /** Extras of a part: `path` ends in `extras`. */
  opaque(extras: Opaque, path: string): Opaque;
}

/** The request with other extras, of itself and, in a chat, of all that it holds. */
export function mapExtras<T extends WithExtras>(request: T, change: ExtrasChange): T {
  const changed = { ...request, extrasJson: change.map(request.extrasJson, "extras_json") };
  return isChat(changed)
    ? {
        ...changed,
        messages: changed.messages.map((message, at) =>
          mapMessage(message, `messages[${at}]`, change),
        ),
        tools: changed.tools.map((tool, at) => mapTool(tool, `tools[${at}]`, change)),
      }
    : changed;
}

function isChat<T extends WithExtras>(request: T): request is T & Chat {
  return request.$typeName === "parlance.chat.v1.Chat";
}

function mapMessage(message: Message, path: string, change: ExtrasChange): Message {
  return {
    ...message,
    extrasJson: change.map(message.extrasJson, `${path}.extras_json`),
    parts: mapParts(message.parts, `${path}.parts`, change),
  };
}

function mapParts(parts: readonly Part[], path: string, change: ExtrasChange): Part[] {
  return parts.map((part, at) => {
    const { extras } = part;
    const changed = { ...part, content: mapContent(part.content, `${path}[${at}]`, change) };
    if (extras !== undefined) changed.extras = change.opaque(extras, `${path}[${at}].extras`);
    return changed;
  });
}

function mapContent(content: Part["content"], path: string, change: ExtrasChange) {
  if (content.case === "toolResult") {
    const inner = mapParts(content.value.content, `${path}.tool_result.content`, change);
    return { ...content, value: { ...content.value, content: inner } };
  }
  if (content.case !== "document" || content.value.source.case !== "content") return content;
  const { source } = content.value;
  const parts = mapParts(source.value.parts, `${path}.document.content.parts`, change);
  const value = { ...source.value, parts };
  return { ...content, value: { ...content.value, source: { ...source, value } } };
}

function mapTool(tool: Tool, path: string, change: ExtrasChange): Tool {
  if (tool.tool.case !== "function") return tool;
  const { value } = tool.tool;
  const extrasJson = change.map(value.extrasJson, `${path}.function.extras_json`);
  return { ...tool, tool: { case: "function", value: { ...value, extrasJson } } };
}
