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

/** Least `top_p` that the vendor takes while the model thinks. */
const THINKING_TOP_P = 0.95;

/** Adds temperature, top_p, top_k and stop_sequences; what the model does not take is reported. */
export function addSampling(
  body: Body,
  sampling: Sampling,
  traits: ModelTraits,
  thinking: boolean,
  report: EncodeReport,
): void {
  if (traits.samplingKnobs) addKnobs(body, sampling, traits, thinking, report);
  else dropKnobs(sampling, report);
  addStop(body, sampling.stop, report);
}

/** Reports what the models cannot answer in. */
export function reportModalities({ modalities }: Chat, report: EncodeReport): void {
  if (modalities.length === 0) return;
  if (modalities.every((modality) => modality === Modality.TEXT)) mapped(report, "modalities");
  else dropped(report, "modalities");
}

/** Adds `metadata.user_id`, the only metadata that the vendor takes. */
export function addUser(body: Body, chat: Chat, report: EncodeReport): void {
  const { user, safetyIdentifier } = chat;
  if (user !== "" || safetyIdentifier !== "")
    body.metadata = { user_id: user === "" ? safetyIdentifier : user };
  if (safetyIdentifier !== "" && user !== "") dropped(report, "safety_identifier");
  else if (safetyIdentifier !== "") mapped(report, "safety_identifier");
}

/** Adds `service_tier`. See https://platform.claude.com/docs/en/api/service-tiers. */
export function addServiceTier(body: Body, tier: string, report: EncodeReport): void {
  switch (tier) {
    case "":
      return;
    case "auto":
    case "standard_only":
      body.service_tier = tier;
      return;
    case "default":
    case "standard":
      mapped(report, "service_tier", "sent as standard_only");
      body.service_tier = "standard_only";
      return;
    case "priority":
      mapped(
        report,
        "service_tier",
        "sent as auto, which uses priority capacity where the account has it",
      );
      body.service_tier = "auto";
      return;
    default:
      dropped(
        report,
        "service_tier",
        `the vendor knows no tier ${JSON.stringify(tier.slice(0, 64))}`,
      );
  }
}

function addKnobs(
  body: Body,
  sampling: Sampling,
  traits: ModelTraits,
  thinking: boolean,
  report: EncodeReport,
): void {
  const { temperature, topP, topK } = sampling;
  if (temperature !== undefined) addTemperature(body, temperature, thinking, report);
  if (topP !== undefined) {
    if (body.temperature !== undefined && !traits.temperatureWithTopP) {
      dropped(report, "sampling.top_p", "the model takes temperature or top_p, not both");
    } else if (thinking && topP < THINKING_TOP_P) {
      clamped(report, "sampling.top_p", `${THINKING_TOP_P} is the least while the model thinks`);
      body.top_p = THINKING_TOP_P;
    } else body.top_p = topP;
  }
  if (topK === undefined) return;
  if (topK < 0) mapped(report, "sampling.top_k");
  else if (thinking)
    dropped(report, "sampling.top_k", "the vendor refuses it while the model thinks");
  else body.top_k = topK;
}

function addTemperature(
  body: Body,
  temperature: number,
  thinking: boolean,
  report: EncodeReport,
): void {
  if (thinking && temperature !== 1) {
    dropped(report, "sampling.temperature", "the vendor refuses it while the model thinks");
    return;
  }
  if (temperature > 1) clamped(report, "sampling.temperature");
  body.temperature = Math.min(temperature, 1);
}

function dropKnobs(sampling: Sampling, report: EncodeReport): void {
  for (const knob of ["temperature", "topP", "topK"] as const) {
    if (sampling[knob] !== undefined)
      dropped(report, `sampling.${snakeCase(knob)}`, "the model takes no sampling knobs");
  }
}

/** The vendor refuses stop texts of blanks only. */
function addStop(body: Body, stop: readonly string[], report: EncodeReport): void {
  const kept: string[] = [];
  for (const [index, text] of stop.entries()) {
    if (text.trim() === "") dropped(report, `sampling.stop[${index}]`);
    else kept.push(text);
  }
  if (kept.length > 0) body.stop_sequences = kept;
}
