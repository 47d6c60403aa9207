import type { ReasoningOptions } from "../../../../gen/parlance/chat/v1/generation_pb.js";
import { ReasoningEffort, ReasoningMode } from "../../../../gen/parlance/chat/v1/generation_pb.js";
import {
  clamped,
  dropped,
  type EncodeReport,
  emulated,
  mapped,
} from "../../../core/fidelity/encode-report.ts";
import { reportFullSummary } from "../../foreign/full-summary.ts";

/** `think`: off, on, or how hard. */
export type Think = boolean | "low" | "medium" | "high" | "max";

/** A budget of thinking tokens up to this is `low`, up to the next `medium`, above it `high`. */
const LOW_BUDGET = 2048;
const MEDIUM_BUDGET = 8192;

/**
 * `think`; undefined for the model's default. The levels are low, medium, high and max; models
 * without levels take each as "on". A budget alone is emulated by the nearest level. See
 * https://docs.ollama.com/capabilities/thinking.
 */
export function encodeThink(options: ReasoningOptions, report: EncodeReport): Think | undefined {
  const think = thinkBy(options, report);
  reportFullSummary(options.summary, think !== false, report);
  return think;
}

function thinkBy(options: ReasoningOptions, report: EncodeReport): Think | undefined {
  const { mode, effort, budgetTokens } = options;
  if (mode === ReasoningMode.DISABLED) {
    mapped(report, "reasoning.mode", "sent as think: false");
    if (effort !== ReasoningEffort.UNSPECIFIED) dropped(report, "reasoning.effort");
    if (budgetTokens !== undefined)
      dropped(report, "reasoning.budget_tokens", "thinking is switched off");
    return false;
  }
  if (effort === ReasoningEffort.UNSPECIFIED && budgetTokens === undefined)
    return thinkOf(mode, report);
  if (mode !== ReasoningMode.UNSPECIFIED)
    mapped(report, "reasoning.mode", "the level of think says it");
  if (effort === ReasoningEffort.UNSPECIFIED) return levelOfBudget(budgetTokens ?? 0, report);
  if (budgetTokens !== undefined) dropped(report, "reasoning.budget_tokens");
  return levelOf(effort, report);
}

function thinkOf(mode: ReasoningMode, report: EncodeReport): Think | undefined {
  if (mode === ReasoningMode.ENABLED) {
    mapped(report, "reasoning.mode", "sent as think: true");
    return true;
  }
  if (mode === ReasoningMode.ADAPTIVE) dropped(report, "reasoning.mode");
  return undefined;
}

function levelOfBudget(budgetTokens: number, report: EncodeReport): Think {
  const level =
    budgetTokens === 0
      ? false
      : budgetTokens <= LOW_BUDGET
        ? "low"
        : budgetTokens <= MEDIUM_BUDGET
          ? "medium"
          : "high";
  emulated(report, "reasoning.budget_tokens", `sent as think: ${level}`);
  return level;
}

function levelOf(effort: ReasoningEffort, report: EncodeReport): Think | undefined {
  switch (effort) {
    case ReasoningEffort.UNSPECIFIED:
      return undefined;
    case ReasoningEffort.NONE:
      mapped(report, "reasoning.effort", "sent as think: false");
      return false;
    case ReasoningEffort.MINIMAL:
      clamped(report, "reasoning.effort", "low is the least level");
      return "low";
    case ReasoningEffort.LOW:
      return "low";
    case ReasoningEffort.MEDIUM:
      return "medium";
    case ReasoningEffort.HIGH:
      return "high";
    case ReasoningEffort.XHIGH:
      clamped(report, "reasoning.effort", "max is the level above high");
      return "max";
    case ReasoningEffort.MAX:
      return "max";
  }
}
