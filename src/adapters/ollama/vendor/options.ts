import type { Chat } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import { Modality, type Sampling } from "../../../../gen/parlance/chat/v1/generation_pb.js";
import { dropped, type EncodeReport, mapped } from "../../../core/fidelity/encode-report.ts";
import type { Body } from "../../../json/members.ts";

/**
 * `options`: the knobs of the draw and the most tokens of the answer; undefined where none is set.
 * See https://docs.ollama.com/modelfile#valid-parameters-and-values.
 */
export function encodeOptions({ sampling, maxOutputTokens }: Chat): Body | undefined {
  const knobs = sampling === undefined ? {} : encodeSampling(sampling);
  const options: Body = { ...knobs, num_predict: maxOutputTokens };
  return Object.values(options).some((value) => value !== undefined) ? options : undefined;
}

/** Whether likelihoods are requested, and how many; they stand beside the options. */
export function encodeLogprobs({ sampling }: Chat): Body {
  return { logprobs: sampling?.logprobs, top_logprobs: sampling?.topLogprobs };
}

/** Reports what the models cannot answer in. */
export function reportModalities({ modalities }: Chat, report: EncodeReport): void {
  if (modalities.length === 0) return;
  if (modalities.every((modality) => modality === Modality.TEXT)) mapped(report, "modalities");
  else dropped(report, "modalities");
}

function encodeSampling(sampling: Sampling): Body {
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
