import type { Message } from "../../../../gen/parlance/chat/v1/message_pb.js";
import { Role } from "../../../../gen/parlance/chat/v1/message_pb.js";
import type {
  Part,
  Reasoning,
  ToolCall,
  ToolResult,
} from "../../../../gen/parlance/chat/v1/part_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import {
  dropped,
  type EncodeReport,
  mapped,
  refuse,
} from "../../../core/fidelity/encode-report.ts";
import { isObject, parseJson } from "../../../json/json.ts";
import { type Body, mergeMembers } from "../../../json/members.ts";
import type { Writable } from "../../../json/write.ts";
import { withPartExtras } from "../../shared/add-extras.ts";
import { createToolIds, type ToolIds } from "../../shared/tool-ids.ts";
import { reasoningPart, summaryPart } from "../reasoning.ts";
import { DIALECT } from "../wire.ts";
import { type ContentContext, encodeContent, encodeOpaque, onlyText } from "./content.ts";
import { toolIdRules } from "./tool-id.ts";

/** How the conversation is to be encoded. */
export interface InputOptions {
  /** Leading instructions go to `instructions`. */
  readonly instructions: boolean;
  readonly cacheBreakpoints: boolean;
  /** The vendor keeps nothing, so that it knows reasoning only by what is sent. */
  readonly stateless: boolean;
}

/** The conversation in the vendor's shape. */
export interface Input {
  readonly instructions: string | undefined;
  readonly items: Writable[];
}

interface InputContext extends ContentContext {
  readonly options: InputOptions;
  /** Ids of calls of tools that take free text. */
  readonly customCalls: ReadonlySet<string>;
  readonly ids: ToolIds;
}

/**
 * Messages as items: what is said as messages, calls of tools, their outputs and reasoning as items
 * of their own, in the order of the conversation. See
 * https://platform.openai.com/docs/api-reference/responses/create, `input`.
 */
export function encodeInput(
  messages: readonly Message[],
  options: InputOptions,
  report: EncodeReport,
): Input {
  const context: InputContext = {
    report,
    options,
    cacheBreakpoints: options.cacheBreakpoints,
    customCalls: customCallsOf(messages),
    ids: createToolIds(toolIdRules),
  };
  const instructions = options.instructions ? instructionsOf(messages) : undefined;
  const items: Writable[] = [];
  for (const [index, message] of messages.entries()) {
    if (index === 0 && instructions !== undefined) continue;
    encodeMessage(items, message, `messages[${index}]`, context);
  }
  return { instructions, items };
}

/** A first message of plain system instructions; whatever else it carries keeps it an item. */
function instructionsOf(messages: readonly Message[]): string | undefined {
  const first = messages[0];
  const part = first?.parts.length === 1 ? first.parts[0] : undefined;
  if (first?.role !== Role.SYSTEM || part?.content.case !== "text" || messages.length < 2)
    return undefined;
  const plain =
    part.cache === undefined &&
    part.extras === undefined &&
    part.content.value.citations.length === 0 &&
    first.name === "";
  return plain && Object.keys(first.extrasJson).length === 0 ? part.content.value.text : undefined;
}

function customCallsOf(messages: readonly Message[]): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const { parts } of messages) {
    for (const { content } of parts) {
      if (content.case === "toolCall" && content.value.input.case === "text")
        ids.add(content.value.id);
    }
  }
  return ids;
}

/** Runs of content become messages, each other part an item between them. */
function encodeMessage(
  items: Writable[],
  message: Message,
  path: string,
  context: InputContext,
): void {
  const { report } = context;
  const role = roleWord(message.role);
  if (message.role === Role.TOOL && message.parts.some(isContent)) mapped(report, `${path}.role`);
  let contents: Writable[] = [];
  let said = false;
  const close = (): void => {
    if (contents.length > 0) items.push(printMessage(role, contents, message, path, report));
    said ||= contents.length > 0;
    contents = [];
  };
  for (const [index, part] of message.parts.entries()) {
    const partPath = `${path}.parts[${index}]`;
    if (isContent(part)) {
      const content = encodeContent(part, partPath, role === "assistant", context);
      if (content !== undefined) contents.push(content);
      continue;
    }
    close();
    if (part.cache !== undefined) dropped(report, `${partPath}.cache`);
    const bare = encodeItem(part, partPath, context);
    const [item] = withPartExtras(bare === undefined ? [] : [bare], part, partPath, report);
    if (item !== undefined) items.push(item);
  }
  close();
  reportExtras(message, path, said, report);
}

/** Members of a message have a place only where there is a message. */
function reportExtras(message: Message, path: string, said: boolean, report: EncodeReport): void {
  if (said || message.extrasJson[DIALECT] === undefined) return;
  dropped(report, `${path}.extras_json["${DIALECT}"]`);
}

function printMessage(
  role: string,
  contents: readonly Writable[],
  message: Message,
  path: string,
  report: EncodeReport,
): Writable {
  const content = onlyText(contents) ?? contents;
  const body: Body = { type: "message", role, content };
  const extras = message.extrasJson[DIALECT];
  if (extras !== undefined && !mergeMembers(body, extras)) {
    refuse(
      report,
      ErrorReason.INVALID_REQUEST,
      `${path}.extras_json["${DIALECT}"]`,
      "must be a JSON object",
    );
  }
  return body;
}

function roleWord(role: Role): string {
  switch (role) {
    case Role.SYSTEM:
      return "system";
    case Role.DEVELOPER:
      return "developer";
    case Role.USER:
    case Role.TOOL:
    case Role.UNSPECIFIED:
      return "user";
    case Role.ASSISTANT:
      return "assistant";
  }
}

/** Opaque values of this dialect are items, but for those that are content. */
function isContent({ content }: Part): boolean {
  switch (content.case) {
    case "toolCall":
    case "toolResult":
    case "reasoning":
      return false;
    case "opaque":
      return content.value.dialect !== DIALECT || isContentText(content.value.json);
    default:
      return true;
  }
}

const CONTENT_TYPE = /^(?:(?:input|output)_\w+|refusal|text|summary_text|computer_screenshot)$/;

/** Whether an opaque value of this dialect is content of a message, and not an item. */
export function isContentText(json: string): boolean {
  const parsed = parseJson(json);
  const type = parsed.ok && isObject(parsed.value) ? parsed.value.type : undefined;
  return typeof type === "string" && CONTENT_TYPE.test(type);
}

function encodeItem(part: Part, path: string, context: InputContext): Writable | undefined {
  const { content } = part;
  switch (content.case) {
    case "toolCall":
      return encodeToolCall(content.value, `${path}.tool_call`, context);
    case "toolResult":
      return encodeToolResult(content.value, `${path}.tool_result`, context);
    case "reasoning":
      return encodeReasoning(content.value, `${path}.reasoning`, context);
    case "opaque":
      return encodeOpaque(content.value.dialect, content.value.json, path, context.report);
    default:
      return undefined;
  }
}

function encodeToolCall(call: ToolCall, path: string, { report, ids }: InputContext): Writable {
  const { name, namespace, input } = call;
  const id = ids.call(call.id);
  if (id !== call.id) mapped(report, `${path}.id`);
  if (input.case === "text")
    return { type: "custom_tool_call", call_id: id, name, namespace, input: input.value };
  return { type: "function_call", call_id: id, name, namespace, arguments: input.value ?? "" };
}

function encodeToolResult(result: ToolResult, path: string, context: InputContext): Writable {
  const { report, customCalls, ids } = context;
  const { toolCallId } = result;
  if (result.name !== "") mapped(report, `${path}.name`);
  if (result.isError === true) dropped(report, `${path}.is_error`);
  if (result.isError === false) mapped(report, `${path}.is_error`);
  const contents: Writable[] = [];
  for (const [index, part] of result.content.entries()) {
    const content = encodeContent(part, `${path}.content[${index}]`, false, context);
    if (content !== undefined) contents.push(content);
  }
  const type = customCalls.has(toolCallId) ? "custom_tool_call_output" : "function_call_output";
  return {
    type,
    call_id: ids.result(toolCallId),
    output: contents.length === 0 ? "" : (onlyText(contents) ?? contents),
  };
}

/**
 * Only the vendor's own reasoning makes sense to it; without storage it knows none by its id alone.
 */
function encodeReasoning(
  reasoning: Reasoning,
  path: string,
  context: InputContext,
): Writable | undefined {
  const { report, options } = context;
  const { id, encrypted, text, summaries, dialect } = reasoning;
  const own = dialect === DIALECT || (dialect === "" && encrypted !== "");
  if (!own) {
    dropped(report, path);
    return undefined;
  }
  if (options.stateless && encrypted === "" && text === "") {
    dropped(report, path);
    return undefined;
  }
  return {
    type: "reasoning",
    id: id === "" ? undefined : id,
    summary: summaries.map(summaryPart),
    content: text === "" ? undefined : [reasoningPart(text)],
    encrypted_content: encrypted === "" ? undefined : encrypted,
    signature: reasoning.signature === "" ? undefined : reasoning.signature,
  };
}
