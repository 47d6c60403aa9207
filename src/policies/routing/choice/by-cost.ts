import { expectedPrice } from "../../../core/facts/call-price.ts";
import type { CallSize } from "../../../core/facts/call-size.ts";
import { printUsd } from "../../../core/facts/nano-usd.ts";
import { type CostGroup, costGroupsOf } from "./cost-groups.ts";
import { Draws } from "./draws.ts";
import type { Choice, Level, Picks, StrategyView } from "./level.ts";

/**
 * Targets by what the call is expected to cost there, drawn by weight where that is the same. Those
 * whose prices are not known come last.
 */
export function byCost(level: Level, size: CallSize, view: StrategyView): Picks {
  const groups = costGroupsOf(level.list, view.prices);
  const costs = new Float64Array(groups.length);
  for (const [at, { target }] of groups.entries()) {
    const cost = expectedPrice(view.prices(target), size, view.answerTokens(target));
    costs[at] = cost ?? Number.POSITIVE_INFINITY;
  }
  let draws: Draws | undefined;
  let cost = 0;
  const beginNext = (): boolean => {
    const at = cheapest(costs);
    const group: CostGroup | undefined = at < 0 ? undefined : groups[at];
    if (group === undefined) return false;
    cost = costs[at] ?? 0;
    costs[at] = Number.NaN;
    draws = new Draws(group.list, view.random, level.admits);
    return true;
  };
  return (): Choice | undefined => {
    while (draws !== undefined || beginNext()) {
      const target = draws?.next();
      if (target !== undefined) return { target, ...describe(cost) };
      draws = undefined;
    }
    return undefined;
  };
}

/** The place of the lowest cost that is left; -1: none is. */
function cheapest(costs: Float64Array): number {
  let best = -1;
  for (let at = 0; at < costs.length; at += 1) {
    const cost = costs[at] ?? Number.NaN;
    if (Number.isNaN(cost)) continue;
    if (best < 0 || cost < (costs[best] ?? 0)) best = at;
  }
  return best;
}

function describe(cost: number): Pick<Choice, "why" | "score"> {
  if (!Number.isFinite(cost)) return { why: "what it costs is not known" };
  return { why: `about ${printUsd(BigInt(Math.round(cost)))} USD`, score: cost };
}
