import type { WeightedTarget } from "../../../config/settings.ts";
import { expectedPrice } from "../../../core/facts/call-price.ts";
import type { CallSize } from "../../../core/facts/call-size.ts";
import { printUsd } from "../../../core/facts/nano-usd.ts";
import { type CostGroup, costGroupsOf, targetsNamed } from "./cost-groups.ts";
import { type Admits, Draws, listByWeight } from "./draws.ts";
import type { Choice, Level, Picks, StrategyView } from "./level.ts";

/**
 * Targets by what the call is expected to cost there, drawn by weight where that is the same. Those
 * whose prices are not known come last. What a target has cached of the prompt costs what reading
 * it from the cache does.
 */
export function byCost(level: Level, size: CallSize, view: StrategyView): Picks {
  const costOf = (target: WeightedTarget, wanted: CallSize) =>
    expectedPrice(view.prices(target), wanted, view.answerTokens(target)) ??
    Number.POSITIVE_INFINITY;
  const warm = warmTargets(level, size, view);
  const cold = costGroupsOf(level.list, view.prices);
  const groups = warm.length === 0 ? cold : [...warm, ...cold];
  const costs = new Float64Array(groups.length);
  for (const [at, { target, cachedTokens }] of groups.entries())
    costs[at] = costOf(target, cachedTokens === undefined ? size : { ...size, cachedTokens });
  const admits = admitsAfter(warm, level.admits);
  let draws: Draws | undefined;
  let cost = 0;
  let cached: number | undefined;
  const beginNext = (): boolean => {
    const at = cheapest(costs);
    const group: CostGroup | undefined = at < 0 ? undefined : groups[at];
    if (group === undefined) return false;
    cost = costs[at] ?? 0;
    costs[at] = Number.NaN;
    cached = group.cachedTokens;
    draws = new Draws(group.list, view.random, cached === undefined ? admits : level.admits);
    return true;
  };
  return (): Choice | undefined => {
    while (draws !== undefined || beginNext()) {
      const target = draws?.next();
      if (target !== undefined) return { target, ...describe(cost, cached) };
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

/** Targets that have some of the prompt in their caches: each costs another than those like it. */
function warmTargets({ list, key }: Level, { inputTokens }: CallSize, view: StrategyView) {
  const cached = key === undefined ? undefined : view.cachedTokens?.(key);
  if (cached === undefined) return [];
  const found: CostGroup[] = [];
  for (const [name, tokens] of cached) {
    const cachedTokens = Math.min(tokens, inputTokens);
    if (cachedTokens === 0) continue;
    for (const target of targetsNamed(list, name))
      found.push({ target, list: listByWeight([target]), cachedTokens });
  }
  return found;
}

/** Those that are drawn for themselves are not drawn among those like them. */
function admitsAfter(warm: readonly CostGroup[], admits: Admits): Admits {
  if (warm.length === 0) return admits;
  const drawn = new Set(warm.map(({ target }) => target));
  return (target) => !drawn.has(target) && admits(target);
}

function describe(cost: number, cached: number | undefined): Pick<Choice, "why" | "score"> {
  if (!Number.isFinite(cost)) return { why: "what it costs is not known" };
  const usd = `about ${printUsd(BigInt(Math.round(cost)))} USD`;
  const why = cached === undefined ? usd : `${usd}, with ${cached} tokens of its prompt cached`;
  return { why, score: cost };
}
