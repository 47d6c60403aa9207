import { FieldOutcome, type FieldReport } from "../../../../gen/parlance/call/v1/call_report_pb.js";
import type { Chat } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import type { Message } from "../../../../gen/parlance/chat/v1/message_pb.js";
import type { Part, ToolCall } from "../../../../gen/parlance/chat/v1/part_pb.js";
import type { CustomTool, Tool, ToolChoice } from "../../../../gen/parlance/chat/v1/tool_pb.js";
import type { ToolForm } from "../../../core/emulation.ts";
import { fieldEntry } from "../../../core/fidelity/field-entry.ts";
import type { ToolIdentity } from "../../../core/names/tool-namespace.ts";
import { describeFormat } from "./describe-format.ts";
import { createToolNames, type ToolNames } from "./tool-names.ts";

/** A chat whose tools are functions without namespaces, and what undoes that in the answer. */
export interface PlainTools {
  readonly chat: Chat;
  readonly entries: readonly FieldReport[];
  /** The caller's tools by the names that the vendor knows them under. */
  readonly callers: ReadonlyMap<string, ToolIdentity>;
}

/**
 * The chat for a vendor that lacks forms of tools: a custom tool becomes a function whose only
 * argument is the text, its grammar part of the description; a tool of a namespace gets a name of
 * its own. Calls of the conversation and the choice follow. Undefined where nothing is to change.
 */
export function plainTools(chat: Chat, lacks: ReadonlySet<ToolForm>): PlainTools | undefined {
  const wanting = (tool: Tool): boolean => isLacking(tool, lacks);
  if (!chat.tools.some(wanting) && !chat.messages.some((message) => holdsCall(message, lacks)))
    return undefined;
  const names = createToolNames(chat.tools, lacks.has("namespace"));
  const entries: FieldReport[] = [];
  const context: Context = { names, lacks, entries, named: new Set() };
  const tools = chat.tools.map((tool, at) =>
    wanting(tool) ? plainTool(tool, `tools[${at}]`, context) : tool,
  );
  const calls = new Map<string, string>();
  const messages = chat.messages.map((message, at) =>
    plainMessage(message, `messages[${at}]`, calls, context),
  );
  const toolChoice = chat.toolChoice && plainChoice(chat.toolChoice, names);
  return {
    chat: { ...chat, tools, messages, ...(toolChoice === undefined ? undefined : { toolChoice }) },
    entries,
    callers: names.callers,
  };
}

interface Context {
  readonly names: ToolNames;
  readonly lacks: ReadonlySet<ToolForm>;
  readonly entries: FieldReport[];
  /** Namespaces that the description of a tool names already. */
  readonly named: Set<string>;
}

function isLacking({ tool, namespace }: Tool, lacks: ReadonlySet<ToolForm>): boolean {
  return (
    (tool.case === "custom" && lacks.has("custom")) ||
    (namespace !== undefined && tool.case !== "builtin" && lacks.has("namespace"))
  );
}

function isLackingCall({ input, namespace }: ToolCall, lacks: ReadonlySet<ToolForm>): boolean {
  return (
    (input.case === "text" && lacks.has("custom")) ||
    (namespace !== undefined && lacks.has("namespace"))
  );
}

function holdsCall({ parts }: Message, lacks: ReadonlySet<ToolForm>): boolean {
  return parts.some(
    ({ content }) => content.case === "toolCall" && isLackingCall(content.value, lacks),
  );
}

function plainTool(tool: Tool, path: string, context: Context): Tool {
  const { lacks, entries } = context;
  const { namespace, ...rest } = tool;
  const flat = namespace !== undefined && lacks.has("namespace");
  const kind = tool.tool;
  if (kind.case !== "function" && kind.case !== "custom") return tool;
  const name = flat ? context.names.sentFor(namespace.name, kind.value.name) : kind.value.name;
  const about = flat ? aboutNamespace(namespace, context) : "";
  if (flat) {
    const note = `sent without a namespace, as ${name}`;
    entries.push(fieldEntry(`${path}.namespace`, FieldOutcome.EMULATED, note));
  }
  const description = `${about}${kind.value.description}`;
  const named = flat ? { ...rest, tool: kind } : tool;
  if (kind.case === "custom" && lacks.has("custom")) {
    entries.push(fieldEntry(`${path}.custom`, FieldOutcome.EMULATED, AS_FUNCTION));
    return { ...named, tool: asFunction({ ...kind.value, name, description }) };
  }
  return kind.case === "custom"
    ? { ...named, tool: { case: "custom", value: { ...kind.value, name, description } } }
    : { ...named, tool: { case: "function", value: { ...kind.value, name, description } } };
}

const AS_FUNCTION = "sent as a function whose only argument is the text";

/** The first tool of a namespace tells what the namespace is for. */
function aboutNamespace(
  { name, description }: NonNullable<Tool["namespace"]>,
  { named }: Context,
): string {
  if (description === "" || named.has(name)) return "";
  named.add(name);
  return `One of the tools of ${name} (${description.trim()}).\n`;
}

const FREE_TEXT = '{"type":"object","properties":{"input":{"type":"string"}},"required":["input"]}';

function asFunction({ name, description, formatJson }: CustomTool): Tool["tool"] {
  return {
    case: "function",
    value: {
      $typeName: "parlance.chat.v1.FunctionTool",
      name,
      description: [description, describeFormat(formatJson)]
        .filter((text) => text !== "")
        .join("\n\n"),
      parametersJson: FREE_TEXT,
      extrasJson: {},
    },
  };
}

/** `calls`: the names of the calls so far, by their ids, which results may repeat. */
function plainMessage(
  message: Message,
  path: string,
  calls: Map<string, string>,
  context: Context,
): Message {
  let changed = false;
  const parts = message.parts.map((part, at) => {
    const plain = plainPart(part, `${path}.parts[${at}]`, calls, context);
    changed ||= plain !== part;
    return plain;
  });
  return changed ? { ...message, parts } : message;
}

function plainPart(part: Part, path: string, calls: Map<string, string>, context: Context): Part {
  const { content } = part;
  if (content.case === "toolResult") {
    const name = calls.get(content.value.toolCallId);
    if (name === undefined || content.value.name === "") return part;
    return { ...part, content: { case: "toolResult", value: { ...content.value, name } } };
  }
  if (content.case !== "toolCall" || !isLackingCall(content.value, context.lacks)) return part;
  const value = plainCall(content.value, `${path}.tool_call`, context);
  calls.set(value.id, value.name);
  return { ...part, content: { case: "toolCall", value } };
}

function plainCall(call: ToolCall, path: string, { names, lacks, entries }: Context): ToolCall {
  const { namespace, ...rest } = call;
  const { input } = call;
  const text = input.case === "text" && lacks.has("custom") ? input.value : undefined;
  if (text !== undefined)
    entries.push(fieldEntry(`${path}.text`, FieldOutcome.MAPPED, 'sent as {"input": text}'));
  const flat = namespace !== undefined && lacks.has("namespace");
  const name = flat ? names.sentFor(namespace, call.name) : call.name;
  if (flat)
    entries.push(fieldEntry(`${path}.namespace`, FieldOutcome.MAPPED, `sent as the name ${name}`));
  return {
    ...(flat ? rest : call),
    name,
    input:
      text === undefined
        ? input
        : { case: "argumentsJson", value: JSON.stringify({ input: text }) },
  };
}

function plainChoice(toolChoice: ToolChoice, names: ToolNames): ToolChoice {
  const { choice } = toolChoice;
  if (choice.case === "name")
    return { ...toolChoice, choice: { case: "name", value: names.chosenFor(choice.value) } };
  if (choice.case !== "allowed") return toolChoice;
  const allowed = choice.value.names.map((name) => names.chosenFor(name));
  return { ...toolChoice, choice: { case: "allowed", value: { ...choice.value, names: allowed } } };
}
