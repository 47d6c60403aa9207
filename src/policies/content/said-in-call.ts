import { type Chat, ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { type Message, Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import type { Part } from "../../../gen/parlance/chat/v1/part_pb.js";
import type { Call } from "../../core/call.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import { mapContent } from "../../core/guard/map-content.ts";
import type { SaidMessage } from "../../core/ledger/call-content.ts";
import { expectMessage } from "../../core/operation.ts";

/** The texts of a request of any operation: the messages of a chat, else one message for each. */
export function textsOfRequest(call: Call): readonly SaidMessage[] {
  const { request } = call;
  if (request.operation.request === ChatSchema) return saidIn(call);
  const messages: SaidMessage[] = [];
  try {
    mapContent(request.operation.request, request.message(), "input", (text) => {
      messages.push({ role: "user", text });
      return text;
    });
  } catch (error) {
    // What cannot be read was refused for that.
    if (!(error instanceof GatewayError)) throw error;
  }
  return messages;
}

/** The messages of a prompt as texts. */
export function saidIn(call: Call): readonly SaidMessage[] {
  return messagesOf(call).map((message) => ({
    role: (Role[message.role] ?? "").toLowerCase(),
    text: textOfMessage(message),
  }));
}

/** What cannot be read was refused for that. */
function messagesOf({ request }: Call): Chat["messages"] {
  try {
    return expectMessage(request.message(), ChatSchema).messages;
  } catch (error) {
    if (error instanceof GatewayError) return [];
    throw error;
  }
}

function textOfMessage({ text, parts }: Message): string {
  return text === "" ? parts.map(textOfPart).join("\n") : text;
}

/** A text as it is; of anything else, what it is. */
function textOfPart({ content }: Part): string {
  switch (content.case) {
    case "text":
    case "refusal":
      return content.value.text;
    case "toolCall":
      return `[calls ${content.value.name}]`;
    case "toolResult":
      return content.value.content.map(textOfPart).join("\n");
    case "image":
    case "audio":
    case "video":
    case "document":
    case "reasoning":
    case "opaque":
      return `[${content.case}]`;
    case undefined:
      return "";
  }
}
