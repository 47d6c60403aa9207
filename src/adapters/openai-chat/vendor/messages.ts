import type { Message } from "../../../../gen/parlance/chat/v1/message_pb.js";
import { Role } from "../../../../gen/parlance/chat/v1/message_pb.js";
import type { Part, ToolResult } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import { appendAll } from "../../../core/append-all.ts";
import {
  dropped,
  type EncodeReport,
  emulated,
  mapped,
  refuse,
} from "../../../core/fidelity/encode-report.ts";
import type { Writable } from "../../../json/write.ts";
import { withPartExtras } from "../../shared/add-extras.ts";
import { PLACEHOLDER } from "../../turns/fit-turns.ts";
import { takesInMessages } from "../fit/options.ts";
import { addExtras, type ChatQuirks, type Draft } from "../wire.ts";
import { encodeAssistant } from "./assistant.ts";
import { encodePart } from "./content.ts";
import { type MessageList, move, simplest, toolIdOf } from "./message-list.ts";
import { createToolIds } from "./tool-id.ts";

/**
 * Writes messages in OpenAI's order: tool results are messages of their own, right after the calls
 * they answer, also where they stand beside other content of a user message. What a tool message or
 * an answer cannot hold follows in a user message.
 */
export function encodeMessages(
  messages: readonly Message[],
  quirks: ChatQuirks,
  report: EncodeReport,
): Draft[] {
  const list: MessageList = {
    messages: [],
    moved: [],
    quirks,
    report,
    ids: createToolIds(quirks.toolIds),
  };
  for (let at = 0; at < messages.length; at += 1) {
    const message = messages[at];
    if (message !== undefined) encodeMessage(list, message, `messages[${at}]`);
  }
  flushMoved(list);
  markPrefill(list, messages.length - 1);
  return list.messages;
}

/** An answer that stands last is to be continued, which some vendors do only with a member set. */
function markPrefill({ messages, quirks, report }: MessageList, index: number): void {
  const last = messages.at(-1);
  if (quirks.prefillMark === undefined || last?.role !== "assistant") return;
  if (last.tool_calls !== undefined || last[quirks.prefillMark] !== undefined) return;
  last[quirks.prefillMark] = true;
  mapped(report, `messages[${index}]`, `marked by ${quirks.prefillMark}, to be gone on with`);
}

function encodeMessage(list: MessageList, message: Message, path: string): void {
  switch (message.role) {
    case Role.SYSTEM:
    case Role.DEVELOPER:
      flushMoved(list);
      push(list, message, instructionRole(list, message, path), message.parts, path);
      return;
    case Role.ASSISTANT:
      flushMoved(list);
      push(list, message, "assistant", undefined, path);
      return;
    case Role.USER:
    case Role.TOOL:
      encodeResults(list, message, path);
      return;
    case Role.UNSPECIFIED:
      refuse(list.report, ErrorReason.UNSUPPORTED, `${path}.role`, "a message needs a role");
  }
}

function instructionRole(list: MessageList, { role }: Message, path: string): string {
  if (role === Role.SYSTEM) return "system";
  if (list.quirks.developerRole === true) return "developer";
  mapped(list.report, `${path}.role`, "sent as system");
  return "system";
}

/** Tool results first, each a message; then what else the message says. */
function encodeResults(list: MessageList, message: Message, path: string): void {
  const rest: Part[] = [];
  let results = 0;
  for (let at = 0; at < message.parts.length; at += 1) {
    const part = message.parts[at];
    if (part?.content.case === "toolResult") {
      const place = `${path}.parts[${at}]`;
      withPartExtras([], part, place, list.report);
      list.messages.push(encodeResult(list, part.content.value, `${place}.tool_result`));
      results += 1;
    } else if (part !== undefined) rest.push(part);
  }
  if (results > 0 && rest.length === 0) {
    const last = list.messages.at(-1);
    if (last !== undefined) addMembers(list, last, message, path);
    return;
  }
  flushMoved(list);
  if (message.role === Role.TOOL)
    mapped(list.report, `${path}.role`, "sent as user, but for results");
  push(list, message, "user", rest, path);
}

function encodeResult(list: MessageList, result: ToolResult, path: string): Draft {
  if (result.isError === true) dropped(list.report, `${path}.is_error`);
  if (result.isError === false) mapped(list.report, `${path}.is_error`);
  if (result.name !== "") mapped(list.report, `${path}.name`);
  const texts: Writable[] = [];
  for (let at = 0; at < result.content.length; at += 1) {
    const part = result.content[at];
    if (part === undefined) continue;
    const place = `${path}.content[${at}]`;
    if (part.content.case === "text" || part.content.case === "opaque") {
      appendAll(texts, encodePart(part, place, list.report));
    } else move(list, part, place);
  }
  return {
    role: "tool",
    tool_call_id: toolIdOf(list, result.toolCallId, `${path}.tool_call_id`),
    content: simplest(texts, result.content),
  };
}

function push(
  list: MessageList,
  message: Message,
  role: string,
  parts: readonly Part[] | undefined,
  path: string,
): void {
  const draft: Draft = { role };
  if (parts === undefined) encodeAssistant(list, draft, message.parts, path);
  else {
    // The parts are some of the message's, in its order: each is looked for behind the one before
    // it.
    let at = -1;
    const pieces = parts.flatMap((part) => {
      at = message.parts.indexOf(part, at + 1);
      return encodePart(part, `${path}.parts[${at}]`, list.report);
    });
    draft.content = simplest(pieces, parts);
  }
  list.messages.push(draft);
  addMembers(list, draft, message, path);
}

function addMembers(list: MessageList, draft: Draft, message: Message, path: string): void {
  if (message.name !== "") addName(list, draft, message.name, `${path}.name`);
  addExtras(draft, message.extrasJson, `${path}.extras_json`, list.report);
}

function addName({ quirks, report }: MessageList, draft: Draft, name: string, path: string): void {
  if (takesInMessages("name", String(draft.role), quirks)) draft.name = name;
  else dropped(report, path);
}

function flushMoved(list: MessageList): void {
  if (list.moved.length === 0) return;
  if (list.quirks.turns?.answerBehindResults === true && list.messages.at(-1)?.role === "tool") {
    emulated(list.report, "messages", "a word of the model's stands behind results");
    list.messages.push({ role: "assistant", content: PLACEHOLDER });
  }
  list.messages.push({ role: "user", content: list.moved });
  list.moved = [];
}
