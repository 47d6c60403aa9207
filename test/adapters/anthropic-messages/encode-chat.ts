import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { FieldOutcome } from "../../../gen/parlance/call/v1/call_report_pb.js";
import { type Chat, ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { type MessageSchema, Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import { CacheTtl, type PartSchema } from "../../../gen/parlance/chat/v1/part_pb.js";
import { anthropicMessages as anthropicMessagesDialect } from "../../../src/adapters/anthropic-messages/index.ts";
import { isObject, type Json, type JsonObject } from "../../../src/json/json.ts";
import { vendorSide } from "../sides.ts";
import { unwrap } from "./wire-frames.ts";

const anthropicMessages = vendorSide(anthropicMessagesDialect);

/** A part to be created. */
export type PartInit = MessageInitShape<typeof PartSchema>;
type MessageInit = MessageInitShape<typeof MessageSchema>;

/** A chat from its members; the conversation is one question unless it is given. */
export function chatOf(init: MessageInitShape<typeof ChatSchema>): Chat {
  return create(ChatSchema, { model: "m", messages: [user("hi")], ...init });
}

/** A text part. */
export function text(value: string): PartInit {
  return { content: { case: "text", value: { text: value } } };
}

/** A text part with a cache mark. */
export function marked(value: string, ttl: CacheTtl = CacheTtl.CACHE_TTL_UNSPECIFIED): PartInit {
  return { content: { case: "text", value: { text: value } }, cache: { ttl } };
}

/** A user message of texts and parts. */
export function user(...parts: (string | PartInit)[]): MessageInit {
  return {
    role: Role.USER,
    parts: parts.map((part) => (typeof part === "string" ? text(part) : part)),
  };
}

/** An assistant message of texts and parts. */
export function assistant(...parts: (string | PartInit)[]): MessageInit {
  return {
    role: Role.ASSISTANT,
    parts: parts.map((part) => (typeof part === "string" ? text(part) : part)),
  };
}

/** A system message of one text. */
export function system(value: string): MessageInit {
  return { role: Role.SYSTEM, parts: [text(value)] };
}

/** A tool call with JSON arguments. */
export function call(id: string, name: string, value: string): PartInit {
  return {
    content: { case: "toolCall", value: { id, name, input: { case: "argumentsJson", value } } },
  };
}

/** A tool message with one result of one text. */
export function result(toolCallId: string, value: string): MessageInit {
  const content = [text(value)];
  return {
    role: Role.TOOL,
    parts: [{ content: { case: "toolResult", value: { toolCallId, content } } }],
  };
}

/**
 * What the vendor would get, and the report as `field outcome` lines without the bound that is
 * always added.
 */
export interface Sent {
  readonly body: JsonObject;
  readonly text: string;
  readonly report: readonly string[];
}

/** Encodes for a model. */
export function send(
  chat: Chat,
  model = "claude-opus-4-6",
  quirks: Readonly<Record<string, unknown>> = {},
): Sent {
  const { request, report } = unwrap(
    anthropicMessages.encodeRequest(chat, { model, stream: false, quirks }),
  );
  const sent = String(request.body);
  const body: Json = JSON.parse(sent);
  if (!isObject(body)) throw new Error("the body is not an object");
  const lines = report.map(({ field, outcome }) => `${field} ${FieldOutcome[outcome]}`);
  return { body, text: sent, report: lines.filter((line) => line !== "max_output_tokens MAPPED") };
}
