import type { JsonObject } from "../json-value.ts";
import type { Answer, RequestFacts } from "../plan-answer.ts";
import type { Scenario } from "../scenario.ts";
import { countTokens } from "../text-pieces.ts";

/**
 * The usage of the usage scenario: every detail that chat completions report, each with a number of
 * its own.
 */
export const openAiUsage = {
  prompt_tokens: 2006,
  completion_tokens: 300,
  total_tokens: 2306,
  prompt_tokens_details: { cached_tokens: 1920, cache_write_tokens: 64, audio_tokens: 6 },
  completion_tokens_details: {
    reasoning_tokens: 192,
    audio_tokens: 8,
    accepted_prediction_tokens: 10,
    rejected_prediction_tokens: 2,
  },
} as const satisfies JsonObject;

/** Usage of an answer: a quarter of the characters, reasoning counted within the completion. */
export function chatUsage(
  scenario: Scenario,
  facts: RequestFacts,
  answer: Answer,
  choices: number,
): JsonObject {
  if (scenario.name === "usage") return openAiUsage;
  const reasoning = isThinking(scenario) ? 16 : 0;
  const written = answer.parts.map((part) =>
    part.type === "tool_call" ? part.name + part.argumentsJson : "text" in part ? part.text : "",
  );
  const prompt = countTokens(facts.promptText);
  const completion = (countTokens(written.join("")) + reasoning) * choices;
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: {
      reasoning_tokens: reasoning * choices,
      audio_tokens: 0,
      accepted_prediction_tokens: 0,
      rejected_prediction_tokens: 0,
    },
  };
}

function isThinking(scenario: Scenario): boolean {
  return (
    scenario.name === "thinking" ||
    scenario.name === "redacted-thinking" ||
    scenario.name === "signature-only"
  );
}
