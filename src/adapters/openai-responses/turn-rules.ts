import { type TurnRules, usualRules } from "../turns/turn-rules.ts";

const rules: TurnRules = {
  ...usualRules,
  // Each item stands for itself, and the encoder leaves out those that are not sent.
  sends: ({ content }, answer) =>
    answer && content.case === "text" && content.value.text === "" ? "never" : "alone",
  resultsBehindCalls: false,
  joins: "none",
};

/**
 * What the vendor demands of a conversation: no answers without words. Items keep the order of the
 * caller. See https://platform.openai.com/docs/api-reference/responses/create (2026-11).
 */
export function turnRules(): TurnRules {
  return rules;
}
