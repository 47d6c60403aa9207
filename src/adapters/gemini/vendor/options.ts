import type { Chat } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import { Modality, type Sampling } from "../../../../gen/parlance/chat/v1/generation_pb.js";
import {
  clamped,
  dropped,
  type EncodeReport,
  mapped,
} from "../../../core/fidelity/encode-report.ts";
import type { Body } from "../../../json/members.ts";

/** The knobs of `generationConfig` but for thinking and the form of the answer. */
export function encodeKnobs(chat: Chat, report: EncodeReport): Body {
  const config: Body = {};
  if (chat.sampling !== undefined) addSampling(config, chat.sampling, report);
  if (chat.n !== undefined) config.candidateCount = chat.n;
  if (chat.maxOutputTokens !== undefined) config.maxOutputTokens = chat.maxOutputTokens;
  if (chat.modalities.length > 0) config.responseModalities = chat.modalities.map(modalityWord);
  addSpeech(config, chat, report);
  return config;
}

/** Adds `serviceTier` and `labels`, which stand beside `generationConfig`. */
export function addCallOptions(body: Body, chat: Chat, report: EncodeReport): void {
  addServiceTier(body, chat.serviceTier, report);
  const labels: Body = {};
  for (const [key, value] of Object.entries(chat.metadata)) {
    if (LABEL_KEY.test(key) && LABEL_VALUE.test(value)) labels[key] = value;
    else dropped(report, `metadata["${key}"]`);
  }
  if (Object.keys(labels).length > 0) {
    mapped(report, "metadata");
    body.labels = labels;
  }
}

const LABEL_KEY = /^[a-z][a-z0-9_-]{0,62}$/;
const LABEL_VALUE = /^[a-z0-9_-]{0,63}$/;

function addSampling(config: Body, sampling: Sampling, report: EncodeReport): void {
  for (const knob of ["temperature", "topP", "frequencyPenalty", "presencePenalty"] as const) {
    if (sampling[knob] !== undefined) config[knob] = sampling[knob];
  }
  addTops(config, sampling, report);
  if (sampling.seed !== undefined) {
    const seed = BigInt.asIntN(32, sampling.seed);
    if (seed !== sampling.seed)
      clamped(report, "sampling.seed", `the vendor takes 32 bits: sent as ${seed}`);
    config.seed = seed;
  }
  if (sampling.stop.length > 0) config.stopSequences = sampling.stop;
  if (sampling.logprobs !== undefined) config.responseLogprobs = sampling.logprobs;
}

function addTops(config: Body, { topK, topLogprobs }: Sampling, report: EncodeReport): void {
  if (topK !== undefined && topK >= 0) config.topK = topK;
  else if (topK !== undefined) mapped(report, "sampling.top_k");
  if (topLogprobs !== undefined && topLogprobs > 0) config.logprobs = topLogprobs;
  else if (topLogprobs !== undefined) mapped(report, "sampling.top_logprobs");
}

function modalityWord(modality: Modality): string {
  switch (modality) {
    case Modality.UNSPECIFIED:
      return "MODALITY_UNSPECIFIED";
    case Modality.TEXT:
      return "TEXT";
    case Modality.AUDIO:
      return "AUDIO";
    case Modality.IMAGE:
      return "IMAGE";
  }
}

/** See https://ai.google.dev/gemini-api/docs/speech-generation. */
function addSpeech(config: Body, chat: Chat, report: EncodeReport): void {
  const audio = chat.audioOutput;
  if (audio === undefined) return;
  if (audio.voice !== "") {
    config.speechConfig = { voiceConfig: { prebuiltVoiceConfig: { voiceName: audio.voice } } };
  }
  if (audio.voice === "" && audio.format === "") mapped(report, "audio_output");
}

/** `flex`, `priority` and `standard`: https://ai.google.dev/api/generate-content (2026-11). */
function addServiceTier(body: Body, tier: string, report: EncodeReport): void {
  switch (tier) {
    case "":
      return;
    case "flex":
    case "priority":
    case "standard":
      body.serviceTier = tier;
      return;
    case "default":
    case "auto":
    case "standard_only":
      mapped(report, "service_tier");
      body.serviceTier = "standard";
      return;
    default:
      dropped(
        report,
        "service_tier",
        `the vendor knows no tier ${JSON.stringify(tier.slice(0, 64))}`,
      );
  }
}
