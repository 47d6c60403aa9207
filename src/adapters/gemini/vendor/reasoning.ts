import {
  ReasoningEffort,
  ReasoningMode,
  type ReasoningOptions,
  ReasoningSummary,
} from "../../../../gen/parlance/chat/v1/generation_pb.js";
import {
  clamped,
  dropped,
  type EncodeReport,
  emulated,
  mapped,
} from "../../../core/fidelity/encode-report.ts";
import type { Body } from "../../../json/members.ts";
import type { ModelTraits } from "./model-traits.ts";

/**
 * `thinkingConfig`. Gemini 3 and later take a level; what a model does not know becomes the next
 * level up, and no thinking the lowest level. Gemini 2.5 takes a budget: 1,024 tokens for low
 * effort, 2,048 for medium, 4,096 for high, 8,192 for xhigh, 16,384 for max, and the minimum of the
 * model for minimal. A budget that is named is sent to both. Thoughts are requested
 * (`includeThoughts`) wherever thinking is, unless the caller wants them left out. See
 * https://ai.google.dev/gemini-api/docs/thinking (2026-11).
 */
export function encodeThinking(
  options: ReasoningOptions,
  traits: ModelTraits,
  report: EncodeReport,
): Body | undefined {
  if (traits.thinking === "none") {
    dropUnthinkable(options, report);
    return undefined;
  }
  const amount = isOff(options)
    ? encodeOff(options, traits, report)
    : encodeAmount(options, traits, report);
  const off = isOff(options);
  if (off) {
    if (options.summary !== ReasoningSummary.UNSPECIFIED) mapped(report, "reasoning.summary");
    return amount;
  }
  const include = includesThoughts(options, amount, report);
  const config: Body = { ...(include ? { includeThoughts: true } : undefined), ...amount };
  return Object.keys(config).length === 0 ? undefined : config;
}

function isOff({ mode, effort, budgetTokens }: ReasoningOptions): boolean {
  if (mode === ReasoningMode.DISABLED || budgetTokens === 0) return true;
  return (
    mode === ReasoningMode.UNSPECIFIED &&
    effort === ReasoningEffort.NONE &&
    budgetTokens === undefined
  );
}

function encodeOff(options: ReasoningOptions, traits: ModelTraits, report: EncodeReport): Body {
  const field = options.budgetTokens === 0 ? "reasoning.budget_tokens" : fieldOf(options);
  if (traits.thinking === "level") {
    const least = traits.levels[0] ?? "low";
    clamped(report, field, `the model always thinks; sent as thinkingLevel ${least}`);
    return { thinkingLevel: least };
  }
  if (!traits.canStopThinking) {
    clamped(
      report,
      field,
      `the model always thinks; sent as a budget of ${traits.minBudget} tokens`,
    );
    return { thinkingBudget: traits.minBudget };
  }
  if (field !== "reasoning.budget_tokens") mapped(report, field, "sent as a budget of 0 tokens");
  return { thinkingBudget: 0 };
}

function fieldOf({ mode }: ReasoningOptions): string {
  return mode === ReasoningMode.UNSPECIFIED ? "reasoning.effort" : "reasoning.mode";
}

/** How much is thought: a budget where one is named, else as the effort or the mode implies. */
function encodeAmount(options: ReasoningOptions, traits: ModelTraits, report: EncodeReport): Body {
  const { mode, effort, budgetTokens } = options;
  if (budgetTokens !== undefined) {
    if (effort !== ReasoningEffort.UNSPECIFIED) mapped(report, "reasoning.effort");
    return { thinkingBudget: fitBudget(budgetTokens, traits, report) };
  }
  if (effort !== ReasoningEffort.UNSPECIFIED) {
    if (mode === ReasoningMode.ADAPTIVE) mapped(report, "reasoning.mode");
    return traits.thinking === "level"
      ? encodeLevel(effort, traits, report)
      : encodeBudget(effort, traits, report);
  }
  if (mode === ReasoningMode.UNSPECIFIED) return {};
  mapped(report, "reasoning.mode");
  return traits.thinking === "level" ? {} : { thinkingBudget: -1 };
}

function fitBudget(budget: number, traits: ModelTraits, report: EncodeReport): number {
  if (traits.thinking === "level" || budget >= traits.minBudget) return budget;
  clamped(
    report,
    "reasoning.budget_tokens",
    `${traits.minBudget} is the least that the model takes`,
  );
  return traits.minBudget;
}

function encodeLevel(effort: ReasoningEffort, { levels }: ModelTraits, report: EncodeReport): Body {
  const wanted = ORDER.indexOf(levelOf(effort));
  const level = levels.find((name) => ORDER.indexOf(name) >= wanted) ?? "high";
  const beyond = effort === ReasoningEffort.XHIGH || effort === ReasoningEffort.MAX;
  if (beyond) clamped(report, "reasoning.effort", "high is the highest level of thinking");
  else if (ORDER.indexOf(level) !== wanted)
    clamped(report, "reasoning.effort", `sent as ${level}, the nearest that the model knows`);
  return { thinkingLevel: level };
}

const ORDER: readonly string[] = ["minimal", "low", "medium", "high"];

function levelOf(effort: ReasoningEffort): string {
  switch (effort) {
    case ReasoningEffort.UNSPECIFIED:
    case ReasoningEffort.HIGH:
    case ReasoningEffort.XHIGH:
    case ReasoningEffort.MAX:
      return "high";
    case ReasoningEffort.NONE:
    case ReasoningEffort.MINIMAL:
      return "minimal";
    case ReasoningEffort.LOW:
      return "low";
    case ReasoningEffort.MEDIUM:
      return "medium";
  }
}

function encodeBudget(effort: ReasoningEffort, traits: ModelTraits, report: EncodeReport): Body {
  const budget = budgetOf(effort, traits.minBudget);
  emulated(report, "reasoning.effort", `a budget of ${budget} tokens for thinking`);
  return { thinkingBudget: budget };
}

function budgetOf(effort: ReasoningEffort, least: number): number {
  switch (effort) {
    case ReasoningEffort.NONE:
    case ReasoningEffort.MINIMAL:
      return least;
    case ReasoningEffort.LOW:
      return 1024;
    case ReasoningEffort.MEDIUM:
      return 2048;
    case ReasoningEffort.UNSPECIFIED:
    case ReasoningEffort.HIGH:
      return 4096;
    case ReasoningEffort.XHIGH:
      return 8192;
    case ReasoningEffort.MAX:
      return 16_384;
  }
}

function includesThoughts(
  { summary, mode }: ReasoningOptions,
  amount: Body,
  report: EncodeReport,
): boolean {
  if (summary === ReasoningSummary.OMITTED) {
    mapped(report, "reasoning.summary");
    return false;
  }
  if (summary === ReasoningSummary.CONCISE || summary === ReasoningSummary.DETAILED) {
    mapped(report, "reasoning.summary");
  }
  return (
    summary !== ReasoningSummary.UNSPECIFIED ||
    mode !== ReasoningMode.UNSPECIFIED ||
    Object.keys(amount).length > 0
  );
}

function dropUnthinkable(options: ReasoningOptions, report: EncodeReport): void {
  if (isOff(options)) mapped(report, "reasoning");
  else dropped(report, "reasoning");
}
