import { shiftDecimal } from "../../../core/facts/shift-decimal.ts";
import type { Surroundings } from "../surroundings.ts";
import { type Draft, mappingOrNone, scalar, sequence, sequenceOrNone } from "../tree/draft.ts";
import type { Tree } from "../tree/tree.ts";
import { flagOf, numberOf, textOf } from "../tree/values.ts";
import { type Deployment, firstOf } from "./deployment.ts";

/** Prices for one token, and their field here. */
const prices: Readonly<Record<string, string>> = {
  input_cost_per_token: "input",
  output_cost_per_token: "output",
  cache_read_input_token_cost: "cache_read",
  cache_creation_input_token_cost: "cache_write",
  cache_creation_input_token_cost_above_1hr: "cache_write_1h",
  input_cost_per_audio_token: "input_audio",
  output_cost_per_audio_token: "output_audio",
  output_cost_per_reasoning_token: "output_reasoning",
  input_cost_per_image_token: "input_image",
  output_cost_per_image_token: "output_image",
};

const flags: Readonly<Record<string, string>> = {
  supports_function_calling: "tools",
  supports_parallel_function_calling: "parallel_tools",
  supports_response_schema: "structured_output",
  supports_reasoning: "reasoning",
  supports_assistant_prefill: "prefill",
  supports_prompt_caching: "prompt_caching",
};

const inputs: Readonly<Record<string, string>> = {
  supports_vision: "image",
  supports_pdf_input: "pdf",
  supports_audio_input: "audio",
  supports_video_input: "video",
};

/** What is known of the model of a deployment. */
export function factsOf(deployment: Deployment, surroundings: Surroundings): Draft | undefined {
  const { params, info, at } = deployment;
  const find = (key: string) => firstOf(info, key) ?? firstOf(params, key);
  const count = (...keys: readonly string[]) => {
    const read = numberOf(firstOf(info, ...keys), surroundings);
    return read === undefined ? undefined : scalar(Math.trunc(read.value), read.at);
  };
  const known = Object.entries(flags).map(([key, field]) => {
    const read = flagOf(firstOf(info, key), surroundings);
    return [field, read === undefined ? undefined : scalar(read.value, read.at)] as const;
  });
  const reads = Object.entries(inputs).flatMap(([key, modality]) => {
    const read = flagOf(firstOf(info, key), surroundings);
    return read?.value === true ? [scalar(modality, read.at)] : [];
  });
  const speaks = flagOf(firstOf(info, "supports_audio_output"), surroundings);
  return mappingOrNone(
    {
      max_input_tokens: count("max_input_tokens"),
      max_output_tokens: count("max_output_tokens", "max_tokens"),
      input_modalities:
        reads.length === 0 ? undefined : sequence([scalar("text", at), ...reads], at),
      output_modalities:
        speaks?.value === true
          ? sequence([scalar("text", at), scalar("audio", speaks.at)], speaks.at)
          : undefined,
      ...Object.fromEntries(known),
      prices: pricesOf(find, deployment, surroundings),
    },
    at,
  );
}

function pricesOf(
  find: (key: string) => Tree | undefined,
  { at }: Deployment,
  surroundings: Surroundings,
): Draft | undefined {
  const price = (key: string, power: number) => {
    const read = textOf(find(key), surroundings);
    if (read === undefined) return undefined;
    const value = shiftDecimal(read.value, power);
    if (value !== undefined) return scalar(value, read.at);
    surroundings.note({ kind: "wrong", at: read.at, message: "is not a price in US dollars" });
    return undefined;
  };
  const perMillion = (suffix: string) =>
    mappingOrNone(
      Object.fromEntries(
        Object.entries(prices).map(([key, field]) => [field, price(`${key}${suffix}`, 6)]),
      ),
      at,
    );
  const tiers = [128, 200, 256, 272, 512].flatMap((thousands) => {
    const tokens = perMillion(`_above_${thousands}k_tokens`);
    const above = scalar(thousands * 1000, at);
    return tokens === undefined
      ? []
      : (mappingOrNone({ above_input_tokens: above, tokens }, at) ?? []);
  });
  return mappingOrNone(
    {
      tokens: perMillion(""),
      tiers: sequenceOrNone(tiers, at),
      thousand_requests: price("input_cost_per_request", 3) ?? price("input_cost_per_query", 3),
    },
    at,
  );
}
