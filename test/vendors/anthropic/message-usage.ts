import type { JsonObject } from "../json-value.ts";
import type { Answer, RequestFacts } from "../plan-answer.ts";
import type { Scenario } from "../scenario.ts";
import { countTokens } from "../text-pieces.ts";

/**
 * The usage of the usage scenario: every detail that messages report, each with a number of its
 * own.
 */
export const anthropicUsage = {
  input_tokens: 22,
  cache_creation_input_tokens: 1536,
  cache_read_input_tokens: 4096,
  cache_creation: { ephemeral_5m_input_tokens: 1024, ephemeral_1h_input_tokens: 512 },
  output_tokens: 300,
  output_tokens_details: { thinking_tokens: 192 },
  server_tool_use: { web_search_requests: 2, web_fetch_requests: 1 },
  service_tier: "standard",
  inference_geo: "not_available",
} as const satisfies JsonObject;

/** Usage of an answer: a quarter of the characters, nothing cached. */
export function messageUsage(scenario: Scenario, facts: RequestFacts, answer: Answer): JsonObject {
  if (scenario.name === "usage") return anthropicUsage;
  const written = answer.parts.map((part) =>
    part.type === "tool_call" ? part.name + part.argumentsJson : "text" in part ? part.text : "",
  );
  const searches = answer.parts.filter((part) => part.type === "web_search" && part.done).length;
  return {
    input_tokens: countTokens(facts.promptText),
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
    output_tokens: Math.max(1, countTokens(written.join(""))),
    ...(searches === 0
      ? {}
      : { server_tool_use: { web_search_requests: searches, web_fetch_requests: 0 } }),
    service_tier: "standard",
    inference_geo: "not_available",
  };
}

/**
 * The members of a usage that message_delta carries: cumulative counts, without the split of cache
 * writes and the tier.
 */
export function deltaUsage(usage: JsonObject): JsonObject {
  const { cache_creation: _split, service_tier: _tier, inference_geo: _geo, ...counts } = usage;
  return counts;
}
