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
import {
  budgetOf,
  effortBeside,
  effortWord,
  isOffType,
  MIN_BUDGET,
} from "../../anthropic-messages/vendor/reasoning.ts";
import type { ClaudeTraits } from "../../traits/claude-traits.ts";

/** How Claude's thinking is configured. */
export interface ThinkingPlan {
  readonly thinking: Body | undefined;
  readonly effort: string | undefined;
}

/**
 * Models that decide by themselves get `adaptive`, older ones a budget: 1,024 tokens for minimal
 * and low effort, 2,048 for medium, 4,096 for high, 8,192 for xhigh and 16,384 for max; it is kept
 * below the bound on all tokens. `continuesUnsigned`: a budget is refused while tools that were
 * called without signed thinking are answered. See
 * https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-extended-thinking.html
 * (2026-11).
 */
export function planClaude(
  options: ReasoningOptions,
  maxOutputTokens: number | undefined,
  traits: ClaudeTraits,
  continuesUnsigned: boolean,
  report: EncodeReport,
): ThinkingPlan {
  const effort = encodeEffort(options.effort, traits, report);
  const planned = planThinking(options, traits, report);
  const unfit = continuesUnsigned && planned?.type === "enabled";
  if (unfit)
    dropped(
      report,
      "reasoning",
      "the tool calls that are answered last came without signed thinking",
    );
  const thinking = unfit ? undefined : fitBudget(planned, maxOutputTokens, report);
  if (traits.alwaysThinks || !isOff(options)) addDisplay(options.summary, thinking, traits, report);
  return { thinking, effort: effortBeside(thinking, effort, traits, report) };
}

function encodeEffort(
  effort: ReasoningEffort,
  traits: ClaudeTraits,
  report: EncodeReport,
): string | undefined {
  const word = effortWord(effort);
  if (word === undefined || traits.efforts.length === 0) return undefined;
  if (traits.efforts.includes(word)) {
    if (effort === ReasoningEffort.MINIMAL)
      mapped(report, "reasoning.effort", "sent as low, the least there is");
    return word;
  }
  const nearest = word === "xhigh" ? "high" : (traits.efforts.at(-1) ?? "high");
  clamped(report, "reasoning.effort", `sent as ${nearest}, for the model does not know ${word}`);
  return nearest;
}

function planThinking(
  options: ReasoningOptions,
  traits: ClaudeTraits,
  report: EncodeReport,
): Body | undefined {
  const { mode, effort, budgetTokens } = options;
  if (isOff(options)) return planDisabled(options, traits, report);
  if (mode === ReasoningMode.UNSPECIFIED && budgetTokens === undefined) {
    return effort === ReasoningEffort.UNSPECIFIED ? undefined : planImplied(effort, traits, report);
  }
  if (mode !== ReasoningMode.ADAPTIVE && traits.budgetThinking) {
    return planBudget(options, traits, report);
  }
  if (traits.adaptiveThinking) return planAdaptive(options, report);
  if (!traits.budgetThinking) {
    dropped(report, "reasoning", "the model does not think");
    return undefined;
  }
  emulated(report, "reasoning.mode");
  return planBudget(options, traits, report);
}

function planBudget(
  { effort, budgetTokens }: ReasoningOptions,
  traits: ClaudeTraits,
  report: EncodeReport,
): Body {
  const budget = budgetTokens ?? budgetOf(effort);
  const knowsEffort = effort === ReasoningEffort.UNSPECIFIED || traits.efforts.length > 0;
  if (budgetTokens === undefined)
    emulated(report, "reasoning.effort", `a budget of ${budget} tokens for thinking`);
  else if (!knowsEffort) dropped(report, "reasoning.effort", "the budget is sent instead");
  return { type: "enabled", budget_tokens: budget };
}

/** Whether the caller wants no reasoning. */
export function isOff({ mode, effort, budgetTokens }: ReasoningOptions): boolean {
  if (mode === ReasoningMode.DISABLED) return true;
  return (
    mode === ReasoningMode.UNSPECIFIED && (effort === ReasoningEffort.NONE || budgetTokens === 0)
  );
}

function planAdaptive({ mode, budgetTokens }: ReasoningOptions, report: EncodeReport): Body {
  if (budgetTokens !== undefined) dropped(report, "reasoning.budget_tokens");
  if (mode === ReasoningMode.ENABLED)
    mapped(report, "reasoning.mode", "sent as adaptive, the only way the model thinks");
  return { type: "adaptive" };
}

function planDisabled(
  options: ReasoningOptions,
  traits: ClaudeTraits,
  report: EncodeReport,
): Body | undefined {
  const { mode, effort, budgetTokens } = options;
  if (traits.alwaysThinks) {
    if (mode === ReasoningMode.DISABLED)
      dropped(report, "reasoning.mode", "the model always thinks");
    if (effort === ReasoningEffort.NONE)
      dropped(report, "reasoning.effort", "the model always thinks");
    if (budgetTokens !== undefined) dropped(report, "reasoning.budget_tokens");
    return undefined;
  }
  reportOff(options, report, traits.efforts.length > 0);
  if (traits.adaptiveThinking || traits.budgetThinking) return { type: traits.off };
  if (mode === ReasoningMode.DISABLED) mapped(report, "reasoning.mode", "the model never thinks");
  return undefined;
}

/**
 * Tells what else is said where reasoning is off. `effortSent`: whether an effort is sent all the
 * same.
 */
export function reportOff(
  options: ReasoningOptions,
  report: EncodeReport,
  effortSent = false,
): void {
  const { effort, budgetTokens, summary } = options;
  const needless =
    effort === ReasoningEffort.NONE || (effort !== ReasoningEffort.UNSPECIFIED && !effortSent);
  if (needless) mapped(report, "reasoning.effort");
  if (budgetTokens !== undefined) mapped(report, "reasoning.budget_tokens");
  if (summary !== ReasoningSummary.UNSPECIFIED) mapped(report, "reasoning.summary");
}

/** Effort alone: whoever names it wants the model to think. */
function planImplied(
  effort: ReasoningEffort,
  traits: ClaudeTraits,
  report: EncodeReport,
): Body | undefined {
  if (traits.adaptiveThinking) {
    if (traits.thinksByDefault) return undefined;
    mapped(report, "reasoning.effort", "adaptive thinking is switched on as well");
    return { type: "adaptive" };
  }
  if (traits.budgetThinking) {
    const budget = budgetOf(effort);
    emulated(report, "reasoning.effort", `a budget of ${budget} tokens for thinking`);
    return { type: "enabled", budget_tokens: budget };
  }
  if (traits.efforts.length === 0) dropped(report, "reasoning.effort", "the model does not think");
  return undefined;
}

/** The bound on all tokens must be greater than the budget. */
function fitBudget(
  planned: Body | undefined,
  maxOutputTokens: number | undefined,
  report: EncodeReport,
): Body | undefined {
  const wantedBudget = planned?.budget_tokens;
  if (typeof wantedBudget !== "number") return planned;
  const budget = Math.max(wantedBudget, MIN_BUDGET);
  if (budget !== wantedBudget)
    clamped(report, "reasoning.budget_tokens", `${MIN_BUDGET} is the least that the vendor takes`);
  if (maxOutputTokens === undefined || budget < maxOutputTokens)
    return { ...planned, budget_tokens: budget };
  if (maxOutputTokens <= MIN_BUDGET) {
    dropped(
      report,
      "reasoning",
      `max_output_tokens leaves no room for the ${MIN_BUDGET} tokens that thinking takes at least`,
    );
    return undefined;
  }
  clamped(
    report,
    "reasoning.budget_tokens",
    `lowered to ${maxOutputTokens - 1}, below max_output_tokens`,
  );
  return { ...planned, budget_tokens: maxOutputTokens - 1 };
}

/** Puts `display` on the thinking. The plan's own object: nobody else has seen it yet. */
function addDisplay(
  summary: ReasoningSummary,
  thinking: Body | undefined,
  traits: ClaudeTraits,
  report: EncodeReport,
): void {
  if (summary === ReasoningSummary.UNSPECIFIED) return;
  if (thinking === undefined || isOffType(thinking)) {
    dropped(report, "reasoning.summary");
    return;
  }
  if (!traits.adaptiveThinking) {
    if (summary === ReasoningSummary.OMITTED) dropped(report, "reasoning.summary");
    else mapped(report, "reasoning.summary", "the model shows a summary of its thinking anyway");
    return;
  }
  if (summary === ReasoningSummary.CONCISE || summary === ReasoningSummary.DETAILED) {
    mapped(report, "reasoning.summary");
  }
  thinking.display = summary === ReasoningSummary.OMITTED ? "omitted" : "summarized";
}
