import { sendsParts, type TurnRules, usualRules } from "../turns/turn-rules.ts";
import { modelTraits } from "./vendor/model-traits.ts";
import { DIALECT, type MessagesOptions } from "./wire.ts";

const rules: TurnRules = {
  ...usualRules,
  sends: sendsParts({ dialect: DIALECT, text: "visible" }),
  startsWithUser: true,
  textBeforeCalls: true,
  laterInstructions: "at_start",
  wordsInResults: "failures",
  prefill: "trimmed",
};

const withoutPrefill: TurnRules = { ...rules, prefill: "refused" };
const withInstructions: TurnRules = { ...withoutPrefill, laterInstructions: "anywhere" };

/**
 * What the vendor demands of a conversation:
 * https://platform.claude.com/docs/en/build-with-claude/working-with-messages and
 * https://platform.claude.com/docs/en/agents-and-tools/tool-use/handle-tool-calls (2026-11). It
 * joins turns of the user by itself.
 */
export function turnRules(
  options: Pick<MessagesOptions, "model" | "baseModel" | "quirks" | "traits">,
): TurnRules {
  const traits = modelTraits(options);
  if (traits.midConversationSystem) return withInstructions;
  return traits.prefill ? rules : withoutPrefill;
}
