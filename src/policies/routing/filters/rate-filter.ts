import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Settings } from "../../../config/settings.ts";
import { sizeOf } from "../../../core/facts/call-size.ts";
import type { Exclusion } from "../../../core/target/exclusion.ts";
import { everyTarget, levelsOf } from "../choice/levels.ts";
import type { Full, TargetRates } from "../limits/target-rates.ts";
import type { CallFilter } from "./call-filter.ts";

/**
 * What keeps calls from targets that have had what they get in a minute; none where none has
 * bounds.
 */
export function rateFilters({ models }: Settings, rates: TargetRates): readonly CallFilter[] {
  if (
    ![...models.values()].some((model) =>
      everyTarget(model).some(({ rates }) => rates !== undefined),
    )
  )
    return [];
  return [
    (call, model) => {
      if (!levelsOf(model).rated) return undefined;
      const size = () => sizeOf(call);
      return (target) => exclusionFor(rates.full(target, size));
    },
  ];
}

function exclusionFor(full: Full | undefined): Exclusion | undefined {
  if (full === undefined) return undefined;
  const { why, untilMs } = full;
  return { why, reason: ErrorReason.RATE_LIMITED, ...(untilMs === undefined ? {} : { untilMs }) };
}
