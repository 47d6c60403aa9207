import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { FieldOutcome } from "../../../gen/parlance/call/v1/call_report_pb.js";
import { type Chat, ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { type MessageSchema, Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import type { PartSchema } from "../../../gen/parlance/chat/v1/part_pb.js";
import { encodeRequest } from "../../../src/adapters/gemini/vendor/request.ts";

export type PartInit = MessageInitShape<typeof PartSchema>;
export type MessageInit = MessageInitShape<typeof MessageSchema>;
export type ChatInit = MessageInitShape<typeof ChatSchema>;

export const hello: MessageInit = { role: Role.USER, parts: [text("hello")] };

export function text(value: string): PartInit {
  return { content: { case: "text", value: { text: value } } };
}

export function toolCall(id: string, name: string, args: string, signature = ""): PartInit {
  return {
    content: {
      case: "toolCall",
      value: { id, name, signature, input: { case: "argumentsJson", value: args } },
    },
  };
}

export function toolResult(toolCallId: string, words: string): PartInit {
  return { content: { case: "toolResult", value: { toolCallId, content: [text(words)] } } };
}

/** A chat that says hello unless it is told to say something else. */
export function chatOf(init: ChatInit): Chat {
  return create(ChatSchema, { model: "google/gemini", messages: [hello], ...init });
}

/** The body that is sent, and the report as `field outcome` lines. */
export function encode(
  init: ChatInit,
  model = "gemini-2.5-flash",
  quirks: Readonly<Record<string, unknown>> = {},
) {
  const encoded = encodeRequest(chatOf(init), { model, stream: false, quirks });
  if (!encoded.ok) throw new Error(encoded.fault.message);
  const { request, report } = encoded.value;
  return {
    path: request.path,
    text: String(request.body),
    body: JSON.parse(String(request.body)),
    report: report.map(({ field, outcome }) => `${field} ${FieldOutcome[outcome]}`),
  };
}
