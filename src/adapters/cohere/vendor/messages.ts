import type { Message } from "../../../../gen/parlance/chat/v1/message_pb.js";
import { Role } from "../../../../gen/parlance/chat/v1/message_pb.js";
import type { Document, Part, ToolResult } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import { appendAll } from "../../../core/append-all.ts";
import {
  dropped,
  type EncodeReport,
  mapped,
  refuse,
} from "../../../core/fidelity/encode-report.ts";
import type { Writable } from "../../../json/write.ts";
import { withPartExtras } from "../../shared/add-extras.ts";
import { addExtras } from "../extras.ts";
import { type Draft, NAME } from "../wire.ts";
import { encodeAssistant } from "./assistant.ts";
import { encodePart, type Prompt } from "./content.ts";
import { encodeDocument } from "./documents.ts";

/** The conversation in the vendor's shape. */
export interface Conversation {
  readonly messages: readonly Draft[];
  /** Documents of all messages, which the vendor wants beside the conversation. */
  readonly documents: readonly Writable[];
  /** The mode of citations that the documents ask for; undefined for the vendor's default. */
  readonly citations: string | undefined;
}

/**
 * Results of tools are messages of their own, in their place. What a tool message cannot hold
 * (pictures) follows in a user message. Instructions of developers are sent as the system's.
 */
export function encodeMessages(messages: readonly Message[], report: EncodeReport): Conversation {
  const prompt: Prompt = { report, messages: [], documents: [], moved: [], cites: [] };
  for (const [at, message] of messages.entries()) encodeMessage(prompt, message, `messages[${at}]`);
  flushMoved(prompt);
  return { messages: prompt.messages, documents: prompt.documents, citations: encodeCites(prompt) };
}

/** The vendor cites all documents, as it does by default, or none. */
function encodeCites({ cites, report }: Prompt): string | undefined {
  const none = cites.length > 0 && cites.every(({ enabled }) => enabled === false);
  for (const { path, enabled } of cites) {
    if (enabled === false && !none) dropped(report, `${path}.citations_enabled`);
    else if (enabled !== undefined) mapped(report, `${path}.citations_enabled`);
  }
  return none ? "OFF" : undefined;
}

function encodeMessage(prompt: Prompt, message: Message, path: string): void {
  const { report } = prompt;
  switch (message.role) {
    case Role.SYSTEM:
    case Role.DEVELOPER:
      if (message.role === Role.DEVELOPER) mapped(report, `${path}.role`, "sent as system");
      push(prompt, message, path, {
        role: "system",
        content: encodeParts(prompt, message.parts, path),
      });
      return;
    case Role.ASSISTANT:
      push(prompt, message, path, encodeAssistant(message.parts, path, report));
      return;
    case Role.USER:
    case Role.TOOL:
      encodeTurn(prompt, message, path);
      return;
    case Role.UNSPECIFIED:
      refuse(
        report,
        ErrorReason.UNSUPPORTED,
        `${path}.role`,
        "a message without a role cannot be sent",
      );
  }
}

/** Results first, each a message; then what else is said. */
function encodeTurn(prompt: Prompt, message: Message, path: string): void {
  const { report } = prompt;
  const isResult = ({ content }: Part): boolean => content.case === "toolResult";
  for (const [at, part] of message.parts.entries()) {
    if (part.content.case !== "toolResult") continue;
    withPartExtras([], part, `${path}.parts[${at}]`, report);
    encodeResult(prompt, part.content.value, `${path}.parts[${at}]`);
  }
  const results = message.parts.filter(isResult).length;
  if (results > 0 && results === message.parts.length) {
    const last = prompt.messages.at(-1);
    if (last !== undefined) addExtras(last, message.extrasJson, `${path}.extras_json`, report);
    return;
  }
  const content = encodeParts(prompt, message.parts, path, isResult);
  const onlyDocuments = Array.isArray(content) && content.length === 0 && message.parts.length > 0;
  if (onlyDocuments) {
    if (message.extrasJson[NAME] !== undefined) dropped(report, `${path}.extras_json["${NAME}"]`);
    return;
  }
  if (message.role === Role.TOOL)
    mapped(report, `${path}.role`, "what is not a tool's result is sent as the user's");
  push(prompt, message, path, { role: "user", content });
}

function encodeResult(prompt: Prompt, result: ToolResult, path: string): void {
  const { report } = prompt;
  const place = `${path}.tool_result`;
  if (result.isError === true) dropped(report, `${place}.is_error`);
  if (result.isError === false) mapped(report, `${place}.is_error`);
  if (result.name !== "") mapped(report, `${place}.name`);
  const pieces: Writable[] = [];
  for (const [at, inner] of result.content.entries()) {
    const where = `${place}.content[${at}]`;
    if (inner.content.case === "document") {
      withPartExtras([], inner, where, report);
      const id = `${result.toolCallId}:${at}`;
      const document = inner.content.value;
      prompt.cites.push({ path: `${where}.document`, enabled: document.citationsEnabled });
      pieces.push({
        type: "document",
        document: encodeDocument(document, id, `${where}.document`, report),
      });
    } else if (inner.content.case === "image") {
      mapped(report, where);
      appendAll(prompt.moved, encodePart(inner, where, report));
    } else appendAll(pieces, encodePart(inner, where, report));
  }
  prompt.messages.push({
    role: "tool",
    tool_call_id: result.toolCallId,
    content: simplest(pieces),
  });
}

/** The pieces of a message; its documents go beside the conversation. */
function encodeParts(
  prompt: Prompt,
  parts: readonly Part[],
  path: string,
  skip: (part: Part) => boolean = () => false,
): Writable {
  const pieces: Writable[] = [];
  for (const [at, part] of parts.entries()) {
    const place = `${path}.parts[${at}]`;
    if (skip(part)) continue;
    if (part.content.case === "document") {
      addDocument(prompt, part.content.value, place);
      withPartExtras([], part, place, prompt.report);
    } else appendAll(pieces, encodePart(part, place, prompt.report));
  }
  return pieces.length === 0 && parts.some(({ content }) => content.case === "document")
    ? []
    : simplest(pieces);
}

function addDocument(prompt: Prompt, document: Document, path: string): void {
  const { report, documents, cites } = prompt;
  mapped(report, `${path}.document`);
  cites.push({ path: `${path}.document`, enabled: document.citationsEnabled });
  documents.push(encodeDocument(document, `doc:${documents.length}`, `${path}.document`, report));
}

/** A list of pieces, or the text where it is one plain text. */
function simplest(pieces: readonly Writable[]): Writable {
  if (pieces.length === 0) return "";
  const only = pieces.length === 1 ? pieces[0] : undefined;
  if (typeof only !== "object" || only === null || !("type" in only) || only.type !== "text")
    return pieces;
  return "text" in only && Object.keys(only).length === 2 ? only.text : pieces;
}

function push(prompt: Prompt, message: Message, path: string, draft: Draft): void {
  flushMoved(prompt);
  addExtras(draft, message.extrasJson, `${path}.extras_json`, prompt.report);
  prompt.messages.push(draft);
}

function flushMoved(prompt: Prompt): void {
  if (prompt.moved.length === 0) return;
  prompt.messages.push({ role: "user", content: prompt.moved.splice(0) });
}
