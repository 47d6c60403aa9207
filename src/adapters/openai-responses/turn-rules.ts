import type { Chat } from "../../../gen/parlance/chat/v1/chat_pb.js";
import { type TurnRules, usualRules } from "../turns/turn-rules.ts";
import { DIALECT, type ResponsesOptions } from "./wire.ts";

const rules: TurnRules = {
  ...usualRules,
  // Each item stands for itself, and the encoder leaves out those that are not sent.
  sends: ({ content }, answer) =>
    answer && content.case === "text" && content.value.text === "" ? "never" : "alone",
  resultsBehindCalls: false,
  joins: "none",
};

const ruledElsewhere: TurnRules = { ...rules, pairsCalls: false };

/**
 * What the vendor demands of a conversation: no answers without words, and a result for each call.
 * Items keep the order of the caller. See
 * https://platform.openai.com/docs/api-reference/responses/create (2026-11).
 */
export function turnRules(_options: ResponsesOptions, chat: Chat): TurnRules {
  return isPart(chat) ? ruledElsewhere : rules;
}

/** Whether calls may stand where the gateway does not see them: at the vendor. */
function isPart({ previousResponseId, extrasJson, messages }: Chat): boolean {
  if (previousResponseId !== "" || STORED.test(extrasJson[DIALECT] ?? "")) return true;
  return messages.some(({ parts }) =>
    parts.some(({ content }) => {
      const json = content.case === "opaque" ? content.value.json : "";
      return json.includes('"item_reference"');
    }),
  );
}

const STORED = /"(?:conversation|prompt)"\s*:/;
