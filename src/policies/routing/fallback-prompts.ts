import { create, isMessage } from "@bufbuild/protobuf";
import { type Chat, ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { type Message, MessageSchema, Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import type { FallbackPrompt } from "../../../gen/parlance/config/v1/fallback_prompt_pb.js";
import type { ConfiguredModel } from "../../config/settings.ts";
import { withRequest } from "../../core/attempt.ts";
import type { AlterCall } from "../../core/call.ts";
import { tagsOf } from "../../core/caller/tags-of.ts";

/** What makes the calls that the fallbacks of a model get another prompt for, by their names. */
export type FallbackPrompts = ReadonlyMap<string, AlterCall>;

/** Those that the settings of a model say. Undefined: every fallback gets the prompt as it is. */
export function fallbackPromptsOf(
  settings: Pick<ConfiguredModel["settings"], "fallbackPrompts">,
): FallbackPrompts | undefined {
  const { fallbackPrompts } = settings;
  if (fallbackPrompts.length === 0) return undefined;
  const known = made.get(fallbackPrompts);
  if (known !== undefined) return known;
  const prompts = new Map(fallbackPrompts.map((prompt) => [prompt.model, alterPrompt(prompt)]));
  made.set(fallbackPrompts, prompts);
  return prompts;
}

const made = new WeakMap<readonly FallbackPrompt[], FallbackPrompts>();

/** Chats get the prompt; other operations have none. The caller's bytes no longer say it. */
function alterPrompt({ messages, instructions }: FallbackPrompt): AlterCall {
  const conversation = messages.map(({ role, content }) => messageOf(roles[role], content));
  const leading = messageOf(Role.SYSTEM, instructions);
  const promptOf = (chat: Chat): Message[] =>
    conversation.length > 0
      ? conversation
      : [leading, ...chat.messages.filter(({ role }) => !instructing.has(role))];
  return (call) => {
    const chat = call.request.message();
    if (!isMessage(chat, ChatSchema)) return call;
    const changed: Chat = { ...chat, messages: promptOf(chat) };
    const request = { ...call.request, message: () => changed };
    return { ...withRequest(call, request), addedTags: tagsOf(call) };
  };
}

const instructing: ReadonlySet<Role> = new Set([Role.SYSTEM, Role.DEVELOPER]);

const roles: Readonly<Record<string, Role>> = {
  system: Role.SYSTEM,
  developer: Role.DEVELOPER,
  user: Role.USER,
  assistant: Role.ASSISTANT,
};

function messageOf(role: Role = Role.USER, text = ""): Message {
  return create(MessageSchema, { role, parts: [{ content: { case: "text", value: { text } } }] });
}
