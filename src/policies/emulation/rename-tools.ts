import type { Chat } from "../../../gen/parlance/chat/v1/chat_pb.js";
import type { Message } from "../../../gen/parlance/chat/v1/message_pb.js";
import type { Part } from "../../../gen/parlance/chat/v1/part_pb.js";
import type { Tool, ToolChoice } from "../../../gen/parlance/chat/v1/tool_pb.js";

type Names = ReadonlyMap<string, string>;

/** The names of tools in a chat, each with the path of the first field that holds it. */
export function toolNamesOf({ tools, toolChoice, messages }: Chat): Names {
  const names = new Map<string, string>();
  const add = (name: string, path: string): void => {
    if (!names.has(name)) names.set(name, path);
  };
  for (const [at, { tool }] of tools.entries())
    if (tool.case === "function" || tool.case === "custom")
      add(tool.value.name, `tools[${at}].${tool.case}.name`);
  addChosen(toolChoice, add);
  for (const [index, { parts }] of messages.entries()) {
    for (const [at, { content }] of parts.entries()) {
      const path = `messages[${index}].parts[${at}]`;
      if (content.case === "toolCall") add(content.value.name, `${path}.tool_call.name`);
      else if (content.case === "toolResult") add(content.value.name, `${path}.tool_result.name`);
    }
  }
  return names;
}

function addChosen(
  toolChoice: ToolChoice | undefined,
  add: (name: string, path: string) => void,
): void {
  const choice = toolChoice?.choice;
  if (choice?.case === "name") add(choice.value, "tool_choice.name");
  if (choice?.case !== "allowed") return;
  for (const [at, name] of choice.value.names.entries())
    add(name, `tool_choice.allowed.names[${at}]`);
}

/** A chat with other names of tools, wherever it holds them. */
export function renameTools(chat: Chat, names: Names): Chat {
  const { toolChoice } = chat;
  return {
    ...chat,
    tools: chat.tools.map((tool) => renameTool(tool, names)),
    messages: chat.messages.map((message) => renameMessage(message, names)),
    ...(toolChoice === undefined ? undefined : { toolChoice: renameChoice(toolChoice, names) }),
  };
}

function renameTool(declared: Tool, names: Names): Tool {
  const { tool } = declared;
  if (tool.case !== "function" && tool.case !== "custom") return declared;
  const name = names.get(tool.value.name);
  if (name === undefined) return declared;
  return tool.case === "function"
    ? { ...declared, tool: { ...tool, value: { ...tool.value, name } } }
    : { ...declared, tool: { ...tool, value: { ...tool.value, name } } };
}

function renameChoice(toolChoice: ToolChoice, names: Names): ToolChoice {
  const { choice } = toolChoice;
  if (choice.case === "name")
    return { ...toolChoice, choice: { ...choice, value: names.get(choice.value) ?? choice.value } };
  if (choice.case !== "allowed") return toolChoice;
  const allowed = choice.value.names.map((name) => names.get(name) ?? name);
  return { ...toolChoice, choice: { ...choice, value: { ...choice.value, names: allowed } } };
}

function renameMessage(message: Message, names: Names): Message {
  const parts = message.parts.map((part) => renamePart(part, names));
  return parts.some((part, at) => part !== message.parts[at]) ? { ...message, parts } : message;
}

function renamePart(part: Part, names: Names): Part {
  const { content } = part;
  if (content.case !== "toolCall" && content.case !== "toolResult") return part;
  const name = names.get(content.value.name);
  if (name === undefined) return part;
  return content.case === "toolCall"
    ? { ...part, content: { ...content, value: { ...content.value, name } } }
    : { ...part, content: { ...content, value: { ...content.value, name } } };
}
