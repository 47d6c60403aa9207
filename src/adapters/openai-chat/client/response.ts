import type { Choice, Completion } from "../../../../gen/parlance/chat/v1/completion_pb.js";
import type { FacadeContext } from "../../../core/dialect.ts";
import { type Json, parseJson } from "../../../json/json.ts";
import { rawJson, writeJson } from "../../../json/write.ts";
import { openaiTier } from "../../foreign/service-tier.ts";
import { filterResultsOf } from "../filter-results.ts";
import { encodeFinishReason } from "../finish-reason.ts";
import { encodeLogprobs } from "../logprobs.ts";
import { encodeUsage } from "../usage.ts";
import { type Draft, NAME, rawMembers } from "../wire.ts";
import { encodeMessage } from "./response-message.ts";

/** An answer as OpenAI's clients expect it: `chat.completion`. */
export function encodeResponse(completion: Completion, context: FacadeContext): string {
  const extras = readExtras(completion.extrasJson[NAME]);
  const draft: Draft = {
    id: completion.id === "" ? `chatcmpl-${context.callId}` : completion.id,
    object: "chat.completion",
    created: completion.createdUnixS === 0n ? context.nowUnixS : Number(completion.createdUnixS),
    model: completion.model === "" ? context.model : completion.model,
    choices: completion.choices.map((choice) => ({
      ...encodeChoice(choice, context),
      ...filterResultsOf(extras, choice.index),
    })),
    usage: completion.usage === undefined ? undefined : encodeUsage(completion.usage),
    service_tier: openaiTier(completion.serviceTier),
    system_fingerprint:
      completion.systemFingerprint === "" ? undefined : completion.systemFingerprint,
  };
  addAnswerExtras(draft, completion.extrasJson[NAME]);
  return writeJson(draft);
}

/** Adds the members that only this dialect's vendors have; OpenAI's own stay as they are. */
export function addAnswerExtras(draft: Draft, extras: string | undefined): void {
  if (extras === undefined) return;
  for (const { key, text } of rawMembers(extras) ?? []) {
    if (draft[key] === undefined && key !== "error") draft[key] = rawJson(text);
  }
}

/** The extras of an answer, parsed; undefined where there are none that can be read. */
export function readExtras(extras: string | undefined): Json | undefined {
  const parsed = extras === undefined ? undefined : parseJson(extras);
  return parsed?.ok === true ? parsed.value : undefined;
}

/**
 * The vendor's own word for a finish where OpenAI's does not say it, in OpenRouter's member for it.
 */
export function nativeReason(word: string, vendorWord: string): string | undefined {
  return vendorWord === "" || vendorWord === word ? undefined : vendorWord;
}

function encodeChoice(choice: Choice, context: FacadeContext): Draft {
  const callId = choice.index === 0 ? context.callId : `${context.callId}_${choice.index}`;
  const message = encodeMessage(choice.message, callId);
  const former = choice.vendorFinishReason === "function_call";
  const word = former
    ? "function_call"
    : encodeFinishReason(choice.finishReason, message.tool_calls !== undefined);
  return {
    index: choice.index,
    message: former ? withFormerCall(message) : message,
    logprobs: choice.logprobs === undefined ? null : encodeLogprobs(choice.logprobs),
    finish_reason: word,
    stop_reason: choice.stopSequence === "" ? undefined : choice.stopSequence,
    native_finish_reason: nativeReason(word, choice.vendorFinishReason),
  };
}

/** OpenAI's former form of the one call, for clients that sent `functions`. */
function withFormerCall({ tool_calls: calls, ...message }: Draft): Draft {
  const call = Array.isArray(calls) ? calls[0] : undefined;
  return { ...message, function_call: call?.function };
}
