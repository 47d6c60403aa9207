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
import { isOffType } from "../../anthropic-messages/vendor/reasoning.ts";
import { isOff, planClaude, reportOff } from "./claude-reasoning.ts";
import type { ModelTraits } from "./model-traits.ts";

/** How reasoning is requested. */
export interface ReasoningPlan {
  /** Members of `additionalModelRequestFields`. */
  readonly fields: Body;
  /** `outputConfig.effort`. */
  readonly effort: string | undefined;
  /** Whether Claude thinks, so far as the request says. */
  readonly thinking: boolean;
  /**
   * Whether Nova thinks as hard as it can: it then refuses knobs of sampling and a bound on tokens.
   */
  readonly boundless: boolean;
}

/** Reasoning in the format of the model's maker; what that format lacks is reported. */
export function planReasoning(
  chat: Chat,
  traits: ModelTraits,
  continuesUnsigned: boolean,
  report: EncodeReport,
): ReasoningPlan {
  const options = chat.reasoning;
  if (options === undefined)
    return {
      fields: {},
      effort: undefined,
      thinking: traits.claude.thinksByDefault,
      boundless: false,
    };
  switch (traits.reasoning) {
    case "claude": {
      const plan = planClaude(
        options,
        chat.maxOutputTokens,
        traits.claude,
        continuesUnsigned,
        report,
      );
      const thinking =
        plan.thinking === undefined ? traits.claude.thinksByDefault : !isOffType(plan.thinking);
      const fields: Body = plan.thinking === undefined ? {} : { thinking: plan.thinking };
      return { fields, effort: plan.effort, thinking, boundless: false };
    }
    case "nova":
      return planNova(options, report);
    case "effort":
      return planEffort(options, report);
    case "none":
      if (!isOff(options))
        for (const field of setFields(options)) dropped(report, `reasoning.${field}`, NO_REASONING);
      else {
        reportOff(options, report);
        if (options.mode === ReasoningMode.DISABLED)
          mapped(report, "reasoning.mode", "the model never reasons");
      }
      return { fields: {}, effort: undefined, thinking: false, boundless: false };
  }
}

const NO_REASONING = "reasoning cannot be requested from the model";

/** Nova 2: https://docs.aws.amazon.com/nova/latest/nova2-userguide/extended-thinking.html. */
function planNova(options: ReasoningOptions, report: EncodeReport): ReasoningPlan {
  const off = isOff(options);
  if (off) {
    reportOff(options, report);
    return {
      fields: { reasoningConfig: { type: "disabled" } },
      effort: undefined,
      thinking: false,
      boundless: false,
    };
  }
  if (options.summary !== ReasoningSummary.UNSPECIFIED)
    dropped(report, "reasoning.summary", "the model never tells its reasoning");
  if (options.budgetTokens !== undefined) dropped(report, "reasoning.budget_tokens");
  if (options.mode === ReasoningMode.ADAPTIVE)
    mapped(report, "reasoning.mode", "sent as enabled, the only way the model reasons");
  const nearest = nearestWord(options.effort, report);
  if (nearest === undefined) emulated(report, "reasoning");
  const word = nearest ?? "medium";
  const reasoningConfig = { type: "enabled", maxReasoningEffort: word };
  return {
    fields: { reasoningConfig },
    effort: undefined,
    thinking: false,
    boundless: word === "high",
  };
}

/** Open models of OpenAI take their own word. */
function planEffort(options: ReasoningOptions, report: EncodeReport): ReasoningPlan {
  for (const field of setFields(options)) {
    if (field !== "effort")
      dropped(report, `reasoning.${field}`, "the model always reasons, and takes an effort only");
  }
  if (options.effort === ReasoningEffort.NONE)
    clamped(report, "reasoning.effort", "sent as low, for the model always reasons");
  const word =
    options.effort === ReasoningEffort.NONE ? "low" : nearestWord(options.effort, report);
  const fields: Body = word === undefined ? {} : { reasoning_effort: word };
  return { fields, effort: undefined, thinking: false, boundless: false };
}

function nearestWord(
  effort: ReasoningEffort,
  report: EncodeReport,
): "low" | "medium" | "high" | undefined {
  switch (effort) {
    case ReasoningEffort.UNSPECIFIED:
    case ReasoningEffort.NONE:
      return undefined;
    case ReasoningEffort.MINIMAL:
      mapped(report, "reasoning.effort", "sent as low, the least there is");
      return "low";
    case ReasoningEffort.LOW:
      return "low";
    case ReasoningEffort.MEDIUM:
      return "medium";
    case ReasoningEffort.HIGH:
      return "high";
    case ReasoningEffort.XHIGH:
    case ReasoningEffort.MAX:
      clamped(report, "reasoning.effort", "sent as high, the most there is");
      return "high";
  }
}

function setFields(options: ReasoningOptions): readonly string[] {
  const fields: string[] = [];
  if (options.mode !== ReasoningMode.UNSPECIFIED) fields.push("mode");
  if (options.effort !== ReasoningEffort.UNSPECIFIED) fields.push("effort");
  if (options.budgetTokens !== undefined) fields.push("budget_tokens");
  if (options.summary !== ReasoningSummary.UNSPECIFIED) fields.push("summary");
  return fields;
}
