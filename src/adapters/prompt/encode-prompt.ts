import type { Message } from "../../../gen/parlance/chat/v1/message_pb.js";
import { Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import type {
  Document,
  Image,
  Part,
  ToolCall,
  ToolResult,
} from "../../../gen/parlance/chat/v1/part_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { type EncodeReport, emulated, mapped, refuse } from "../../core/fidelity/encode-report.ts";
import { printDataUrl } from "../../json/data-url.ts";
import { JOINED } from "./fidelity.ts";

/**
 * The prompt of a conversation, for models that read one text. One user message alone is the prompt
 * as it is, so that callers may bring a template of their own. Else each message is a line that
 * begins with its speaker, and the model goes on after its own name:
 *
 *     System: Be brief.
 *     User: Hello
 *     Assistant: Hi!
 *     User: How are you?
 *     Assistant:
 *
 * An answer that stands last is left open, to be gone on with. Pictures are Markdown,
 * `![](address)`, as models that see read them here
 * (https://huggingface.co/docs/text-generation-inference/basic_tutorials/visual_language_models).
 * `skipped` is how many messages of the chat stand before these, and are sent otherwise.
 */
export function encodePrompt(
  messages: readonly Message[],
  report: EncodeReport,
  skipped = 0,
): string {
  const only = plainPrompt(messages);
  if (only !== undefined) {
    if (only.parts.length > 1) mapped(report, "messages", JOINED);
    return textOf(only.parts, `messages[${skipped}].parts`, report);
  }
  emulated(report, "messages");
  const lines = messages.map((message, at) => {
    const path = `messages[${skipped + at}]`;
    return `${speakerOf(message.role, path, report)}: ${textOf(message.parts, `${path}.parts`, report)}`;
  });
  if (messages.at(-1)?.role !== Role.ASSISTANT) lines.push("Assistant:");
  return lines.join("\n");
}

/**
 * Where an answer to a conversation that is written into a prompt must end, so that the model does
 * not go on to speak for the user. None for a prompt that is sent as it is.
 */
export function promptStops(messages: readonly Message[]): readonly string[] {
  return plainPrompt(messages) === undefined ? ["\nUser:"] : [];
}

function plainPrompt(messages: readonly Message[]): Message | undefined {
  const [only] = messages;
  return messages.length === 1 && only?.role === Role.USER ? only : undefined;
}

function speakerOf(role: Role, path: string, report: EncodeReport): string {
  switch (role) {
    case Role.DEVELOPER:
      mapped(report, `${path}.role`);
      return "System";
    case Role.SYSTEM:
      return "System";
    case Role.USER:
      return "User";
    case Role.ASSISTANT:
      return "Assistant";
    case Role.TOOL:
      return "Tool";
    case Role.UNSPECIFIED:
      refuse(report, ErrorReason.INVALID_REQUEST, `${path}.role`, "is required");
      return "User";
  }
}

function textOf(parts: readonly Part[], path: string, report: EncodeReport): string {
  const texts = parts.map((part, at) => partText(part, `${path}[${at}]`, report));
  return texts.filter((text) => text !== "").join("\n");
}

function partText(part: Part, path: string, report: EncodeReport): string {
  const { content } = part;
  switch (content.case) {
    case "text":
      return content.value.text;
    case "refusal":
      mapped(report, `${path}.refusal`);
      return content.value.text;
    case "image":
      return imageText(content.value, `${path}.image`, report);
    case "document":
      return documentText(content.value, `${path}.document`, report);
    case "toolCall":
      return callText(content.value, `${path}.tool_call`, report);
    case "toolResult":
      return resultText(content.value, `${path}.tool_result`, report);
    case "reasoning":
    case "opaque":
    case "audio":
    case "video":
    case undefined:
      return "";
  }
}

function cannot(report: EncodeReport, path: string, what: string): string {
  refuse(report, ErrorReason.UNSUPPORTED, path, `${what} cannot be sent in a prompt`);
  return "";
}

function imageText({ source, mediaType }: Image, path: string, report: EncodeReport): string {
  if (source.case === "url") {
    if (mediaType !== "") mapped(report, `${path}.media_type`);
    return `![](${source.value})`;
  }
  if (source.case !== "data") return cannot(report, path, "a picture by id");
  const { value: data } = source;
  return `![](${printDataUrl(mediaType, data)})`;
}

function documentText(document: Document, path: string, report: EncodeReport): string {
  const { source, title } = document;
  if (source.case !== "text" && source.case !== "content")
    return cannot(report, path, "a document other than text");
  emulated(report, path);
  const text =
    source.case === "text"
      ? source.value
      : textOf(source.value.parts, `${path}.content.parts`, report);
  return title === "" ? text : `${title}\n${text}`;
}

function callText({ id, name, input }: ToolCall, path: string, report: EncodeReport): string {
  emulated(report, path);
  return `[call${id === "" ? "" : ` ${id}`}: ${name}(${input.value ?? ""})]`;
}

function resultText(
  { toolCallId, name, content, isError }: ToolResult,
  path: string,
  report: EncodeReport,
): string {
  emulated(report, path);
  const of = [name, toolCallId].filter((word) => word !== "").join(" ");
  const failed = isError === true ? " failed" : "";
  return `[result${of === "" ? "" : ` of ${of}`}${failed}: ${textOf(content, `${path}.content`, report)}]`;
}
