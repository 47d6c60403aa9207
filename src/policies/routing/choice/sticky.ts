import type { WeightedTarget } from "../../../config/settings.ts";
import type { Target } from "../../../core/target/target.ts";
import { Draws, type WeightedList } from "./draws.ts";
import type { Choice, Level, Picks, StrategyView } from "./level.ts";
import { roundFrom } from "./ring.ts";

/** A target takes so many times its share of the calls under way before others help it. */
const boundedLoad = 1.25;

/** Calls that a target takes in any case. */
const minBound = 4;

/** Among so many targets the share is exact; among more it is that of so many that are drawn. */
const maxExact = 16;
const sample = 4;

/**
 * Targets in the order of a key's way round the ring: consistent hashing with bounded loads
 * (https://arxiv.org/abs/1608.01350). The one that the key stayed at before comes first. Those that
 * have more than their share of the calls under way come after the others.
 */
export function sticky(level: Level, key: string, view: StrategyView): Picks {
  const { list, admits } = level;
  const perWeight = loadPerWeight(level, view);
  const full: WeightedTarget[] = [];
  const takes = (target: WeightedTarget): boolean => {
    if (!admits(target)) return false;
    const bound = Math.max(minBound, Math.ceil(boundedLoad * perWeight * target.weight));
    if (view.underWay(target) < bound) return true;
    full.push(target);
    return false;
  };
  const way = inOrder(list, key, view.pinned(key));
  return (): Choice | undefined => {
    // A loop that is left early would end the way.
    for (let step = way.next(); step.done !== true; step = way.next())
      if (takes(step.value.target)) return step.value;
    const target = full.shift();
    if (target === undefined) return undefined;
    return { target, why: "it has more than its share of the calls under way, as others do" };
  };
}

/** Where the key stayed first, then the way round the ring. */
function* inOrder(
  list: WeightedList,
  key: string,
  pinned: Target | undefined,
): IterableIterator<Choice> {
  const isPinned = ({ provider, model }: WeightedTarget): boolean =>
    pinned !== undefined && pinned.provider === provider && pinned.model === model;
  const stayed = pinned === undefined ? undefined : list.targets.find(isPinned);
  if (stayed !== undefined) yield { target: stayed, why: "the key stays where it was answered" };
  let place = 0;
  for (const target of roundFrom(list, key)) {
    place += 1;
    if (target !== stayed) yield { target, why: `place ${place} on the ring of the key` };
  }
}

/** Calls under way for each weight, this one included. */
function loadPerWeight({ list }: Level, view: StrategyView): number {
  if (list.targets.length <= maxExact) {
    let calls = 1;
    for (const target of list.targets) calls += view.underWay(target);
    return calls / list.total;
  }
  const draws = new Draws(list, view.random, () => true);
  let calls = 0;
  let weight = 0;
  for (let count = 0; count < sample; count += 1) {
    const target = draws.next();
    if (target === undefined) break;
    calls += view.underWay(target);
    weight += target.weight;
  }
  return calls / weight;
}
