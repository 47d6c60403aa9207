import type { JsonObject } from "../json-value.ts";
import { asNumber, asObject } from "../json-value.ts";
import { chatUsage, openAiUsage } from "../openai/chat-usage.ts";
import type { Answer, RequestFacts } from "../plan-answer.ts";
import type { Scenario } from "../scenario.ts";

/**
 * The usage of an answer: the numbers of chat completions in the words of this API, see
 * openAiUsage.
 */
export function responsesUsage(
  scenario: Scenario,
  facts: RequestFacts,
  answer: Answer,
): JsonObject {
  const usage: JsonObject =
    scenario.name === "usage" ? openAiUsage : chatUsage(scenario, facts, answer, 1);
  const input = asObject(usage.prompt_tokens_details);
  const output = asObject(usage.completion_tokens_details);
  return {
    input_tokens: asNumber(usage.prompt_tokens) ?? 0,
    input_tokens_details: {
      cached_tokens: asNumber(input?.cached_tokens) ?? 0,
      cache_write_tokens: asNumber(input?.cache_write_tokens) ?? 0,
    },
    output_tokens: asNumber(usage.completion_tokens) ?? 0,
    output_tokens_details: { reasoning_tokens: asNumber(output?.reasoning_tokens) ?? 0 },
    total_tokens: asNumber(usage.total_tokens) ?? 0,
  };
}
