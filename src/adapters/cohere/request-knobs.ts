import type { ReasoningOptions, ResponseFormat, Sampling } from "../../../gen/parlance/chat/v1/generation_pb.js";
import { ReasoningEffort, ReasoningMode, ReasoningSummary } from "../../../gen/parlance/chat/v1/generation_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { rawJson, type Writable } from "../../core/json-write.ts";
import { isObjectText } from "./extras.ts";
import { clamped, type Draft, drop, emulated, mapped, NAME, type Report, refuseWith } from "./wire.ts";

/** Most stop texts that the vendor takes. */
const MOST_STOPS = 5;

/** Tokens of thinking that stand for an effort; above high the model thinks as much as it wants to. */
const budgets: Readonly<Partial<Record<ReasoningEffort, number>>> = {
  [ReasoningEffort.MINIMAL]: 512,
  [ReasoningEffort.LOW]: 1024,
  [ReasoningEffort.MEDIUM]: 4096,
  [ReasoningEffort.HIGH]: 16384,
};

/** The knobs of the draw, within the vendor's bounds. */
export function encodeSampling(sampling: Sampling, report: Report): Draft {
  for (const [field, set] of unsent(sampling))
    if (set) drop(report, `sampling.${field}`, "the vendor has no such knob");
  return {
    temperature: sampling.temperature,
    p: within(report, "top_p", sampling.topP, 0.01, 0.99),
    k: encodeTopK(sampling.topK, report),
    frequency_penalty: within(report, "frequency_penalty", sampling.frequencyPenalty, 0, 1),
    presence_penalty: within(report, "presence_penalty", sampling.presencePenalty, 0, 1),
    seed: encodeSeed(sampling.seed, report),
    stop_sequences: encodeStop(sampling.stop, report),
    logprobs: sampling.logprobs,
  };
}

/**
 * The form of the answer. A schema is sent as it is; that it has a name, a purpose and a strictness the vendor does not want to
 * know: an answer always follows it.
 */
export function encodeResponseFormat({ format }: ResponseFormat, report: Report): Writable {
  switch (format.case) {
    case "text":
      return { type: "text" };
    case "jsonObject":
      return { type: "json_object" };
    case "jsonSchema": {
      const { name, description, schemaJson, strict } = format.value;
      const path = "response_format.json_schema";
      if (name !== "") mapped(report, `${path}.name`, "not sent; the vendor's format has no name");
      if (description !== "") drop(report, `${path}.description`, "the vendor's format has no description");
      if (strict === false) mapped(report, `${path}.strict`, "the vendor's format is always strict");
      if (schemaJson === "") return { type: "json_object" };
      if (!isObjectText(schemaJson)) {
        refuseWith(report, ErrorReason.INVALID_REQUEST, `${path}.schema_json`, "must be one JSON object");
      }
      return { type: "json_object", json_schema: rawJson(schemaJson) };
    }
    case "opaque":
      if (format.value.dialect === NAME) return rawJson(format.value.json);
      drop(report, "response_format.opaque", `a form in the words of ${format.value.dialect}`);
      return undefined;
    case undefined:
      return undefined;
  }
}

/**
 * `thinking`, with a budget of tokens. An effort is emulated by a budget: minimal 512, low 1024, medium 4096, high 16384,
 * more than that none. See https://docs.cohere.com/docs/reasoning.
 */
export function encodeThinking(
  options: ReasoningOptions,
  quirks: Readonly<Record<string, unknown>>,
  report: Report,
): Writable {
  const { mode, effort, budgetTokens, summary } = options;
  if (quirks.thinking === false) {
    drop(report, "reasoning", "the vendor has no such knob");
    return undefined;
  }
  if (summary !== ReasoningSummary.UNSPECIFIED) drop(report, "reasoning.summary", "the vendor tells thoughts in full");
  if (mode === ReasoningMode.DISABLED || (mode === ReasoningMode.UNSPECIFIED && isOff(options))) {
    return disabled(options, report);
  }
  if (mode === ReasoningMode.ADAPTIVE) mapped(report, "reasoning.mode", "sent as enabled: the model decides how much");
  if (budgetTokens !== undefined && budgetTokens > 0) {
    if (effort !== ReasoningEffort.UNSPECIFIED) mapped(report, "reasoning.effort", "the budget says it");
    return { type: "enabled", token_budget: budgetTokens };
  }
  if (budgetTokens === 0)
    drop(report, "reasoning.budget_tokens", "the vendor takes no empty budget while the model thinks");
  if (effort === ReasoningEffort.NONE) drop(report, "reasoning.effort", "the mode says that the model thinks");
  const budget = budgets[effort];
  if (budget !== undefined) emulated(report, "reasoning.effort", `sent as a budget of ${budget} tokens`);
  else if (effort > ReasoningEffort.HIGH) emulated(report, "reasoning.effort", "sent as thinking without a budget");
  else if (mode === ReasoningMode.UNSPECIFIED) return undefined;
  return { type: "enabled", token_budget: budget };
}

function isOff({ effort, budgetTokens }: ReasoningOptions): boolean {
  return effort === ReasoningEffort.NONE || (budgetTokens === 0 && effort === ReasoningEffort.UNSPECIFIED);
}

function disabled({ mode, effort, budgetTokens }: ReasoningOptions, report: Report): Writable {
  const told = mode === ReasoningMode.DISABLED;
  if (effort === ReasoningEffort.NONE) mapped(report, "reasoning.effort", "sent as thinking disabled");
  else if (effort !== ReasoningEffort.UNSPECIFIED) drop(report, "reasoning.effort", "thinking is switched off");
  if (budgetTokens === 0 || (budgetTokens !== undefined && !told)) {
    mapped(report, "reasoning.budget_tokens", "sent as thinking disabled");
  } else if (budgetTokens !== undefined) drop(report, "reasoning.budget_tokens", "thinking is switched off");
  return { type: "disabled" };
}

function unsent(sampling: Sampling): readonly (readonly [field: string, set: boolean])[] {
  return [
    ["min_p", sampling.minP !== undefined],
    ["repetition_penalty", sampling.repetitionPenalty !== undefined],
    ["logit_bias", Object.keys(sampling.logitBias).length > 0],
    ["top_logprobs", sampling.topLogprobs !== undefined],
  ];
}

function within(
  report: Report,
  field: string,
  value: number | undefined,
  least: number,
  most: number,
): number | undefined {
  if (value === undefined) return undefined;
  const sent = Math.min(most, Math.max(least, value));
  if (sent !== value) clamped(report, `sampling.${field}`, `the vendor takes ${least} to ${most}`);
  return sent;
}

/** 0 is the vendor's word for all tokens. */
function encodeTopK(topK: number | undefined, report: Report): number | undefined {
  if (topK !== undefined && topK < 0) {
    mapped(report, "sampling.top_k", "sent as 0, which is all tokens");
    return 0;
  }
  return within(report, "top_k", topK, 0, 500);
}

function encodeSeed(seed: bigint | undefined, report: Report): number | bigint | undefined {
  if (seed !== undefined && seed < 0n) {
    drop(report, "sampling.seed", "the vendor takes no seeds below 0");
    return undefined;
  }
  return seed !== undefined && seed <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(seed) : seed;
}

function encodeStop(stop: readonly string[], report: Report): readonly string[] | undefined {
  for (let at = MOST_STOPS; at < stop.length; at += 1) {
    drop(report, `sampling.stop[${at}]`, `the vendor takes ${MOST_STOPS} stop texts at most`);
  }
  return stop.length === 0 ? undefined : stop.slice(0, MOST_STOPS);
}
