import type { Chat } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { Modality, type Sampling, Verbosity } from "../../../gen/parlance/chat/v1/generation_pb.js";
import { dropped, type EncodeReport } from "../../core/encode-report.ts";
import type { Body } from "../../core/json-members.ts";

/**
 * `options`: the knobs of the draw and the most tokens of the answer; undefined where none is set.
 * See https://docs.ollama.com/modelfile#valid-parameters-and-values.
 */
export function encodeOptions({ sampling, maxOutputTokens }: Chat, report: EncodeReport): Body | undefined {
  const knobs = sampling === undefined ? {} : encodeSampling(sampling, report);
  const options: Body = { ...knobs, num_predict: maxOutputTokens };
  return Object.values(options).some((value) => value !== undefined) ? options : undefined;
}

/** Whether likelihoods are told, and how many; they stand beside the options. */
export function encodeLogprobs({ sampling }: Chat): Body {
  return { logprobs: sampling?.logprobs, top_logprobs: sampling?.topLogprobs };
}

/** Reports what the server has nothing for. */
export function reportUnsent(chat: Chat, report: EncodeReport): void {
  const unsent: readonly (readonly [field: string, set: boolean])[] = [
    ["audio_output", chat.audioOutput !== undefined],
    ["prediction", chat.prediction !== undefined],
    ["verbosity", chat.verbosity !== Verbosity.UNSPECIFIED],
    ["web_search", chat.webSearch !== undefined],
    ["service_tier", chat.serviceTier !== ""],
    ["store", chat.store !== undefined],
    ["user", chat.user !== ""],
    ["safety_identifier", chat.safetyIdentifier !== ""],
    ["prompt_cache_key", chat.promptCacheKey !== ""],
    ["metadata", Object.keys(chat.metadata).length > 0],
    ["previous_response_id", chat.previousResponseId !== ""],
    ["cache", chat.cache !== undefined],
    ["modalities", chat.modalities.some((modality) => modality !== Modality.TEXT)],
  ];
  for (const [field, set] of unsent) if (set) dropped(report, field, "the server has no such thing");
}

function encodeSampling(sampling: Sampling, report: EncodeReport): Body {
  if (Object.keys(sampling.logitBias).length > 0) {
    dropped(report, "sampling.logit_bias", "the server has no such knob");
  }
  return {
    temperature: sampling.temperature,
    top_p: sampling.topP,
    top_k: sampling.topK,
    min_p: sampling.minP,
    seed: sampling.seed,
    stop: sampling.stop.length === 0 ? undefined : sampling.stop,
    repeat_penalty: sampling.repetitionPenalty,
    presence_penalty: sampling.presencePenalty,
    frequency_penalty: sampling.frequencyPenalty,
  };
}
