import { sendsParts, type TurnRules, usualRules } from "../turns/turn-rules.ts";
import { DIALECT } from "./wire.ts";

const rules: TurnRules = { ...usualRules, sends: sendsParts({ dialect: DIALECT, text: "any" }) };

/**
 * How a conversation is put in order. The server takes any order, but templates of models pair
 * calls and results by where they stand.
 */
export function turnRules(): TurnRules {
  return rules;
}
