import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import { withTier } from "../../core/money/with-tier.ts";
import { isObject, type Json, type JsonObject, objectAt, stringAt } from "../../json/json.ts";
import { rawJson } from "../../json/write.ts";
import { openaiTier } from "../foreign/service-tier.ts";
import { countAt } from "../shared/count-at.ts";
import { type Draft, extrasOf, NAME, rawMembers } from "./wire.ts";

/** Members that have a field of the contract; the rest travels as extras. */
const known = new Set([
  "prompt_tokens",
  "completion_tokens",
  "total_tokens",
  "prompt_tokens_details",
  "completion_tokens_details",
  "prompt_token_details",
  "prompt_cache_hit_tokens",
  "prompt_cache_miss_tokens",
  "cached_tokens",
  "num_cached_tokens",
  "cache_read_input_tokens",
  "cache_creation_input_tokens",
  "cache_creation",
  "reasoning_tokens",
  "num_sources_used",
  "service_tier",
]);

/**
 * The usage of a reply or chunk, wherever the vendor puts it: at the top, in `x_groq`, or in a
 * choice (Moonshot).
 */
export function findUsage(body: JsonObject): JsonObject | undefined {
  const top = body.usage;
  if (isObject(top)) return top;
  const groq = objectAt(body, "x_groq");
  const nested = groq === undefined ? undefined : objectAt(groq, "usage");
  if (nested !== undefined) return nested;
  const choices = body.choices;
  const first: Json | undefined = Array.isArray(choices) ? choices[0] : undefined;
  return isObject(first) ? objectAt(first, "usage") : undefined;
}

/** The usage of a reply or chunk, billed in the tier of service that it names. */
export function usageOf(body: JsonObject): Usage | undefined {
  const found = findUsage(body);
  if (found === undefined) return undefined;
  return withTier(decodeUsage(found), stringAt(body, "service_tier") ?? "");
}

/**
 * Usage in the contract's sums. Aliases: DeepSeek `prompt_cache_hit_tokens`, Moonshot
 * `cached_tokens`, Mistral `num_cached_tokens`, Anthropic words of gateways. xAI counts reasoning
 * outside `completion_tokens` (its total tells); a vendor that counts cached tokens outside
 * `prompt_tokens` is seen by the cache being larger than the prompt.
 */
export function decodeUsage(json: JsonObject): Usage {
  const input =
    objectAt(json, "prompt_tokens_details") ?? objectAt(json, "prompt_token_details") ?? {};
  const output = objectAt(json, "completion_tokens_details") ?? {};
  const written = objectAt(json, "cache_creation") ?? {};
  const cacheRead =
    countAt(input, "cached_tokens") ??
    countAt(json, "prompt_cache_hit_tokens") ??
    countAt(json, "cached_tokens") ??
    countAt(json, "num_cached_tokens") ??
    countAt(json, "cache_read_input_tokens");
  const cacheWrite =
    countAt(input, "cache_write_tokens") ??
    countAt(input, "cache_creation_tokens") ??
    countAt(json, "cache_creation_input_tokens");
  const reasoning = countAt(output, "reasoning_tokens") ?? countAt(json, "reasoning_tokens");
  const total = countAt(json, "total_tokens");
  const prompt = countAt(json, "prompt_tokens");
  const sources = countAt(json, "num_sources_used");
  const usage: Usage = {
    $typeName: "parlance.chat.v1.Usage",
    toolUses: sources === undefined ? {} : { num_sources_used: sources },
    serviceTier: stringAt(json, "service_tier") ?? "",
    extrasJson: extrasOf(unknownMembers(json)),
  };
  put(usage, "inputTokens", withCache(prompt, cacheRead, cacheWrite));
  put(usage, "cacheReadTokens", cacheRead);
  put(usage, "cacheWriteTokens", cacheWrite);
  put(usage, "cacheWrite5mTokens", countAt(written, "ephemeral_5m_input_tokens"));
  put(usage, "cacheWrite1hTokens", countAt(written, "ephemeral_1h_input_tokens"));
  put(
    usage,
    "outputTokens",
    withReasoning(prompt, countAt(json, "completion_tokens"), reasoning, total),
  );
  put(usage, "reasoningTokens", reasoning);
  put(usage, "totalTokens", total);
  put(usage, "inputTextTokens", countAt(input, "text_tokens"));
  put(usage, "inputAudioTokens", countAt(input, "audio_tokens"));
  put(usage, "inputImageTokens", countAt(input, "image_tokens"));
  put(usage, "outputTextTokens", countAt(output, "text_tokens"));
  put(usage, "outputAudioTokens", countAt(output, "audio_tokens"));
  put(usage, "outputImageTokens", countAt(output, "image_tokens"));
  put(usage, "acceptedPredictionTokens", countAt(output, "accepted_prediction_tokens"));
  put(usage, "rejectedPredictionTokens", countAt(output, "rejected_prediction_tokens"));
  return usage;
}

/**
 * Usage in OpenAI's format; `prompt_tokens` = uncached + read + written. Absent counts become 0
 * where clients need them.
 */
export function encodeUsage(usage: Usage): Draft {
  const input = usage.inputTokens ?? 0n;
  const output = usage.outputTokens ?? 0n;
  const draft: Draft = {
    prompt_tokens: whole(input),
    completion_tokens: whole(output),
    total_tokens: whole(usage.totalTokens ?? input + output),
    prompt_tokens_details: details({
      cached_tokens: whole(usage.cacheReadTokens),
      cache_write_tokens: whole(usage.cacheWriteTokens),
      text_tokens: whole(usage.inputTextTokens),
      audio_tokens: whole(usage.inputAudioTokens),
      image_tokens: whole(usage.inputImageTokens),
    }),
    completion_tokens_details: details({
      reasoning_tokens: whole(usage.reasoningTokens),
      text_tokens: whole(usage.outputTextTokens),
      audio_tokens: whole(usage.outputAudioTokens),
      image_tokens: whole(usage.outputImageTokens),
      accepted_prediction_tokens: whole(usage.acceptedPredictionTokens),
      rejected_prediction_tokens: whole(usage.rejectedPredictionTokens),
    }),
    cache_creation: details({
      ephemeral_5m_input_tokens: whole(usage.cacheWrite5mTokens),
      ephemeral_1h_input_tokens: whole(usage.cacheWrite1hTokens),
    }),
    num_sources_used: whole(usage.toolUses.num_sources_used),
    service_tier: openaiTier(usage.serviceTier),
  };
  const others = Object.entries(usage.toolUses).filter(([name]) => name !== "num_sources_used");
  if (others.length > 0)
    draft.server_tool_use = Object.fromEntries(others.map(([name, uses]) => [name, whole(uses)]));
  for (const { key, text } of rawMembers(usage.extrasJson[NAME] ?? "") ?? []) {
    if (draft[key] === undefined) draft[key] = rawJson(text);
  }
  return draft;
}

/** Members of the usage that are counts. */
type CountKey = { [K in keyof Usage]-?: bigint extends Usage[K] ? K : never }[keyof Usage];

function put(usage: Usage, key: CountKey, value: bigint | undefined): void {
  if (value !== undefined) usage[key] = value;
}

function withCache(prompt: bigint | undefined, read = 0n, written = 0n): bigint | undefined {
  return prompt !== undefined && read + written > prompt ? prompt + read + written : prompt;
}

function withReasoning(
  prompt: bigint | undefined,
  completion: bigint | undefined,
  reasoning: bigint | undefined,
  total: bigint | undefined,
): bigint | undefined {
  if (
    completion === undefined ||
    reasoning === undefined ||
    reasoning === 0n ||
    total === undefined
  )
    return completion;
  return (prompt ?? 0n) + completion + reasoning === total ? completion + reasoning : completion;
}

function unknownMembers(json: JsonObject): string | undefined {
  const rest: Record<string, Json> = {};
  let found = false;
  for (const key of Object.keys(json)) {
    const value = json[key];
    if (known.has(key) || value === undefined || value === null) continue;
    rest[key] = value;
    found = true;
  }
  return found ? JSON.stringify(rest) : undefined;
}

function whole(value: bigint | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}

function details(members: Draft): Draft | undefined {
  return Object.values(members).every((value) => value === undefined) ? undefined : members;
}
