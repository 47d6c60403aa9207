import { sendsParts, type TurnRules, usualRules } from "../turns/turn-rules.ts";
import { NAME } from "./wire.ts";

const rules: TurnRules = {
  ...usualRules,
  sends: sendsParts({ dialect: NAME, text: "visible" }),
  prefill: "refused",
};

/**
 * What the vendor demands of a conversation: words in each message, the last of them the user's or
 * a tool's. See https://docs.cohere.com/reference/chat (2026-11).
 */
export function turnRules(): TurnRules {
  return rules;
}
