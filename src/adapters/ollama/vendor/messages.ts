import type { Message } from "../../../../gen/parlance/chat/v1/message_pb.js";
import { Role } from "../../../../gen/parlance/chat/v1/message_pb.js";
import type { ToolResult } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import {
  dropped,
  type EncodeReport,
  mapped,
  refuse,
} from "../../../core/fidelity/encode-report.ts";
import type { Body } from "../../../json/members.ts";
import { addExtras, withPartExtras } from "../../shared/add-extras.ts";
import { DIALECT } from "../wire.ts";
import { addPart, contentMembers, createContent } from "./content.ts";

/**
 * The messages in order. Tool results are messages of role `tool` before what else their message
 * says, and name their tool: the name is looked up from the call where the result has none, for
 * older servers know calls by it alone.
 */
export function encodeMessages(messages: readonly Message[], report: EncodeReport): Body[] {
  const list: MessageList = { messages: [], names: new Map(), report };
  for (const [at, message] of messages.entries()) encodeMessage(list, message, `messages[${at}]`);
  return list.messages;
}

interface MessageList {
  readonly messages: Body[];
  /** Tools by the ids of their calls. */
  readonly names: Map<string, string>;
  readonly report: EncodeReport;
}

function encodeMessage(list: MessageList, message: Message, path: string): void {
  const content = createContent(list.report);
  let results = 0;
  let others = 0;
  for (const [at, part] of message.parts.entries()) {
    const place = `${path}.parts[${at}]`;
    if (part.content.case === "toolResult" && message.role !== Role.ASSISTANT) {
      withPartExtras([], part, place, list.report);
      encodeResult(list, part.content.value, `${place}.tool_result`);
      results += 1;
      continue;
    }
    if (part.content.case === "toolCall")
      list.names.set(part.content.value.id, part.content.value.name);
    addPart(content, part, place);
    others += 1;
  }
  if (results === 0 || others > 0) {
    const role = roleOf(message.role, path, list.report);
    list.messages.push({ role, ...contentMembers(content, `${path}.parts`) });
  }
  const last = list.messages.at(-1);
  if (last !== undefined)
    addExtras(last, message.extrasJson[DIALECT], `${path}.extras_json["${DIALECT}"]`, list.report);
}

function roleOf(role: Role, path: string, report: EncodeReport): string {
  switch (role) {
    case Role.SYSTEM:
      return "system";
    case Role.DEVELOPER:
      mapped(report, `${path}.role`, "sent as system");
      return "system";
    case Role.ASSISTANT:
      return "assistant";
    case Role.USER:
      return "user";
    case Role.TOOL:
      mapped(report, `${path}.role`, "what is not a tool's result is sent as the user's");
      return "user";
    case Role.UNSPECIFIED:
      refuse(report, ErrorReason.INVALID_REQUEST, `${path}.role`, "is required");
      return "user";
  }
}

function encodeResult(list: MessageList, result: ToolResult, path: string): void {
  if (result.isError === true) dropped(list.report, `${path}.is_error`);
  if (result.isError === false) mapped(list.report, `${path}.is_error`);
  const content = createContent(list.report);
  for (const [at, part] of result.content.entries())
    addPart(content, part, `${path}.content[${at}]`);
  const name = result.name === "" ? (list.names.get(result.toolCallId) ?? "") : result.name;
  list.messages.push({
    role: "tool",
    ...contentMembers(content, `${path}.content`),
    tool_name: name === "" ? undefined : name,
    tool_call_id: result.toolCallId === "" ? undefined : result.toolCallId,
  });
}
