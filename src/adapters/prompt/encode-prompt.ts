import type { Message } from "../../../gen/parlance/chat/v1/message_pb.js";
import { Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import type { Document, Image, Part, ToolCall, ToolResult } from "../../../gen/parlance/chat/v1/part_pb.js";
import { ImageDetail } from "../../../gen/parlance/chat/v1/part_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { printDataUrl } from "../../core/data-url.ts";
import { dropped, type EncodeReport, emulated, refuse } from "../../core/encode-report.ts";

/**
 * The prompt of a conversation, for models that read one text. One user message alone is the prompt as it is, so that callers
 * may bring a template of their own. Else each message is a line that begins with its speaker, and the model goes on after
 * its own name:
 *
 *     System: Be brief.
 *     User: Hello
 *     Assistant: Hi!
 *     User: How are you?
 *     Assistant:
 *
 * An answer that stands last is left open, to be gone on with. Pictures are Markdown, `![](address)`, as models that see
 * read them here (https://huggingface.co/docs/text-generation-inference/basic_tutorials/visual_language_models).
 * `dialect` is whose extras are reported, for a prompt has no members.
 */
export function encodePrompt(messages: readonly Message[], report: EncodeReport, dialect: string): string {
  for (const [at, { name, extrasJson }] of messages.entries()) {
    if (name !== "") dropped(report, `messages[${at}].name`, "speakers have no names");
    if (extrasJson[dialect] !== undefined) {
      dropped(report, `messages[${at}].extras_json["${dialect}"]`, "a prompt has no members");
    }
  }
  const [only] = messages;
  if (messages.length === 1 && only?.role === Role.USER) return textOf(only.parts, "messages[0].parts", report);
  emulated(report, "messages", "written into one prompt, a line for each message");
  const lines = messages.map((message, at) => {
    const path = `messages[${at}]`;
    return `${speakerOf(message.role, path, report)}: ${textOf(message.parts, `${path}.parts`, report)}`;
  });
  if (messages.at(-1)?.role !== Role.ASSISTANT) lines.push("Assistant:");
  return lines.join("\n");
}

function speakerOf(role: Role, path: string, report: EncodeReport): string {
  switch (role) {
    case Role.SYSTEM:
    case Role.DEVELOPER:
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
  if (part.cache !== undefined) dropped(report, `${path}.cache`, "the server caches by itself");
  const { content } = part;
  switch (content.case) {
    case "text":
      if (content.value.citations.length > 0) dropped(report, `${path}.text.citations`, "a prompt has no citations");
      return content.value.text;
    case "refusal":
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
      dropped(report, `${path}.reasoning`, "a prompt has no place for earlier reasoning");
      return "";
    case "opaque":
      dropped(report, `${path}.opaque`, "a prompt is text");
      return "";
    case "audio":
    case "video":
      return cannot(report, `${path}.${content.case}`, content.case === "audio" ? "sound" : "a moving picture");
    case undefined:
      return "";
  }
}

function cannot(report: EncodeReport, path: string, what: string): string {
  refuse(report, ErrorReason.UNSUPPORTED, path, `${what} cannot be sent in a prompt`);
  return "";
}

function imageText({ source, mediaType, detail }: Image, path: string, report: EncodeReport): string {
  if (detail !== ImageDetail.UNSPECIFIED) dropped(report, `${path}.detail`, "there is no such knob");
  if (source.case === "url") return `![](${source.value})`;
  if (source.case !== "data") return cannot(report, path, "a picture by id");
  const { value: data } = source;
  return `![](${printDataUrl(mediaType, data)})`;
}

function documentText(document: Document, path: string, report: EncodeReport): string {
  const { source, title } = document;
  if (document.context !== "") dropped(report, `${path}.context`, "documents are sent as text");
  if (document.citationsEnabled !== undefined) dropped(report, `${path}.citations_enabled`, "there are no citations");
  if (source.case !== "text" && source.case !== "content") return cannot(report, path, "a document other than text");
  emulated(report, path, "sent as text");
  const text = source.case === "text" ? source.value : textOf(source.value.parts, `${path}.content.parts`, report);
  return title === "" ? text : `${title}\n${text}`;
}

function callText({ id, name, input, signature }: ToolCall, path: string, report: EncodeReport): string {
  emulated(report, path, "told in words");
  if (signature !== "") dropped(report, `${path}.signature`, "calls are not signed");
  return `[call${id === "" ? "" : ` ${id}`}: ${name}(${input.value ?? ""})]`;
}

function resultText({ toolCallId, name, content, isError }: ToolResult, path: string, report: EncodeReport): string {
  emulated(report, path, "told in words");
  const of = [name, toolCallId].filter((word) => word !== "").join(" ");
  const failed = isError === true ? " failed" : "";
  return `[result${of === "" ? "" : ` of ${of}`}${failed}: ${textOf(content, `${path}.content`, report)}]`;
}
