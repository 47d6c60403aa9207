import { Strategy } from "../../gen/parlance/config/v1/strategy_pb.js";
import { anyModelOf } from "../adapters/catalog/any-model-of.ts";
import type { Settings, WeightedTarget } from "../config/settings.ts";

/** A model as it is listed to people. */
export interface ModelRow {
  readonly name: string;
  /**
   * `provider/model`; of several with the share of the calls where they are drawn by weight, else
   * with the strategy before the first.
   */
  readonly targets: readonly string[];
  readonly fallbacks: readonly string[];
}

/**
 * The models that can be called: the configured names in the order of the file, then `provider/*`
 * for each provider.
 */
export function modelRows({ models, providers }: Settings): readonly ModelRow[] {
  const named = [...models.values()].map(
    ({ settings: { name, strategy, fallbacks }, targets }) => ({
      name,
      targets: listed(targets, strategy),
      fallbacks,
    }),
  );
  const direct = [...providers.values()].map(({ name, row }) => ({
    name: `${name}/*`,
    targets: [row.dialect === "sim" ? "the built-in simulator" : anyModelOf(row)],
    fallbacks: [],
  }));
  return [...named, ...direct];
}

function listed(targets: readonly WeightedTarget[], strategy: Strategy): readonly string[] {
  const names = targets.map(({ provider, model }) => `${provider}/${model}`);
  if (targets.length === 1) return names;
  if (strategy !== Strategy.UNSPECIFIED && strategy !== Strategy.WEIGHTED)
    return [`${Strategy[strategy]}: ${names[0]}`, ...names.slice(1)];
  const total = targets.reduce((sum, { weight }) => sum + weight, 0);
  return targets.map(({ weight }, at) => `${names[at]} (${Math.round((100 * weight) / total)}%)`);
}
