import type { ConfiguredModel, Settings } from "../../../config/settings.ts";
import type { Call } from "../../../core/call.ts";
import type { FitFilters } from "./fit-filters.ts";

/** As many models as a call is explained for. */
const maxModels = 64;

/**
 * Learns what filters go by for all models that a call could come to, from `first` on, as it would
 * on its way. For explanations, which choose without waiting.
 */
export async function learnModels(
  { resolve, config }: Pick<Settings, "resolve" | "config">,
  learn: FitFilters["learn"],
  call: Call,
  first: ConfiguredModel,
): Promise<void> {
  const models = new Set([first]);
  for (const model of models) {
    await learn(call, model);
    const { fallbacks, contextFallbacks, contentFallbacks } = model.settings;
    const { defaultFallbacks } = config.routing;
    const named = call.recovery?.fallbacks?.map(({ model: name }) => name) ?? [];
    for (const name of [
      ...fallbacks,
      ...contextFallbacks,
      ...contentFallbacks,
      ...defaultFallbacks,
      ...named,
    ]) {
      const next = resolve(name);
      if (next !== undefined && models.size < maxModels) models.add(next);
    }
  }
}
