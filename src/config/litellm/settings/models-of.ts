import { appendAll } from "../../../core/append-all.ts";
import { createPatternTable } from "../../../core/names/name-pattern.ts";
import type { Deployment } from "../deployments/deployment.ts";
import { firstOf } from "../deployments/deployment.ts";
import { type TargetDefaults, targetOf } from "../deployments/target-of.ts";
import { modelGuards } from "../guardrails/model-guards.ts";
import type { Surroundings } from "../surroundings.ts";
import { type Draft, mapping, scalar, sequence, sequenceOrNone } from "../tree/draft.ts";
import { textOf } from "../tree/values.ts";
import type { CacheSettings } from "./cache-of.ts";
import { defaultParameters } from "./default-parameters.ts";
import type { FallbackLists } from "./fallbacks-of.ts";
import type { ModelSettings } from "./model-settings.ts";
import { weightsOf } from "./weights-of.ts";

/** What models are written from, beside their deployments. */
export interface ModelSources {
  readonly settings: ModelSettings;
  readonly targets: TargetDefaults;
  readonly cache: CacheSettings | undefined;
  readonly fallbacks: FallbackLists;
  readonly contextFallbacks: FallbackLists;
  readonly contentFallbacks: FallbackLists;
  /** The names of guards by those of LiteLLM. */
  readonly guards: ReadonlyMap<string, string>;
}

/** Models, and the rules that add their default parameters. */
export interface WrittenModels {
  readonly models: readonly Draft[];
  readonly rules: readonly Draft[];
}

/** Deployments by the name that callers write, in the order of the file. */
export function groupsOf(
  deployments: readonly Deployment[],
): ReadonlyMap<string, readonly Deployment[]> {
  const groups = new Map<string, Deployment[]>();
  for (const deployment of deployments) {
    const group = groups.get(deployment.name);
    if (group === undefined) groups.set(deployment.name, [deployment]);
    else group.push(deployment);
  }
  return groups;
}

/** Writes a model for each group of deployments. */
export function modelsFrom(
  groups: ReadonlyMap<string, readonly Deployment[]>,
  sources: ModelSources,
  surroundings: Surroundings,
): WrittenModels {
  const models: Draft[] = [];
  const rules: Draft[] = [];
  for (const [name, deployments] of withOwnFallbacks(groups, sources)) {
    models.push(modelOf(name, deployments, sources, surroundings));
    appendAll(rules, defaultParameters(name, deployments, surroundings));
  }
  return { models, rules };
}

/**
 * The groups, and one for each name with fallbacks of its own that a group with a `*` serves:
 * `openai/gpt-4o` of `openai/*`.
 */
function withOwnFallbacks(
  groups: ReadonlyMap<string, readonly Deployment[]>,
  { fallbacks, contextFallbacks, contentFallbacks }: ModelSources,
): ReadonlyMap<string, readonly Deployment[]> {
  const all = new Map(groups);
  const patterns = createPatternTable([...groups]);
  for (const name of [fallbacks, contextFallbacks, contentFallbacks].flatMap((lists) => [
    ...lists.keys(),
  ])) {
    const found = name === "*" || all.has(name) ? undefined : patterns.find(name);
    if (found === undefined) continue;
    const { value, captured } = found;
    all.set(
      name,
      value.map((one) => ({
        ...one,
        name,
        vendor: { ...one.vendor, model: one.vendor.model.replace("*", () => captured) },
      })),
    );
  }
  return all;
}

function modelOf(
  name: string,
  deployments: readonly Deployment[],
  sources: ModelSources,
  surroundings: Surroundings,
): Draft {
  const [first] = deployments;
  if (first === undefined) throw new Error("a group has at least one deployment");
  const { at, namedAt } = first;
  const weights = weightsOf(deployments, surroundings);
  const targets = deployments.map((deployment, index) =>
    targetOf(deployment, weights[index], sources.targets, surroundings),
  );
  const mode = textOf(firstOf(first.info, "mode"), surroundings)?.value ?? "chat";
  const { cache } = sources;
  const stored = cache !== undefined && (cache.modes?.has(mode) ?? true) ? cache.fields : {};
  const list = (lists: FallbackLists) => sequenceOrNone(lists.get(name) ?? [], namedAt);
  return mapping(
    {
      name: scalar(name, namedAt),
      targets: sequence(targets, at),
      fallbacks: list(sources.fallbacks),
      context_fallbacks: list(sources.contextFallbacks),
      content_fallbacks: list(sources.contentFallbacks),
      ...sources.settings.fieldsOf(name, deployments),
      guards: modelGuards(deployments, sources.guards, surroundings),
      ...stored,
    },
    at,
  );
}
