import { anyModelOf } from "../adapters/catalog/any-model-of.ts";
import type { Settings } from "../config/settings.ts";

/** A model as it is listed to people. */
export interface ModelRow {
  readonly name: string;
  /** `provider/model`, with the share of the calls where there are several. */
  readonly targets: readonly string[];
  readonly fallbacks: readonly string[];
}

/**
 * The models that can be called: the configured names in the order of the file, then `provider/*`
 * for each provider.
 */
export function modelRows({ models, providers }: Settings): readonly ModelRow[] {
  const named = [...models.values()].map(({ settings: { name, fallbacks }, targets }) => {
    const total = targets.reduce((sum, { weight }) => sum + weight, 0);
    const share = (weight: number) =>
      targets.length === 1 ? "" : ` (${Math.round((100 * weight) / total)}%)`;
    return {
      name,
      targets: targets.map(({ provider, model, weight }) => `${provider}/${model}${share(weight)}`),
      fallbacks,
    };
  });
  const direct = [...providers.values()].map(({ name, row }) => ({
    name: `${name}/*`,
    targets: [row.dialect === "sim" ? "the built-in simulator" : anyModelOf(row)],
    fallbacks: [],
  }));
  return [...named, ...direct];
}
