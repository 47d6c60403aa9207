import { type Deployment, firstOf } from "../deployments/deployment.ts";
import type { Surroundings } from "../surroundings.ts";
import { type Draft, mapping, scalar } from "../tree/draft.ts";
import { numberOf, type Read, textOf } from "../tree/values.ts";

/** A parameter that LiteLLM adds to calls without it. */
interface DefaultParameter {
  readonly keys: readonly string[];
  readonly field: string;
  /** Holds for calls without it. */
  readonly absent: string;
  readonly read: (
    deployment: Deployment,
    surroundings: Surroundings,
  ) => Read<string | number> | undefined;
}

const parameters: readonly DefaultParameter[] = [
  {
    keys: ["temperature"],
    field: "temperature",
    absent: "!has(call.temperature)",
    read: ({ params }, surroundings) => numberOf(firstOf(params, "temperature"), surroundings),
  },
  {
    keys: ["max_tokens", "max_completion_tokens"],
    field: "max_tokens",
    absent: "!has(call.max_tokens)",
    read: ({ params }, surroundings) =>
      numberOf(firstOf(params, "max_tokens", "max_completion_tokens"), surroundings),
  },
  {
    keys: ["reasoning_effort"],
    field: "reasoning_effort",
    absent: 'call.reasoning_effort == ""',
    read: ({ params }, surroundings) => {
      const effort = textOf(firstOf(params, "reasoning_effort"), surroundings);
      return effort === undefined ? undefined : { ...effort, value: effort.value.toUpperCase() };
    },
  },
];

/** Rules that add the parameters on which all deployments of a model agree to calls without them. */
export function defaultParameters(
  name: string,
  deployments: readonly Deployment[],
  surroundings: Surroundings,
): readonly Draft[] {
  return parameters.flatMap(({ field, absent, read }) => {
    const values = deployments.map((deployment) => read(deployment, surroundings));
    const [first] = values.filter((one) => one !== undefined);
    if (first === undefined) return [];
    if (name.includes("*") || !values.every((one) => one?.value === first.value)) {
      const message =
        "is left out: not all deployments of the model say the same, or its name has a `*`";
      surroundings.note({ kind: "none", at: first.at, message });
      return [];
    }
    const { at } = first;
    const rule = `${field}-of-${name}`.replace(/[^A-Za-z0-9._-]/g, "-").slice(0, 64);
    return [
      mapping(
        {
          name: scalar(rule, at),
          when: scalar(`call.model == ${JSON.stringify(name)} && ${absent}`, at),
          set: mapping({ [field]: scalar(first.value, at) }, at),
        },
        at,
      ),
    ];
  });
}
