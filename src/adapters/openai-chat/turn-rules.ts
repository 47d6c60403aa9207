import { sendsParts, type TurnRules, usualRules } from "../turns/turn-rules.ts";
import { type ChatQuirks, NAME } from "./wire.ts";

const rules: TurnRules = { ...usualRules, sends: sendsParts({ dialect: NAME, text: "any" }) };

/**
 * What a vendor demands of a conversation: results right behind their calls
 * (https://platform.openai.com/docs/guides/function-calling, 2026-11), and what its row says.
 */
export function turnRules({ quirks: { turns } }: { readonly quirks: ChatQuirks }): TurnRules {
  return turns === undefined ? rules : { ...rules, ...turns };
}
