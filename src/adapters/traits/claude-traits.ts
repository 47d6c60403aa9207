import { type ModelTraits, Thinking } from "../../../gen/parlance/model/v1/model_traits_pb.js";
import { parseModelName } from "./model-name.ts";

/** What Claude models differ in, for the dialects that fit thinking by themselves. */
export interface ClaudeTraits {
  /** Levels of effort, lowest first; empty for none. */
  readonly efforts: readonly string[];
  /** `thinking: {type: "adaptive"}`. */
  readonly adaptiveThinking: boolean;
  /** `thinking: {type: "enabled", budget_tokens}`. */
  readonly budgetThinking: boolean;
  /** Whether it thinks where nothing is said. */
  readonly thinksByDefault: boolean;
  /** Whether `thinking: {type: "disabled"}` is refused. */
  readonly alwaysThinks: boolean;
  /** What switches thinking off as far as it can be. */
  readonly off: "disabled" | "between_tools";
  /** Whether thinking can be switched off at an effort of high or less only. */
  readonly offToHigh: boolean;
  /** temperature, top_p and top_k. */
  readonly samplingKnobs: boolean;
  /** Whether temperature and top_p are taken in the same request. */
  readonly temperatureWithTopP: boolean;
  /** Whether it can be made to call a tool. */
  readonly forcedTool: boolean;
  /** Whether it can be made to call a tool while it thinks. */
  readonly forcedToolThinking: boolean;
  /** Messages of role `system` between turns. */
  readonly midConversationSystem: boolean;
}

/**
 * The traits of Claude by a model's name and what is known of it. A model that is not known may
 * well think within a budget, and cannot be made to call a tool meanwhile.
 */
export function claudeTraits(model: string, traits: ModelTraits | undefined): ClaudeTraits {
  const { line, number, maker } = parseModelName(model);
  const takes = traits?.takes;
  const meanwhile = traits?.takesThinking ?? takes;
  const thinking = traits?.thinking ?? Thinking.UNSPECIFIED;
  const never = thinking === Thinking.NEVER;
  const knobs = [takes?.temperature, takes?.topP, takes?.topK];
  return {
    efforts: traits?.effort === false ? [] : (traits?.efforts ?? []),
    adaptiveThinking: !never && (traits?.adaptiveThinking ?? false),
    budgetThinking: !never && (traits?.thinkingBudget ?? true),
    thinksByDefault: thinking === Thinking.BY_DEFAULT || thinking === Thinking.ALWAYS,
    alwaysThinks: thinking === Thinking.ALWAYS,
    off: maker === "anthropic" && line === "sonnet" && number >= 505 ? "between_tools" : "disabled",
    offToHigh: maker === "anthropic" && number >= (line === "opus" ? 500 : 505),
    samplingKnobs: knobs.some((knob) => knob !== false),
    temperatureWithTopP: takes?.temperatureWithTopP !== false,
    forcedTool: takes?.requiredTool !== false,
    forcedToolThinking: traits === undefined ? false : meanwhile?.requiredTool !== false,
    midConversationSystem: takes?.midConversationSystem === true,
  };
}
