import { sendsParts, type TurnRules, usualRules } from "../turns/turn-rules.ts";
import { modelTraits } from "./vendor/model-traits.ts";
import { type ConverseOptions, DIALECT } from "./wire.ts";

const rules: TurnRules = {
  ...usualRules,
  sends: sendsParts({ dialect: DIALECT, text: "visible" }),
  joins: "all",
  startsWithUser: true,
  textBeforeCalls: true,
  laterInstructions: "at_start",
  wordsInResults: "failures",
};

const claude: TurnRules = { ...rules, prefill: "trimmed" };
const withoutPrefill: TurnRules = { ...rules, prefill: "refused" };
const withInstructions: TurnRules = { ...withoutPrefill, laterInstructions: "anywhere" };

/**
 * What the vendor demands of a conversation: turns that alternate, the user's first. See
 * https://docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-call.html (2026-11).
 */
export function turnRules(
  options: Pick<ConverseOptions, "model" | "baseModel" | "quirks" | "traits">,
): TurnRules {
  const traits = modelTraits(options);
  if (traits.midConversationSystem) return withInstructions;
  if (!traits.prefill) return withoutPrefill;
  return traits.family === "claude" ? claude : rules;
}
