import { isMessage } from "@bufbuild/protobuf";
import { type Chat, ChatSchema } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import { type Message, Role } from "../../../../gen/parlance/chat/v1/message_pb.js";
import type { SemanticCache } from "../../../../gen/parlance/config/v1/semantic_cache_pb.js";
import type { Call, CallRequest } from "../../../core/call.ts";

/** The part of a call that is compared by its meaning, and all else of it. */
export interface Question {
  readonly text: string;
  /** The same request without the text. */
  readonly rest: CallRequest;
}

/** Longer questions are not compared: embedding models take about so much. */
const maxLength = 32_768;

/**
 * The question of a chat: the text of its last message, which is the user's. Undefined where the
 * settings do not have such calls compared, or where the question holds more than text.
 */
export function questionOf({ request }: Call, settings: SemanticCache): Question | undefined {
  if (request.operation.name !== "chat") return undefined;
  const chat = request.message();
  if (!isMessage(chat, ChatSchema) || !isCompared(chat, settings)) return undefined;
  const last = chat.messages.at(-1);
  const text = last?.role === Role.USER ? textOf(last) : undefined;
  if (last === undefined || text === undefined || text.length > maxLength) return undefined;
  const messages = [...chat.messages.slice(0, -1), { ...last, parts: [] }];
  const rest: Chat = { ...chat, messages };
  return { text, rest: { ...request, message: () => rest } };
}

function isCompared(chat: Chat, settings: SemanticCache): boolean {
  if (chat.tools.length > 0 && settings.tools !== true) return false;
  const format = chat.responseFormat?.format.case ?? "text";
  if (format !== "text" && settings.structuredOutput !== true) return false;
  return settings.multiTurn === true || chat.messages.slice(0, -1).every(isInstruction);
}

function isInstruction({ role }: Message): boolean {
  return role === Role.SYSTEM || role === Role.DEVELOPER;
}

/** Undefined where there is something else, or nothing. */
function textOf({ parts }: Message): string | undefined {
  const texts: string[] = [];
  for (const { content } of parts) {
    if (content.case !== "text") return undefined;
    texts.push(content.value.text);
  }
  const text = texts.join("\n").trim();
  return text === "" ? undefined : text;
}
