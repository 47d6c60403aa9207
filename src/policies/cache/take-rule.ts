import type { ConfiguredModel } from "../../config/settings.ts";
import type { Call } from "../../core/call.ts";
import type { Target } from "../../core/target/target.ts";
import type { CallFilter } from "../routing/filters/call-filter.ts";
import { labelFilter } from "../routing/filters/label-filter.ts";
import { wantsOf } from "../routing/target-filters.ts";
import type { Flight } from "./flight.ts";

/**
 * Whether a call may have an answer that a target made: it is one of the model's, and nothing keeps
 * the call from it for good. A target that is only busy, or left alone for a while, may have
 * answered before.
 */
export type TakeRule = (
  call: Call,
  model: ConfiguredModel,
  target: Pick<Target, "provider" | "model">,
) => boolean;

/** Makes the rule of a configuration, of the filters that the route goes by. */
export function createTakeRule(options: { readonly filters: readonly CallFilter[] }): TakeRule {
  return (call, model, made) => {
    const target = targetOf(model, made);
    if (target === undefined) return false;
    const exclusion = wantsOf(options, call, model).excludes?.(target);
    return exclusion === undefined || exclusion.untilMs !== undefined;
  };
}

/**
 * Whether a call may have the answer that is on its way for another call, whichever target makes
 * it: both are of one caller, and this one requires nothing of targets by itself.
 */
export function mayShare(call: Call, { principal }: Pick<Flight, "principal">): boolean {
  if (principal !== call.principal?.name) return false;
  return call.excludes === undefined && labelFilter(call) === undefined;
}

/** The target of a model that made an answer; undefined: a fallback made it. */
export function targetOf(
  { targets }: ConfiguredModel,
  { provider, model }: Pick<Target, "provider" | "model">,
): Target | undefined {
  return targets.find((one) => one.provider === provider && one.model === model);
}
