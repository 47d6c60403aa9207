import { create } from "@bufbuild/protobuf";
import type { Alias } from "../../gen/parlance/config/v1/alias_pb.js";
import { ModelSchema } from "../../gen/parlance/config/v1/model_pb.js";
import type { Target } from "../../gen/parlance/config/v1/target_pb.js";
import { createPatternTable, fill, isWildcard } from "../core/names/name-pattern.ts";
import { compileTraits } from "./compile/compile-traits.ts";
import { deepFreeze } from "./deep-freeze.ts";
import { fillModelDefaults } from "./defaults.ts";
import { splitModelName } from "./known-names.ts";
import type {
  ConfiguredArm,
  ConfiguredModel,
  ConfiguredProvider,
  Settings,
  WeightedTarget,
} from "./settings.ts";

/**
 * Makes the function that finds the model of a caller's name: the model or alias of that name, else
 * `provider/model`, else the pattern that it fits. A name with a `*` is no model.
 */
export function createResolve({
  models,
  providers,
  aliases,
}: Pick<Settings, "models" | "providers" | "aliases">): Settings["resolve"] {
  const patterns = createPatternTable<ConfiguredModel | Alias>([...models, ...aliases]);
  const kept = new Map<string, ConfiguredModel>();
  const find = (name: string, hops = 0): ConfiguredModel | undefined => {
    // Patterns that lengthen a name could lead to others for ever.
    if (hops > maxHops) return undefined;
    const alias = aliases.get(name);
    if (alias !== undefined) return models.get(alias.model) ?? find(alias.model, hops + 1);
    const direct = resolveDirect(name, providers);
    const found = direct === undefined ? patterns.find(name) : undefined;
    if (found === undefined) return direct;
    const { value, captured } = found;
    if (!("$typeName" in value)) return fillModel(value, providers, [name, captured]);
    const stands = fill(value.model, captured);
    return models.get(stands) ?? find(stands, hops + 1);
  };
  return (name) => {
    if (isWildcard(name)) return undefined;
    const known = models.get(name) ?? kept.get(name);
    if (known !== undefined) return known;
    const found = find(name);
    if (found === undefined) return undefined;
    if (kept.size >= keptNames) kept.clear();
    kept.set(name, found);
    return found;
  };
}

/** An alias may stand for an alias; as many in a row as this are followed. */
const maxHops = 8;

/** How many names are kept at most that no model of the config has; names come from callers. */
const keptNames = 1000;

/** What a `provider/model` that the config does not name has for settings, but for its name. */
const direct = deepFreeze(fillModelDefaults(create(ModelSchema)));

function resolveDirect(
  name: string,
  providers: ReadonlyMap<string, ConfiguredProvider>,
): ConfiguredModel | undefined {
  const split = splitModelName(name);
  if (split === undefined || !providers.has(split.provider)) return undefined;
  const kind = providers.get(split.provider)?.row.id ?? "";
  const traits = compileTraits({ model: split.model, kind }, undefined, []);
  const target = { ...split, weight: 1, ...(traits === undefined ? {} : { traits }) };
  return deepFreeze({ settings: { ...direct, targets: [], name }, targets: [target] });
}

/** The model that a pattern stands for under a name, with what its targets then take. */
function fillModel(
  { settings, targets, experiment, shadow }: ConfiguredModel,
  providers: ReadonlyMap<string, ConfiguredProvider>,
  [name, captured]: readonly [name: string, captured: string],
): ConfiguredModel {
  const filledNames = (names: readonly string[]) => names.map((one) => fill(one, captured));
  const fillTargets = (list: readonly WeightedTarget[], configured: readonly Target[]) =>
    list.map((target, index): WeightedTarget => {
      const { traits: _, ...rest } = fillTarget(target, captured);
      const kind = providers.get(rest.provider)?.row.id ?? "";
      const traits = compileTraits({ model: rest.baseModel ?? rest.model, kind }, rest.facts, [
        settings.traits,
        configured[index]?.traits,
      ]);
      return traits === undefined ? rest : { ...rest, traits };
    });
  const fillArm = (arm: ConfiguredArm, index: number): ConfiguredArm =>
    arm.targets === undefined
      ? arm
      : {
          ...arm,
          targets: fillTargets(arm.targets, settings.experiment?.arms[index]?.targets ?? []),
        };
  const own = {
    ...settings,
    name,
    fallbacks: filledNames(settings.fallbacks),
    contextFallbacks: filledNames(settings.contextFallbacks),
    contentFallbacks: filledNames(settings.contentFallbacks),
    fallbackPrompts: settings.fallbackPrompts.map((prompt) => ({
      ...prompt,
      model: fill(prompt.model, captured),
    })),
  };
  return deepFreeze({
    settings: own,
    targets: fillTargets(targets, settings.targets),
    ...(experiment === undefined
      ? undefined
      : { experiment: { ...experiment, arms: experiment.arms.map(fillArm) } }),
    ...(shadow && { shadow: { ...shadow, model: fill(shadow.model, captured) } }),
  });
}

function fillTarget(target: WeightedTarget, captured: string): WeightedTarget {
  const { model, baseModel } = target;
  return {
    ...target,
    model: fill(model, captured),
    ...(baseModel === undefined ? undefined : { baseModel: fill(baseModel, captured) }),
  };
}
