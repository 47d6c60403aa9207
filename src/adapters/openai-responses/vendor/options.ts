import type { Chat } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import { Modality, type Sampling } from "../../../../gen/parlance/chat/v1/generation_pb.js";
import {
  clamped,
  dropped,
  type EncodeReport,
  mapped,
} from "../../../core/fidelity/encode-report.ts";
import type { Body } from "../../../json/members.ts";
import type { ResponsesQuirks } from "../wire.ts";

/** Adds temperature, top_p and top_logprobs; the other knobs only where the vendor takes them. */
export function addSampling(
  body: Body,
  sampling: Sampling,
  quirks: Required<ResponsesQuirks>,
  report: EncodeReport,
): void {
  if (sampling.temperature !== undefined) body.temperature = sampling.temperature;
  if (sampling.topP !== undefined) body.top_p = sampling.topP;
  if (sampling.topLogprobs !== undefined) body.top_logprobs = sampling.topLogprobs;
  if (sampling.logprobs !== undefined) mapped(report, "sampling.logprobs");
  const rest: Body = {
    top_k: sampling.topK,
    min_p: sampling.minP,
    frequency_penalty: sampling.frequencyPenalty,
    presence_penalty: sampling.presencePenalty,
    repetition_penalty: sampling.repetitionPenalty,
    seed: sampling.seed,
    stop: sampling.stop.length === 0 ? undefined : sampling.stop,
    logit_bias: Object.keys(sampling.logitBias).length === 0 ? undefined : sampling.logitBias,
  };
  for (const [key, value] of Object.entries(rest)) {
    if (value === undefined) continue;
    if (quirks.extendedSampling) body[key] = value;
    else dropped(report, `sampling.${key}`);
  }
}

/** Adds `max_output_tokens`, raised to the least that the vendor takes. */
export function addMaxTokens(
  body: Body,
  chat: Chat,
  quirks: Required<ResponsesQuirks>,
  report: EncodeReport,
): void {
  const wanted = chat.maxOutputTokens;
  if (wanted === undefined) return;
  if (!quirks.maxOutputTokens) {
    dropped(report, "max_output_tokens");
    return;
  }
  const min = quirks.minOutputTokens;
  if (wanted < min)
    clamped(report, "max_output_tokens", `${min} is the least that the vendor takes`);
  body.max_output_tokens = Math.max(wanted, min);
}

/** Reports what the models cannot answer in. */
export function reportModalities({ modalities }: Chat, report: EncodeReport): void {
  if (modalities.length === 0) return;
  if (modalities.every((modality) => modality === Modality.TEXT)) mapped(report, "modalities");
  else dropped(report, "modalities");
}
