import type {
  ReasoningOptions,
  ResponseFormat,
  Sampling,
} from "../../../../gen/parlance/chat/v1/generation_pb.js";
import {
  ReasoningEffort,
  ReasoningMode,
  ReasoningSummary,
} from "../../../../gen/parlance/chat/v1/generation_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import {
  clamped,
  dropped,
  type EncodeReport,
  emulated,
  mapped,
  refuse,
} from "../../../core/fidelity/encode-report.ts";
import { rawJson, type Writable } from "../../../json/write.ts";
import { encodeOpaqueValue, isObjectText } from "../extras.ts";
import type { Draft } from "../wire.ts";

/** Most stop texts that the vendor takes. */
const MAX_STOPS = 5;

/**
 * Tokens of thinking that stand for an effort; above high the model thinks as much as it wants to.
 */
const budgets: Readonly<Partial<Record<ReasoningEffort, number>>> = {
  [ReasoningEffort.MINIMAL]: 512,
  [ReasoningEffort.LOW]: 1024,
  [ReasoningEffort.MEDIUM]: 4096,
  [ReasoningEffort.HIGH]: 16384,
};

/** The knobs of the draw, within the vendor's bounds. */
export function encodeSampling(sampling: Sampling, report: EncodeReport): Draft {
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
 * The form of the answer. A schema is sent as it is; that it has a name, a purpose and a strictness
 * the vendor does not want to know: an answer always follows it.
 */
export function encodeResponseFormat({ format }: ResponseFormat, report: EncodeReport): Writable {
  switch (format.case) {
    case "text":
      return { type: "text" };
    case "jsonObject":
      return { type: "json_object" };
    case "jsonSchema": {
      const { name, schemaJson, strict } = format.value;
      const path = "response_format.json_schema";
      if (name !== "") mapped(report, `${path}.name`);
      if (strict !== undefined) mapped(report, `${path}.strict`);
      if (schemaJson === "") return { type: "json_object" };
      if (!isObjectText(schemaJson)) {
        refuse(
          report,
          ErrorReason.INVALID_REQUEST,
          `${path}.schema_json`,
          "must be one JSON object",
        );
      }
      return { type: "json_object", json_schema: rawJson(schemaJson) };
    }
    case "opaque":
      return encodeOpaqueValue(format.value, "response_format.opaque", report);
    case undefined:
      return undefined;
  }
}

/**
 * The instruction that stands in for a form of the answer, which the vendor takes neither with
 * tools nor with documents; undefined where there is no such form. See
 * https://docs.cohere.com/docs/structured-outputs (2026-11).
 */
export function formatInstruction(
  form: ResponseFormat | undefined,
  report: EncodeReport,
): Draft | undefined {
  const format = form?.format;
  if (format?.case === "jsonObject") {
    emulated(report, "response_format.json_object");
    return { role: "system", content: `${ONLY_JSON}.` };
  }
  if (format?.case !== "jsonSchema") return undefined;
  const path = "response_format.json_schema";
  const { name, schemaJson, strict } = format.value;
  emulated(report, `${path}.schema_json`);
  if (name !== "") mapped(report, `${path}.name`);
  if (strict === true) dropped(report, `${path}.strict`, "the form is only asked for");
  else if (strict === false) mapped(report, `${path}.strict`, "the form is only asked for");
  const schema = schemaJson === "" ? "." : ` that follows this JSON Schema:\n${schemaJson}`;
  return { role: "system", content: `${ONLY_JSON}${schema}` };
}

const ONLY_JSON = "Where you answer in words, answer with one JSON object and nothing else";

/**
 * `thinking`, with a budget of tokens. An effort is emulated by a budget: minimal 512, low 1024,
 * medium 4096, high 16384, more than that none. See https://docs.cohere.com/docs/reasoning.
 */
export function encodeThinking(
  options: ReasoningOptions,
  quirks: Readonly<Record<string, unknown>>,
  report: EncodeReport,
): Writable {
  const { mode, effort, budgetTokens, summary } = options;
  if (quirks.thinking === false) {
    dropped(report, "reasoning");
    return undefined;
  }
  reportSummary(summary, report);
  if (mode === ReasoningMode.DISABLED || (mode === ReasoningMode.UNSPECIFIED && isOff(options))) {
    return disabled(options, report);
  }
  if (mode === ReasoningMode.ADAPTIVE) mapped(report, "reasoning.mode");
  if (budgetTokens !== undefined && budgetTokens > 0) {
    if (effort !== ReasoningEffort.UNSPECIFIED)
      mapped(report, "reasoning.effort", "the budget says it");
    return { type: "enabled", token_budget: budgetTokens };
  }
  if (budgetTokens === 0)
    dropped(
      report,
      "reasoning.budget_tokens",
      "the vendor takes no empty budget while the model thinks",
    );
  if (effort === ReasoningEffort.NONE)
    dropped(report, "reasoning.effort", "the mode says that the model thinks");
  const budget = budgets[effort];
  if (budget !== undefined)
    emulated(report, "reasoning.effort", `sent as a budget of ${budget} tokens`);
  else if (effort > ReasoningEffort.HIGH)
    emulated(report, "reasoning.effort", "sent as thinking without a budget");
  else if (mode === ReasoningMode.UNSPECIFIED) return undefined;
  return { type: "enabled", token_budget: budget };
}

/** Thoughts come in full, of which nobody can have less. */
function reportSummary(summary: ReasoningSummary, report: EncodeReport): void {
  if (summary === ReasoningSummary.UNSPECIFIED) return;
  if (summary === ReasoningSummary.OMITTED) dropped(report, "reasoning.summary");
  else if (summary === ReasoningSummary.CONCISE) emulated(report, "reasoning.summary");
  else mapped(report, "reasoning.summary");
}

function isOff({ effort, budgetTokens }: ReasoningOptions): boolean {
  return (
    effort === ReasoningEffort.NONE ||
    (budgetTokens === 0 && effort === ReasoningEffort.UNSPECIFIED)
  );
}

function disabled(
  { mode, effort, budgetTokens }: ReasoningOptions,
  report: EncodeReport,
): Writable {
  const isDisabled = mode === ReasoningMode.DISABLED;
  if (effort === ReasoningEffort.NONE)
    mapped(report, "reasoning.effort", "sent as thinking disabled");
  else if (effort !== ReasoningEffort.UNSPECIFIED)
    dropped(report, "reasoning.effort", "thinking is switched off");
  if (budgetTokens === 0 || (budgetTokens !== undefined && !isDisabled)) {
    mapped(report, "reasoning.budget_tokens", "sent as thinking disabled");
  } else if (budgetTokens !== undefined)
    dropped(report, "reasoning.budget_tokens", "thinking is switched off");
  return { type: "disabled" };
}

function within(
  report: EncodeReport,
  field: string,
  value: number | undefined,
  least: number,
  most: number,
): number | undefined {
  if (value === undefined) return undefined;
  const sent = Math.min(most, Math.max(least, value));
  if (sent !== value) clamped(report, `sampling.${field}`);
  return sent;
}

/** 0 is the vendor's word for all tokens. */
function encodeTopK(topK: number | undefined, report: EncodeReport): number | undefined {
  if (topK !== undefined && topK < 0) {
    mapped(report, "sampling.top_k");
    return 0;
  }
  return within(report, "top_k", topK, 0, 500);
}

function encodeSeed(seed: bigint | undefined, report: EncodeReport): number | bigint | undefined {
  if (seed !== undefined && seed < 0n) {
    dropped(report, "sampling.seed");
    return undefined;
  }
  return seed !== undefined && seed <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(seed) : seed;
}

function encodeStop(stop: readonly string[], report: EncodeReport): readonly string[] | undefined {
  for (let at = MAX_STOPS; at < stop.length; at += 1) dropped(report, `sampling.stop[${at}]`);
  return stop.length === 0 ? undefined : stop.slice(0, MAX_STOPS);
}
