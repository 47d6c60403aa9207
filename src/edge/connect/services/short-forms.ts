import { create } from "@bufbuild/protobuf";
import { type Chat, ChatSchema } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import type { CompleteRequest } from "../../../../gen/parlance/chat/v1/chat_service_pb.js";
import type { Completion } from "../../../../gen/parlance/chat/v1/completion_pb.js";
import { type Message, Role } from "../../../../gen/parlance/chat/v1/message_pb.js";
import { type Part, TextSchema } from "../../../../gen/parlance/chat/v1/part_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import { MAX_FAULT_FIELDS } from "../../../core/faults/fault.ts";
import { GatewayError } from "../../../core/faults/gateway-error.ts";
import type { UnreadRequest } from "./rpc-call.ts";

/** What says in a request of ChatService what the model gets. */
export type ChatForms = Pick<CompleteRequest, "chat" | "model" | "text">;

/**
 * The chat of a request, its short forms written out, so that nothing behind the edge meets one.
 * Reading it throws INVALID_REQUEST where a short form stands beside what it is short for, or is
 * half there.
 */
export function chatOf(forms: ChatForms): UnreadRequest<Chat> {
  let chat: Chat | undefined;
  const read = (): Chat => {
    chat ??= readChat(forms);
    return chat;
  };
  return { model: forms.chat?.model ?? forms.model, read };
}

/** All text of the first answer in one piece. */
export function textOf({ choices }: Completion): string {
  let text = "";
  for (const { content } of choices[0]?.message?.parts ?? [])
    if (content.case === "text") text += content.value.text;
  return text;
}

function readChat({ chat, model, text }: ChatForms): Chat {
  if (chat === undefined) return chatOfOneText(model, text);
  const beside = Object.entries({ model, text }).filter(([, value]) => value !== "");
  if (beside.length > 0)
    throw refused(
      beside.map(([field]) => field),
      BESIDE_CHAT,
    );
  const messages = writeOut(chat.messages, "chat.messages");
  if (chat.fallbacks.length === 0) return messages === chat.messages ? chat : { ...chat, messages };
  const fallbacks = chat.fallbacks.map(({ messages: own, ...fallback }, at) => ({
    ...fallback,
    messages: writeOut(own, `chat.fallbacks[${at}].messages`),
  }));
  return { ...chat, messages, fallbacks };
}

/** A request that says nothing at all is an empty chat: the rules of the contract refuse it. */
function chatOfOneText(model: string, text: string): Chat {
  if (model === "" && text === "") return create(ChatSchema);
  if (model === "") throw refused(["model"], "name a model: `text` alone is no chat");
  if (text === "") throw refused(["text"], "write what the model gets, or a `chat`");
  return create(ChatSchema, { model, messages: [{ role: Role.USER, parts: [textPart(text)] }] });
}

/** The same list where no message has a short form. */
function writeOut(messages: Message[], path: string): Message[] {
  if (messages.every((message) => message.text === "")) return messages;
  const twofold = messages.flatMap(({ text, parts }, at) =>
    text !== "" && parts.length > 0 ? [`${path}[${at}].text`] : [],
  );
  if (twofold.length > 0) throw refused(twofold, BESIDE_PARTS);
  return messages.map((message) =>
    message.text === "" ? message : { ...message, text: "", parts: [textPart(message.text)] },
  );
}

function textPart(text: string): Part {
  const value = create(TextSchema, { text });
  return { $typeName: "parlance.chat.v1.Part", content: { case: "text", value } };
}

function refused(fields: readonly string[], message: string): GatewayError {
  const named = fields.slice(0, MAX_FAULT_FIELDS);
  return new GatewayError({
    reason: ErrorReason.INVALID_REQUEST,
    message: named
      .map((field) => `${field}: ${message}`)
      .join("; ")
      .slice(0, 4096),
    fields: named.map((field) => ({ field, message })),
  });
}

const BESIDE_CHAT = "remove it, or `chat`: `model` and `text` are short for a chat of one message";
const BESIDE_PARTS = "remove it, or `parts`: it is short for one part of plain text";
