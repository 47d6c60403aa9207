import { create } from "@bufbuild/protobuf";
import { ModelSchema } from "../../gen/parlance/config/v1/model_pb.js";
import { createPatternTable, fill, isWildcard } from "../core/name-pattern.ts";
import { deepFreeze } from "./deep-freeze.ts";
import { splitModelName } from "./known-names.ts";
import type { ConfiguredModel, ConfiguredProvider, Settings, WeightedTarget } from "./settings.ts";

/**
 * Makes what finds the model of a caller's name: the alias of that name, else `provider/model`, else
 * the pattern that it fits. A name with a `*` is no model.
 */
export function createResolve(
  models: ReadonlyMap<string, ConfiguredModel>,
  providers: ReadonlyMap<string, ConfiguredProvider>,
): Settings["resolve"] {
  const patterns = createPatternTable(models);
  return (name) => {
    if (isWildcard(name)) return undefined;
    const known = models.get(name) ?? resolveDirect(name, providers);
    if (known !== undefined) return known;
    const found = patterns.find(name);
    return found === undefined ? undefined : fillModel(found.value, name, found.captured);
  };
}

/** What a `provider/model` that the config does not name has for settings, but for its name. */
const direct = deepFreeze(create(ModelSchema));

function resolveDirect(
  name: string,
  providers: ReadonlyMap<string, ConfiguredProvider>,
): ConfiguredModel | undefined {
  const split = splitModelName(name);
  if (split === undefined || !providers.has(split.provider)) return undefined;
  return { settings: { ...direct, targets: [], name }, targets: [{ ...split, weight: 1 }] };
}

/** The model that a pattern stands for under a name. */
function fillModel(
  { settings, targets }: ConfiguredModel,
  name: string,
  captured: string,
): ConfiguredModel {
  const fallbacks = settings.fallbacks.map((fallback) => fill(fallback, captured));
  return {
    settings: { ...settings, name, fallbacks },
    targets: targets.map((target) => fillTarget(target, captured)),
  };
}

function fillTarget(target: WeightedTarget, captured: string): WeightedTarget {
  const { model, baseModel } = target;
  return {
    ...target,
    model: fill(model, captured),
    ...(baseModel === undefined ? undefined : { baseModel: fill(baseModel, captured) }),
  };
}
