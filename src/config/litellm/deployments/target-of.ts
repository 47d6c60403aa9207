import type { Surroundings } from "../surroundings.ts";
import { type Draft, mapping, mappingOrNone, scalar, sequenceOrNone } from "../tree/draft.ts";
import { itemsOf } from "../tree/tree.ts";
import { numberOf, seconds, textOf } from "../tree/values.ts";
import { type Deployment, firstOf } from "./deployment.ts";
import { factsOf } from "./facts-of.ts";

/** What the settings of the file say of all targets. */
export interface TargetDefaults {
  /** Whether tags decide where calls go. */
  readonly tags: boolean;
  /** `default_max_parallel_requests`. */
  readonly maxInFlight: Draft | undefined;
}

/** A target of ours for a deployment, with its share of the calls. */
export function targetOf(
  deployment: Deployment,
  weight: Draft | undefined,
  { tags, maxInFlight }: TargetDefaults,
  surroundings: Surroundings,
): Draft {
  const { provider, vendor, params, info, modelAt, at } = deployment;
  const whole = (...keys: readonly string[]) => {
    const read = numberOf(firstOf(params, ...keys) ?? firstOf(info, ...keys), surroundings);
    return read === undefined || read.value < 1
      ? undefined
      : scalar(Math.trunc(read.value), read.at);
  };
  return mapping(
    {
      model: scalar(`${provider}/${vendor.model}`, modelAt),
      weight,
      base_model: baseModelOf(deployment, surroundings),
      order: whole("order"),
      max_in_flight: whole("max_parallel_requests") ?? maxInFlight,
      requests_per_minute: whole("rpm"),
      tokens_per_minute: whole("tpm"),
      timeouts: timeoutsOf(deployment, surroundings),
      labels: labelsOf(deployment, surroundings),
      tags: tags ? tagsOf(deployment, surroundings) : undefined,
      facts: factsOf(deployment, surroundings),
      traits: traitsOf(deployment, surroundings),
    },
    at,
  );
}

/** In the words of the maker: `azure/gpt-4o` is `gpt-4o`. */
function baseModelOf({ info }: Deployment, surroundings: Surroundings): Draft | undefined {
  const read = textOf(firstOf(info, "base_model"), surroundings);
  if (read === undefined) return undefined;
  const [first = "", ...rest] = read.value.split("/");
  const named = rest.length > 0 && /^[a-z_]+$/.test(first);
  return scalar(named ? rest.join("/") : read.value, read.at);
}

function timeoutsOf({ params, at }: Deployment, surroundings: Surroundings): Draft | undefined {
  const time = (key: string) => {
    const read = numberOf(firstOf(params, key), surroundings);
    return read === undefined ? undefined : scalar(seconds(read.value), read.at);
  };
  return mappingOrNone({ total: time("timeout"), first_token: time("stream_timeout") }, at);
}

function labelsOf({ params, at }: Deployment, surroundings: Surroundings): Draft | undefined {
  const region = textOf(firstOf(params, "region_name", "allowed_model_region"), surroundings);
  return region === undefined
    ? undefined
    : mapping({ region: scalar(region.value, region.at) }, at);
}

function tagsOf({ params, at }: Deployment, surroundings: Surroundings): Draft | undefined {
  const tags = itemsOf(firstOf(params, "tags")).flatMap((tree) => {
    const read = textOf(tree, surroundings);
    return read === undefined ? [] : [scalar(read.value, read.at)];
  });
  return sequenceOrNone(tags, at);
}

/** Parameters of OpenAI's API that traits know, and their names there. */
const takes: Readonly<Record<string, string>> = {
  temperature: "temperature",
  top_p: "top_p",
  top_k: "top_k",
  min_p: "min_p",
  frequency_penalty: "frequency_penalty",
  presence_penalty: "presence_penalty",
  repetition_penalty: "repetition_penalty",
  seed: "seed",
  stop: "stop",
  logit_bias: "logit_bias",
  logprobs: "logprobs",
  top_logprobs: "logprobs",
  tools: "tools",
  parallel_tool_calls: "parallel_tool_calls",
  verbosity: "verbosity",
};

function traitsOf(deployment: Deployment, surroundings: Surroundings): Draft | undefined {
  const { params, info, vendor, modelAt, at } = deployment;
  const dropped: Record<string, Draft> = {};
  for (const tree of itemsOf(firstOf(params, "additional_drop_params"))) {
    const read = textOf(tree, surroundings);
    if (read === undefined) continue;
    const field = Object.hasOwn(takes, read.value) ? takes[read.value] : undefined;
    if (field !== undefined) dropped[field] = scalar(false, read.at);
    else
      surroundings.note({
        kind: "none",
        at: read.at,
        message: "cannot be dropped: traits know no such parameter",
      });
  }
  const mode = textOf(firstOf(info, "mode"), surroundings);
  const completions = vendor.use === "completions" || mode?.value === "completion";
  const responses = vendor.use === "responses" || mode?.value === "responses";
  return mappingOrNone(
    {
      takes: mappingOrNone(dropped, at),
      completions_only: completions ? scalar(true, mode?.at ?? modelAt) : undefined,
      responses: responses ? scalar("ALWAYS", mode?.at ?? modelAt) : undefined,
    },
    at,
  );
}
