import { create, isMessage } from "@bufbuild/protobuf";
import { FieldOutcome, type FieldReport } from "../../../gen/parlance/call/v1/call_report_pb.js";
import { type Chat, ChatSchema } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { type Message, Role } from "../../../gen/parlance/chat/v1/message_pb.js";
import {
  type CacheHint,
  CacheHintSchema,
  CacheTtl,
  type Part,
} from "../../../gen/parlance/chat/v1/part_pb.js";
import type { PromptCache } from "../../../gen/parlance/config/v1/prompt_cache_pb.js";
import type { Settings } from "../../config/settings.ts";
import { attemptOf, wireOutletOf, withRequest } from "../../core/attempt.ts";
import type { Call, Layer } from "../../core/call.ts";
import type { Plan, Stage } from "../../core/compose.ts";
import { fieldEntry } from "../../core/fidelity/field-entry.ts";
import { holdsCacheMark, innerPartsOf } from "../../core/traits/cache-marks.ts";

/** The `prompt_cache` of a model. Undefined: it has none. */
export type PromptCacheOf = (model: string) => PromptCache | undefined;

/** The stage of the layer below. Undefined where no model has a `prompt_cache`. */
export function promptCachePolicy({ config, resolve }: Settings): Stage | undefined {
  if (config.models.every((model) => model.promptCache === undefined)) return undefined;
  const cacheOf: PromptCacheOf = (model) => resolve(model)?.settings.promptCache;
  return { name: "prompt_cache", layer: promptCache(cacheOf), plan: planPromptCache(cacheOf) };
}

/**
 * Marks prompts for vendors that keep only what is marked in their cache, where the caller has
 * marked nothing: the instructions, which many conversations share, and the end, where the next
 * turn of this one goes on. Instructions stand behind the tools in the vendor's order, so that
 * their mark covers both (https://platform.claude.com/docs/en/build-with-claude/prompt-caching). A
 * body that would pass as it is is translated.
 */
export function promptCache(cacheOf: PromptCacheOf): Layer {
  return (next) => async (call) => {
    const marked = markedChat(cacheOf, call);
    if (marked === undefined) return next(call);
    const reply = await next(withChat(call, marked));
    return { ...reply, report: [...entries, ...reply.report] };
  };
}

/** The call as it would be sent. */
export function planPromptCache(cacheOf: PromptCacheOf): (call: Call) => Plan | undefined {
  return (call) => {
    const marked = markedChat(cacheOf, call);
    return marked && { call: withChat(call, marked), report: entries };
  };
}

const entries: readonly FieldReport[] = [
  fieldEntry("cache", FieldOutcome.EMULATED, "the prompt is marked, as the model's config says"),
];

function withChat(call: Call, chat: Chat): Call {
  return withRequest(call, { ...call.request, message: () => chat });
}

/** Undefined where a call is sent as it is. */
function markedChat(cacheOf: PromptCacheOf, call: Call): Chat | undefined {
  if (call.request.operation.name !== "chat") return undefined;
  const { target, model } = attemptOf(call);
  const settings = cacheOf(model ?? call.model);
  if (settings === undefined) return undefined;
  const outlet = wireOutletOf(call);
  const { cachesMarked } = outlet?.dialect.emulation ?? {};
  if (outlet === undefined || cachesMarked === undefined) return undefined;
  if (!cachesMarked(target.baseModel ?? target.model, outlet.quirks)) return undefined;
  const chat = call.request.message();
  if (!isMessage(chat, ChatSchema) || holdsCacheMark(chat)) return undefined;
  return reaches(chat, (settings.minTokens ?? minTokens) * bytesPerToken)
    ? marked(chat, hintOf(settings))
    : undefined;
}

/** The least that vendors keep. */
const minTokens = 1024;

/** Of English text and of JSON, roughly. */
const bytesPerToken = 4;

function hintOf({ ttl }: PromptCache): CacheHint {
  if (ttl === undefined) return create(CacheHintSchema);
  const hour = ttl.seconds === 3600n;
  return create(CacheHintSchema, { ttl: hour ? CacheTtl.CACHE_TTL_1H : CacheTtl.CACHE_TTL_5M });
}

function marked(chat: Chat, cache: CacheHint): Chat {
  const at = chat.messages.findLastIndex(({ role }) => isInstruction(role));
  const messages = chat.messages.map((message, index) =>
    index === at ? markMessage(message, cache) : message,
  );
  return { ...chat, messages, cache };
}

function isInstruction(role: Role): boolean {
  return role === Role.SYSTEM || role === Role.DEVELOPER;
}

function markMessage(message: Message, cache: CacheHint): Message {
  const at = message.parts.findLastIndex(({ content }) => holdsText(content));
  const parts = message.parts.map((part, index) => (index === at ? { ...part, cache } : part));
  return { ...message, parts };
}

/** Blocks without a letter cannot be marked. */
function holdsText(content: Part["content"]): boolean {
  return content.case === "text" && content.value.text !== "";
}

/** Whether a prompt has so many letters, as far as need be to know it. */
function reaches({ tools, messages }: Chat, size: number): boolean {
  let left = size;
  for (const { tool } of tools) {
    if (tool.case === "function")
      left -= tool.value.description.length + tool.value.parametersJson.length;
    if (left <= 0) return true;
  }
  for (const { parts } of messages) {
    left -= lengthOf(parts);
    if (left <= 0) return true;
  }
  return left <= 0;
}

function lengthOf(parts: readonly Part[]): number {
  let length = 0;
  for (const { content } of parts) {
    if (content.case === "text") length += content.value.text.length;
    else if (content.case === "toolCall") length += content.value.input.value?.length ?? 0;
    else length += lengthOf(innerPartsOf(content));
  }
  return length;
}
