import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { FieldOutcome } from "../../../gen/parlance/call/v1/call_report_pb.js";
import { type Chat, ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { type MessageSchema, Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import { CacheTtl, type PartSchema } from "../../../gen/parlance/chat/v1/part_pb.js";
import { openAiResponses as openAiResponsesDialect } from "../../../src/adapters/openai-responses/index.ts";
import { isObject, type Json, type JsonObject } from "../../../src/json/json.ts";
import { vendorSide } from "../sides.ts";
import { unwrap } from "./wire-frames.ts";

const openAiResponses = vendorSide(openAiResponsesDialect);

/** A part to be created. */
export type PartInit = MessageInitShape<typeof PartSchema>;
type MessageInit = MessageInitShape<typeof MessageSchema>;

/** A chat from its members; the conversation is one question unless it is given. */
export function chatOf(init: MessageInitShape<typeof ChatSchema>): Chat {
  return create(ChatSchema, { model: "m", messages: [says(Role.USER, "hi")], ...init });
}

/** A text part. */
export function text(value: string): PartInit {
  return { content: { case: "text", value: { text: value } } };
}

/** A text part with a cache mark. */
export function marked(value: string, ttl: CacheTtl = CacheTtl.CACHE_TTL_UNSPECIFIED): PartInit {
  return { content: { case: "text", value: { text: value } }, cache: { ttl } };
}

/** A message of texts and parts. */
export function says(role: Role, ...parts: (string | PartInit)[]): MessageInit {
  return { role, parts: parts.map((part) => (typeof part === "string" ? text(part) : part)) };
}

/** A tool call with JSON arguments. */
export function call(id: string, name: string, value: string): PartInit {
  return {
    content: { case: "toolCall", value: { id, name, input: { case: "argumentsJson", value } } },
  };
}

/** A tool call with free text. */
export function customCall(id: string, name: string, value: string): PartInit {
  return { content: { case: "toolCall", value: { id, name, input: { case: "text", value } } } };
}

/** What a tool gave. */
export function result(toolCallId: string, ...content: PartInit[]): PartInit {
  return { content: { case: "toolResult", value: { toolCallId, content } } };
}

/** Something in this dialect's words. */
export function opaque(json: string, dialect = "openai-responses"): PartInit {
  return { content: { case: "opaque", value: { dialect, json } } };
}

/** What the vendor would get, and the report as `field outcome` lines. */
export interface Sent {
  readonly body: JsonObject;
  readonly text: string;
  readonly report: readonly string[];
}

/** Encodes a chat. */
export function send(chat: Chat, quirks: Readonly<Record<string, unknown>> = {}): Sent {
  const { request, report } = unwrap(
    openAiResponses.encodeRequest(chat, { model: "gpt-x", stream: false, quirks }),
  );
  const sent = String(request.body);
  const body: Json = JSON.parse(sent);
  if (!isObject(body)) throw new Error("the body is not an object");
  return {
    body,
    text: sent,
    report: report.map(({ field, outcome }) => `${field} ${FieldOutcome[outcome]}`),
  };
}
