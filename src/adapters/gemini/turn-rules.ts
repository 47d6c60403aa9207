import { sendsParts, type TurnRules, usualRules } from "../turns/turn-rules.ts";
import { DIALECT } from "./wire.ts";

const rules: TurnRules = {
  ...usualRules,
  sends: sendsParts({ dialect: DIALECT, text: "filled" }),
  startsWithUser: true,
  laterInstructions: "at_start",
};

/**
 * What the vendor demands of a conversation: a turn with calls follows one of the user's, and that
 * with their responses follows at once. See
 * https://ai.google.dev/gemini-api/docs/function-calling (2026-11).
 */
export function turnRules(): TurnRules {
  return rules;
}
