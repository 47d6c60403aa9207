import type { JsonObject } from "../json-value.ts";
import type { Answer, RequestFacts } from "../plan-answer.ts";
import type { Scenario } from "../scenario.ts";
import { countTokens } from "../text-pieces.ts";

/**
 * The usage of the usage scenario. Thoughts are counted beside the candidates, what was cached
 * within the prompt.
 */
export const geminiUsage = {
  promptTokenCount: 2006,
  candidatesTokenCount: 108,
  totalTokenCount: 2306,
  cachedContentTokenCount: 1920,
  promptTokensDetails: [{ modality: "TEXT", tokenCount: 2006 }],
  cacheTokensDetails: [{ modality: "TEXT", tokenCount: 1920 }],
  thoughtsTokenCount: 192,
} as const satisfies JsonObject;

/**
 * Usage of an answer: a quarter of the characters. Before the end of a stream the candidates are
 * not counted yet.
 */
export function generateUsage(
  scenario: Scenario,
  facts: RequestFacts,
  answer: Answer,
  last: boolean,
): JsonObject {
  if (scenario.name === "usage" && last) return geminiUsage;
  const written = answer.parts.map((part) =>
    part.type === "tool_call" ? part.name + part.argumentsJson : "text" in part ? part.text : "",
  );
  const thoughts = answer.parts.some(
    ({ type }) => type === "thinking" || type === "redacted_thinking",
  )
    ? 16
    : 0;
  const prompt =
    scenario.name === "usage" ? geminiUsage.promptTokenCount : countTokens(facts.promptText);
  const candidates = last ? countTokens(written.join("")) : 0;
  return {
    promptTokenCount: prompt,
    ...(last ? { candidatesTokenCount: candidates } : {}),
    totalTokenCount: prompt + candidates + thoughts,
    promptTokensDetails: [{ modality: "TEXT", tokenCount: prompt }],
    ...(thoughts === 0 ? {} : { thoughtsTokenCount: thoughts }),
  };
}
