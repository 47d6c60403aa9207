import { Strategy } from "../../../../gen/parlance/config/v1/strategy_pb.js";
import type { WeightedTarget } from "../../../config/settings.ts";
import { byCost } from "./by-cost.ts";
import { byLatency } from "./by-latency.ts";
import { Draws, type WeightedList } from "./draws.ts";
import type { Choice, Level, Picks, StrategyView } from "./level.ts";
import { sticky } from "./sticky.ts";

/** Whether a strategy goes by the calls under way, which are counted for it. */
export function countsCalls(strategy: Strategy): boolean {
  return (
    strategy === Strategy.LEAST_BUSY ||
    strategy === Strategy.LOWEST_LATENCY ||
    strategy === Strategy.STICKY
  );
}

/** Orders targets by a strategy: the first is tried first. Looks only at what a pick needs. */
export function pickBy(level: Level, view: StrategyView): Picks {
  switch (level.strategy) {
    case Strategy.PRIORITY:
      return inTurn(level);
    case Strategy.LEAST_BUSY:
      return lowest(level, view, handOf(level.list, 4), ({ target }) => busy(target, view));
    case Strategy.LOWEST_LATENCY:
      return byLatency(level, view);
    case Strategy.USAGE:
      return lowest(level, view, handOf(level.list, 2), ({ target }) => usage(target, view));
    case Strategy.LOWEST_COST:
      return level.size === undefined ? drawn(level, view) : byCost(level, level.size, view);
    case Strategy.STICKY:
      return level.key === undefined ? drawn(level, view) : sticky(level, level.key, view);
    default:
      return drawn(level, view);
  }
}

function inTurn({ list: { targets }, admits }: Level): Picks {
  let at = 0;
  return () => {
    while (at < targets.length) {
      const target = targets[at];
      at += 1;
      if (target !== undefined && admits(target))
        return { target, why: `place ${at} of ${targets.length}` };
    }
    return undefined;
  };
}

/** Draws by weight without replacement. */
function drawn({ list, admits }: Level, { random }: StrategyView): Picks {
  const draws = new Draws(list, random, admits);
  return () => {
    const target = draws.next();
    if (target === undefined) return undefined;
    return { target, why: `drawn with weight ${target.weight} of ${draws.total}` };
  };
}

/** Among so many targets the lowest is found by a look at all of them. */
const maxExact = 16;

/** How many targets are compared: of more than a few, a sample that is drawn by weight. */
function handOf({ targets }: WeightedList, sample: number): number {
  return targets.length <= maxExact ? targets.length : sample;
}

/** What a strategy compares of a target, in numbers and in words. */
interface Score {
  readonly score: number;
  readonly why: string;
}

/**
 * The lowest of a hand of targets that are drawn by weight, again and again; the one drawn first
 * where several are alike. With a hand of two that is as good as the best of all within a few
 * percent, without sending every call to one target until its numbers change
 * (https://www.eecs.harvard.edu/~michaelm/postscripts/mythesis.pdf), and without a look at all.
 */
function lowest(
  { list, admits }: Level,
  { random }: StrategyView,
  size: number,
  scoreOf: (choice: { readonly target: WeightedTarget }) => Score,
): Picks {
  const draws = new Draws(list, random, admits);
  const hand: Choice[] = [];
  return () => {
    while (hand.length < size) {
      const target = draws.next();
      if (target === undefined) break;
      hand.push({ target, ...scoreOf({ target }) });
    }
    let best = 0;
    for (let at = 1; at < hand.length; at += 1)
      if ((hand[at]?.score ?? 0) < (hand[best]?.score ?? 0)) best = at;
    return hand.splice(best, 1)[0];
  };
}

/** The calls under way for each weight. */
function busy(target: WeightedTarget, view: StrategyView): Score {
  const underWay = view.underWay(target);
  return { score: underWay / target.weight, why: `${underWay} calls under way` };
}

function usage(target: WeightedTarget, view: StrategyView): Score {
  const score = view.usedShare(target);
  return { score, why: `${(score * 100).toFixed(1)} % of its minute used` };
}
