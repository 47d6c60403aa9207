import type { Chat } from "../../../../gen/parlance/chat/v1/chat_pb.js";
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
import { effortWord, nearestEffort } from "../../../core/traits/nearest-effort.ts";
import type { Body } from "../../../json/members.ts";

/**
 * Reasoning as `reasoning.effort` and `reasoning.summary`. A budget of tokens becomes the effort
 * that other dialects emulate by that budget: up to 1,024 low, up to 2,048 medium, up to 4,096
 * high, beyond it xhigh; 0 is none. `levels`: those that the model takes, empty where they are not
 * known. See https://platform.openai.com/docs/guides/reasoning.
 */
export function encodeReasoningOptions(
  chat: Chat,
  levels: readonly string[],
  report: EncodeReport,
): Body | undefined {
  const options = chat.reasoning;
  if (options === undefined) return undefined;
  const effort = effortOf(options, levels, report);
  const summary = summaryOf(options.summary, report);
  return effort === undefined && summary === undefined ? undefined : { effort, summary };
}

function effortOf(
  options: ReasoningOptions,
  levels: readonly string[],
  report: EncodeReport,
): string | undefined {
  const { mode, budgetTokens } = options;
  if (mode === ReasoningMode.DISABLED) return switchedOff(options, report);
  const effort = effortWord(options.effort);
  if (effort === undefined && budgetTokens === undefined) return effortOfMode(mode, levels, report);
  if (mode !== ReasoningMode.UNSPECIFIED) mapped(report, "reasoning.mode");
  if (budgetTokens === undefined) return effort;
  if (effort !== undefined) {
    dropped(report, "reasoning.budget_tokens");
    return effort;
  }
  const word = nearestEffort(effortOfBudget(budgetTokens), levels);
  const note = `sent as effort ${word}`;
  if (budgetTokens === 0 && word !== "none") clamped(report, "reasoning.budget_tokens", note);
  else emulated(report, "reasoning.budget_tokens", note);
  return word;
}

function switchedOff({ effort, budgetTokens }: ReasoningOptions, report: EncodeReport): string {
  mapped(report, "reasoning.mode", "sent as effort none");
  if (effort !== ReasoningEffort.UNSPECIFIED && effort !== ReasoningEffort.NONE) {
    dropped(report, "reasoning.effort");
  }
  if (budgetTokens !== undefined) dropped(report, "reasoning.budget_tokens");
  return "none";
}

/** Some models do not think unless an effort is set. */
function effortOfMode(
  mode: ReasoningMode,
  levels: readonly string[],
  report: EncodeReport,
): string | undefined {
  if (mode === ReasoningMode.ENABLED) {
    const word = nearestEffort("medium", levels);
    emulated(report, "reasoning.mode", `sent as effort ${word}`);
    return word;
  }
  if (mode === ReasoningMode.ADAPTIVE) mapped(report, "reasoning.mode");
  return undefined;
}

function effortOfBudget(budget: number): string {
  if (budget === 0) return "none";
  if (budget <= 1024) return "low";
  if (budget <= 2048) return "medium";
  return budget <= 4096 ? "high" : "xhigh";
}

function summaryOf(summary: ReasoningSummary, report: EncodeReport): string | undefined {
  switch (summary) {
    case ReasoningSummary.UNSPECIFIED:
      return undefined;
    case ReasoningSummary.AUTO:
      return "auto";
    case ReasoningSummary.CONCISE:
      return "concise";
    case ReasoningSummary.DETAILED:
      return "detailed";
    case ReasoningSummary.OMITTED:
      mapped(report, "reasoning.summary");
      return undefined;
  }
}
