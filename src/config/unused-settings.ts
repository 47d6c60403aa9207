import type { Config } from "../../gen/parlance/config/v1/config_pb.js";
import type { Model } from "../../gen/parlance/config/v1/model_pb.js";
import { Strategy } from "../../gen/parlance/config/v1/strategy_pb.js";
import type { Target } from "../../gen/parlance/config/v1/target_pb.js";
import { inElement, inField, type Placed, problem } from "./config-scope.ts";

/**
 * Warns of settings that are understood and cannot act as the config is, so that nobody relies on
 * them. What contradicts another setting is a mistake instead, and no warning.
 */
export function warnOfUnusedSettings(config: Config, scope: Placed): void {
  if (Object.keys(config.providers).length === 0) {
    problem(inField(scope, "providers"), {
      message: "no provider is configured: no model can be called",
      hint: "add one, such as sim: { kind: sim }",
      ruleId: "no_providers",
    });
  }
  for (const [index, model] of config.models.entries()) {
    const at = inElement(inField(scope, "models"), index);
    warnOfHedge(model, inField(at, "hedge"));
    warnOfUsage(model, inField(at, "strategy"));
  }
}

function warnOfUsage({ strategy, targets, experiment }: Model, scope: Placed): void {
  if (strategy !== Strategy.USAGE) return;
  const all = [...targets, ...(experiment?.arms ?? []).flatMap((arm) => arm.targets)];
  const isBound = ({ requestsPerMinute, tokensPerMinute }: Target) =>
    requestsPerMinute !== undefined || tokensPerMinute !== undefined;
  if (targets.length > 1 && !all.some(isBound))
    problem(scope, {
      message: "no target has a rate to compare, so that calls are drawn by weight",
      hint: "give targets requests_per_minute or tokens_per_minute, or leave strategy out",
      ruleId: "usage_rates",
    });
}

/** A model may have got its second target later, or have lost it, as with a strategy or weights. */
function warnOfHedge({ hedge, targets, experiment }: Model, scope: Placed): void {
  if (hedge === undefined) return;
  const lists = [targets, ...(experiment?.arms ?? []).map((arm) => arm.targets)];
  if (lists.every(({ length }) => length < 2))
    problem(scope, {
      message: "has no second target to race with the first, and never acts",
      hint: "give the model another target, or leave hedge out",
      ruleId: "hedge_target",
    });
}
