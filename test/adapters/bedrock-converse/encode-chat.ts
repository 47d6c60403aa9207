import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { FieldOutcome } from "../../../gen/parlance/call/v1/call_report_pb.js";
import { type Chat, ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { type MessageSchema, Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import { CacheTtl, type PartSchema } from "../../../gen/parlance/chat/v1/part_pb.js";
import { bedrockConverse as bedrockConverseDialect } from "../../../src/adapters/bedrock-converse/index.ts";
import type { Decoded } from "../../../src/core/dialect.ts";
import { isObject, type Json, type JsonObject } from "../../../src/json/json.ts";
import { vendorSide } from "../sides.ts";

const bedrockConverse = vendorSide(bedrockConverseDialect);

/** A part to be created. */
export type PartInit = Extract<MessageInitShape<typeof PartSchema>, { readonly $typeName?: never }>;
type MessageInit = MessageInitShape<typeof MessageSchema>;

/** A model that takes nearly everything. */
export const CLAUDE = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";

/** A model of Amazon that reasons. */
export const NOVA = "us.amazon.nova-2-lite-v1:0";

/** A chat from its members; the conversation is one question unless it is given. */
export function chatOf(init: MessageInitShape<typeof ChatSchema>): Chat {
  return create(ChatSchema, { model: "m", messages: [user("hi")], ...init });
}

/** A text part. */
export function text(value: string): PartInit {
  return { content: { case: "text", value: { text: value } } };
}

/** A part with a cache mark. */
export function marked(
  part: string | PartInit,
  ttl: CacheTtl = CacheTtl.CACHE_TTL_UNSPECIFIED,
): PartInit {
  return { ...(typeof part === "string" ? text(part) : part), cache: { ttl } };
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

/** A system message of texts and parts. */
export function system(...parts: (string | PartInit)[]): MessageInit {
  return {
    role: Role.SYSTEM,
    parts: parts.map((part) => (typeof part === "string" ? text(part) : part)),
  };
}

/** A tool call with JSON arguments. */
export function call(id: string, name: string, value: string): PartInit {
  return {
    content: { case: "toolCall", value: { id, name, input: { case: "argumentsJson", value } } },
  };
}

/** A tool message with one result. */
export function result(toolCallId: string, ...content: (string | PartInit)[]): MessageInit {
  const parts = content.map((part) => (typeof part === "string" ? text(part) : part));
  return {
    role: Role.TOOL,
    parts: [{ content: { case: "toolResult", value: { toolCallId, content: parts } } }],
  };
}

/** A function tool. */
export function tool(name: string, parametersJson = '{"type":"object"}') {
  return { tool: { case: "function", value: { name, parametersJson } } } as const;
}

/** What the vendor would get, and the report as `field outcome` lines. */
export interface Sent {
  readonly path: string;
  readonly body: JsonObject;
  readonly text: string;
  readonly report: readonly string[];
}

/** Encodes for a model. */
export function send(
  chat: Chat,
  model = CLAUDE,
  quirks: Readonly<Record<string, unknown>> = {},
  stream = false,
): Sent {
  const { request, report } = unwrap(
    bedrockConverse.encodeRequest(chat, { model, stream, quirks }),
  );
  const sent = String(request.body);
  return {
    path: request.path,
    body: objectOf(sent),
    text: sent,
    report: report.map(({ field, outcome }) => `${field} ${FieldOutcome[outcome]}`),
  };
}

/** The object that a text is. */
export function objectOf(sent: string): JsonObject {
  const body: Json = JSON.parse(sent);
  if (!isObject(body)) throw new Error("the body is not an object");
  return body;
}

/** The value, or an error with the fault. */
export function unwrap<T>(decoded: Decoded<T>): T {
  if (!decoded.ok) throw new Error(`${decoded.fault.reason}: ${decoded.fault.message}`);
  return decoded.value;
}
