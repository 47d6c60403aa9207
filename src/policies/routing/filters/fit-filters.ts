import type { ConfiguredModel, Settings } from "../../../config/settings.ts";
import type { Call, Outlet } from "../../../core/call.ts";
import type { CountPrompt } from "../../../core/count-prompt.ts";
import type { CallFilter } from "./call-filter.ts";
import { capabilityFilter } from "./capability-filter.ts";
import { contextFilter, countNearBound, hasChoice } from "./context-filter.ts";
import { createKnownTargets, type FindFacts } from "./known-targets.ts";

/** What keeps calls from targets that could not answer them. */
export interface FitFilters {
  readonly filters: readonly CallFilter[];
  /** Learns what the filters go by for a call to a model; undefined where all is known. */
  readonly learn: (
    call: Pick<Call, "origin" | "request" | "life">,
    model: ConfiguredModel,
  ) => Promise<void> | undefined;
}

/** What the filters need of the world. */
export interface FitWorld {
  readonly targetFacts: FindFacts;
  readonly countPrompt: CountPrompt;
  readonly outlet: (provider: string) => Outlet | undefined;
}

/**
 * Makes the filters by what targets can do and how long prompts they take. Nothing is looked up,
 * and no call looked into, for models of one target without fallbacks.
 */
export function fitFilters({ config }: Settings, world: FitWorld): FitFilters {
  const { skipCapabilityCheck, skipContextCheck, defaultFallbacks } = config.routing;
  const known = createKnownTargets(world.targetFacts);
  const filters: CallFilter[] = [];
  if (!skipCapabilityCheck) filters.push(capabilityFilter(known, world.outlet));
  if (!skipContextCheck) filters.push(contextFilter(known));
  return {
    filters,
    learn(call, model) {
      if (filters.length === 0 || !hasChoice(model, defaultFallbacks)) return undefined;
      const near = () =>
        skipContextCheck ? undefined : countNearBound(call, known.of(model), world.countPrompt);
      const loading = known.load(model);
      return loading === undefined ? near() : loading.then(near);
    },
  };
}
