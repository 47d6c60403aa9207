import type { Chat } from "../../../../gen/parlance/chat/v1/chat_pb.js";
import { Modality, type Sampling } from "../../../../gen/parlance/chat/v1/generation_pb.js";
import {
  clamped,
  dropped,
  type EncodeReport,
  mapped,
} from "../../../core/fidelity/encode-report.ts";
import { snakeCase } from "../../../core/names/snake-case.ts";
import type { Body } from "../../../json/members.ts";
import type { ModelTraits } from "./model-traits.ts";
import type { ReasoningPlan } from "./reasoning.ts";

/** Least topP that Claude takes while it thinks. */
const THINKING_TOP_P = 0.95;

/** Where the knobs go. */
export interface SamplingTarget {
  /** `inferenceConfig`. */
  readonly config: Body;
  /** `additionalModelRequestFields`. */
  readonly fields: Body;
}

/**
 * Adds maxTokens, temperature, topP, stopSequences and the model's own top_k; what it does not take
 * is reported.
 */
export function addSampling(
  target: SamplingTarget,
  chat: Chat,
  traits: ModelTraits,
  plan: ReasoningPlan,
  report: EncodeReport,
): void {
  const { config } = target;
  if (chat.maxOutputTokens !== undefined) {
    if (plan.boundless) dropped(report, "max_output_tokens", HIGH_EFFORT);
    else config.maxTokens = chat.maxOutputTokens;
  }
  const { sampling } = chat;
  if (sampling === undefined) return;
  if (traits.claude.samplingKnobs && !plan.boundless)
    addKnobs(target, sampling, traits, plan.thinking, report);
  else
    dropKnobs(sampling, plan.boundless ? HIGH_EFFORT : "the model takes no sampling knobs", report);
  addStop(config, sampling.stop, report);
}

const HIGH_EFFORT = "the model refuses it at high effort";

/** Reports what the answer is to be made of: the models answer in text. */
export function reportModalities({ modalities }: Chat, report: EncodeReport): void {
  if (modalities.some((modality) => modality !== Modality.TEXT)) dropped(report, "modalities");
  else if (modalities.length > 0) mapped(report, "modalities");
}

/**
 * Adds `serviceTier`. See
 * https://docs.aws.amazon.com/bedrock/latest/userguide/service-tiers-inference.html.
 */
export function addServiceTier(body: Body, tier: string, report: EncodeReport): void {
  switch (tier) {
    case "":
      return;
    case "default":
    case "flex":
    case "priority":
    case "reserved":
      body.serviceTier = { type: tier };
      return;
    case "auto":
    case "standard":
    case "standard_only":
      mapped(report, "service_tier");
      return;
    default:
      dropped(
        report,
        "service_tier",
        `the vendor knows no tier ${JSON.stringify(tier.slice(0, 64))}`,
      );
  }
}

const LABEL = /^[a-zA-Z0-9\s:_@$#=/+,.-]{0,256}$/;

/** Most labels that the vendor takes. */
const MAX_LABELS = 16;

/** Adds `requestMetadata`, the labels that stand in the vendor's logs of invocations. */
export function addLabels(
  body: Body,
  metadata: Readonly<Record<string, string>>,
  report: EncodeReport,
): void {
  const labels: Record<string, string> = {};
  for (const [key, value] of Object.entries(metadata)) {
    if (Object.keys(labels).length < MAX_LABELS && LABEL.test(key) && LABEL.test(value))
      labels[key] = value;
    else dropped(report, `metadata["${key}"]`);
  }
  if (Object.keys(labels).length > 0) body.requestMetadata = labels;
}

function addKnobs(
  { config, fields }: SamplingTarget,
  sampling: Sampling,
  traits: ModelTraits,
  thinking: boolean,
  report: EncodeReport,
): void {
  const { temperature, topP, topK } = sampling;
  if (temperature !== undefined) addTemperature(config, temperature, thinking, report);
  if (topP !== undefined) {
    if (config.temperature !== undefined && !traits.claude.temperatureWithTopP) {
      dropped(report, "sampling.top_p", "the model takes temperature or top_p, not both");
    } else if (thinking && topP < THINKING_TOP_P) {
      clamped(report, "sampling.top_p", `${THINKING_TOP_P} is the least while the model thinks`);
      config.topP = THINKING_TOP_P;
    } else config.topP = topP;
  }
  if (topK !== undefined) addTopK(fields, topK, traits, thinking, report);
}

function addTopK(
  fields: Body,
  topK: number,
  traits: ModelTraits,
  thinking: boolean,
  report: EncodeReport,
): void {
  if (topK < 0) mapped(report, "sampling.top_k", "all tokens is the vendor's default");
  else if (thinking)
    dropped(report, "sampling.top_k", "the vendor refuses it while the model thinks");
  else if (traits.topK === "none") dropped(report, "sampling.top_k", "the model takes none");
  else {
    mapped(
      report,
      "sampling.top_k",
      "sent in additionalModelRequestFields, in the model's own format",
    );
    if (traits.topK === "inferenceConfig") fields.inferenceConfig = { topK };
    else fields[traits.topK] = topK;
  }
}

function addTemperature(
  config: Body,
  temperature: number,
  thinking: boolean,
  report: EncodeReport,
): void {
  if (thinking && temperature !== 1) {
    dropped(report, "sampling.temperature", "the vendor refuses it while the model thinks");
    return;
  }
  if (temperature > 1) clamped(report, "sampling.temperature");
  config.temperature = Math.min(temperature, 1);
}

function dropKnobs(sampling: Sampling, note: string, report: EncodeReport): void {
  for (const knob of ["temperature", "topP", "topK"] as const) {
    if (sampling[knob] !== undefined) dropped(report, `sampling.${snakeCase(knob)}`, note);
  }
}

/** The vendor refuses stop texts of blanks only. */
function addStop(config: Body, stop: readonly string[], report: EncodeReport): void {
  const kept: string[] = [];
  for (const [index, text] of stop.entries()) {
    if (text.trim() === "") dropped(report, `sampling.stop[${index}]`);
    else kept.push(text);
  }
  if (kept.length > 0) config.stopSequences = kept;
}
