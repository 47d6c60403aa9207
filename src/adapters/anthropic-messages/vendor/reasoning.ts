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
import type { Body } from "../../../json/members.ts";
import type { ClaudeTraits } from "../../traits/claude-traits.ts";
import type { ModelTraits } from "./model-traits.ts";

/** How reasoning is requested, and the bound on tokens, which includes it. */
export interface ReasoningPlan {
  readonly thinking: Body | undefined;
  readonly effort: string | undefined;
  readonly maxTokens: number;
}

/** Room for the answer where the caller bounds the thinking but not the whole. */
const ANSWER_TOKENS = 4096;

/**
 * Reasoning as `thinking` and `output_config.effort`. Models that decide by themselves get
 * `adaptive`, older ones a budget: 1,024 tokens for minimal and low effort, 2,048 for medium, 4,096
 * for high, 8,192 for xhigh and 16,384 for max. `continuesUnsigned`: the vendor refuses a budget
 * while tools that were called without signed thinking are answered. `max_tokens` must be greater
 * than the budget: it is raised where the caller left it open, else the budget is lowered. See
 * https://platform.claude.com/docs/en/build-with-claude/thinking (2026-11).
 */
export function planReasoning(
  chat: Chat,
  traits: ModelTraits,
  continuesUnsigned: boolean,
  report: EncodeReport,
): ReasoningPlan {
  const options = chat.reasoning;
  const effort = options === undefined ? undefined : encodeEffort(options.effort, traits, report);
  const planned = options === undefined ? undefined : planThinking(options, traits, report);
  const unfit = continuesUnsigned && planned?.type === "enabled";
  if (unfit)
    dropped(
      report,
      "reasoning",
      "the tool calls that are answered last came without signed thinking",
    );
  const wanted = unfit ? undefined : planned;
  const { thinking, maxTokens } = fitBudget(chat, wanted, traits, report);
  if (options !== undefined) addDisplay(options.summary, thinking, traits, report);
  return { thinking, effort: effortBeside(thinking, effort, traits, report), maxTokens };
}

/** Whether the plan makes the model think, so far as the request says. */
export function thinks(plan: ReasoningPlan): boolean {
  return plan.thinking !== undefined && !isOffType(plan.thinking);
}

/** Whether `thinking` switches thinking off, as far as the model lets it. */
export function isOffType({ type }: Body): boolean {
  return type === "disabled" || type === "between_tools";
}

/**
 * The effort that is sent beside `thinking`: some models can be kept from thinking up to an effort
 * of high alone.
 */
export function effortBeside(
  thinking: Body | undefined,
  effort: string | undefined,
  traits: Pick<ClaudeTraits, "offToHigh">,
  report: EncodeReport,
): string | undefined {
  const above = effort === "xhigh" || effort === "max";
  if (!above || !traits.offToHigh || thinking === undefined || !isOffType(thinking)) return effort;
  clamped(report, "reasoning.effort", "sent as high, the highest without thinking");
  return "high";
}

function encodeEffort(
  effort: ReasoningEffort,
  traits: ModelTraits,
  report: EncodeReport,
): string | undefined {
  const word = effortWord(effort);
  if (word === undefined || traits.efforts.length === 0) return undefined;
  if (traits.efforts.includes(word)) {
    if (effort === ReasoningEffort.MINIMAL) mapped(report, "reasoning.effort");
    return word;
  }
  const nearest = word === "xhigh" ? "high" : (traits.efforts.at(-1) ?? "high");
  clamped(report, "reasoning.effort", `sent as ${nearest}, for the model does not know ${word}`);
  return nearest;
}

function planThinking(
  options: ReasoningOptions,
  traits: ModelTraits,
  report: EncodeReport,
): Body | undefined {
  const { mode, effort, budgetTokens } = options;
  if (mode === ReasoningMode.DISABLED || (mode === ReasoningMode.UNSPECIFIED && isOff(options))) {
    return planDisabled(options, traits, report);
  }
  if (mode === ReasoningMode.UNSPECIFIED && budgetTokens === undefined) {
    if (effort === ReasoningEffort.UNSPECIFIED) return undefined;
    return planImplied(effort, traits, report);
  }
  if (mode === ReasoningMode.ADAPTIVE) return planAdaptive(options, traits, report);
  if (traits.budgetThinking)
    return { type: "enabled", budget_tokens: budgetTokens ?? budgetOf(effort) };
  return planWithoutBudget(options, traits, report);
}

/** Thinking was requested, maybe within a budget, from a model that takes none. */
function planWithoutBudget(
  options: ReasoningOptions,
  traits: ModelTraits,
  report: EncodeReport,
): Body | undefined {
  const { mode, effort, budgetTokens } = options;
  if (budgetTokens !== undefined) dropped(report, "reasoning.budget_tokens");
  if (traits.adaptiveThinking) {
    if (mode === ReasoningMode.ENABLED) mapped(report, "reasoning.mode");
    return { type: "adaptive" };
  }
  if (mode === ReasoningMode.ENABLED) dropped(report, "reasoning.mode");
  if (effort !== ReasoningEffort.UNSPECIFIED) dropped(report, "reasoning.effort");
  return undefined;
}

function isOff({ effort, budgetTokens }: ReasoningOptions): boolean {
  return effort === ReasoningEffort.NONE || budgetTokens === 0;
}

function planDisabled(
  options: ReasoningOptions,
  traits: ModelTraits,
  report: EncodeReport,
): Body | undefined {
  const field = options.mode === ReasoningMode.DISABLED ? "reasoning.mode" : "reasoning.effort";
  if (traits.alwaysThinks) {
    dropped(report, field);
    return undefined;
  }
  if (options.mode !== ReasoningMode.DISABLED) mapped(report, field, "sent as disabled thinking");
  const canThink = traits.adaptiveThinking || traits.budgetThinking;
  return canThink ? { type: traits.off } : undefined;
}

/** Effort alone: whoever names it wants the model to think. */
function planImplied(
  effort: ReasoningEffort,
  traits: ModelTraits,
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
  if (traits.efforts.length === 0) dropped(report, "reasoning.effort");
  return undefined;
}

function planAdaptive(
  options: ReasoningOptions,
  traits: ModelTraits,
  report: EncodeReport,
): Body | undefined {
  const { effort, budgetTokens } = options;
  if (traits.adaptiveThinking) {
    if (budgetTokens !== undefined)
      dropped(report, "reasoning.budget_tokens", "adaptive thinking takes no budget");
    return { type: "adaptive" };
  }
  if (!traits.budgetThinking) {
    dropped(report, "reasoning.mode");
    return undefined;
  }
  const budget = budgetTokens ?? budgetOf(effort);
  emulated(
    report,
    "reasoning.mode",
    `a budget of ${budget} tokens, for the model cannot decide by itself`,
  );
  return { type: "enabled", budget_tokens: budget };
}

function fitBudget(
  chat: Chat,
  wanted: Body | undefined,
  traits: ModelTraits,
  report: EncodeReport,
): { readonly thinking: Body | undefined; readonly maxTokens: number } {
  const maxOutputTokens = chat.maxOutputTokens;
  const wantedBudget = wanted?.budget_tokens;
  const budget = typeof wantedBudget === "number" ? Math.max(wantedBudget, MIN_BUDGET) : undefined;
  if (budget !== wantedBudget)
    clamped(report, "reasoning.budget_tokens", `${MIN_BUDGET} is the least that the vendor takes`);
  if (maxOutputTokens === undefined) {
    const maxTokens = Math.max(
      traits.defaultMaxTokens,
      budget === undefined ? 0 : budget + ANSWER_TOKENS,
    );
    mapped(
      report,
      "max_output_tokens",
      `the vendor demands a bound: ${maxTokens} where none is set`,
    );
    return {
      thinking: budget === undefined ? wanted : { ...wanted, budget_tokens: budget },
      maxTokens,
    };
  }
  if (budget === undefined || budget < maxOutputTokens) {
    return {
      thinking: budget === undefined ? wanted : { ...wanted, budget_tokens: budget },
      maxTokens: maxOutputTokens,
    };
  }
  if (maxOutputTokens <= MIN_BUDGET) {
    dropped(
      report,
      "reasoning",
      `max_output_tokens leaves no room for the ${MIN_BUDGET} tokens that thinking takes at least`,
    );
    return { thinking: undefined, maxTokens: maxOutputTokens };
  }
  clamped(
    report,
    "reasoning.budget_tokens",
    `lowered to ${maxOutputTokens - 1}, below max_output_tokens`,
  );
  return {
    thinking: { ...wanted, budget_tokens: maxOutputTokens - 1 },
    maxTokens: maxOutputTokens,
  };
}

/** Puts `display` on the thinking. The plan's own object: nobody else has seen it yet. */
function addDisplay(
  summary: ReasoningSummary,
  thinking: Body | undefined,
  traits: ModelTraits,
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

/** Least `budget_tokens` that Claude takes, wherever it is hosted. */
export const MIN_BUDGET = 1024;

/** Claude's word for an effort; undefined where none is requested. It has none below low. */
export function effortWord(effort: ReasoningEffort): string | undefined {
  switch (effort) {
    case ReasoningEffort.UNSPECIFIED:
    case ReasoningEffort.NONE:
      return undefined;
    case ReasoningEffort.MINIMAL:
    case ReasoningEffort.LOW:
      return "low";
    case ReasoningEffort.MEDIUM:
      return "medium";
    case ReasoningEffort.HIGH:
      return "high";
    case ReasoningEffort.XHIGH:
      return "xhigh";
    case ReasoningEffort.MAX:
      return "max";
  }
}

/** The `budget_tokens` that stand for an effort with models that take a budget only. */
export function budgetOf(effort: ReasoningEffort): number {
  switch (effort) {
    case ReasoningEffort.UNSPECIFIED:
    case ReasoningEffort.HIGH:
      return 4096;
    case ReasoningEffort.NONE:
    case ReasoningEffort.MINIMAL:
    case ReasoningEffort.LOW:
      return MIN_BUDGET;
    case ReasoningEffort.MEDIUM:
      return 2048;
    case ReasoningEffort.XHIGH:
      return 8192;
    case ReasoningEffort.MAX:
      return 16_384;
  }
}
