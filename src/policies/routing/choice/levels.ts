import type { ConfiguredModel, WeightedTarget } from "../../../config/settings.ts";
import { listByWeight, type WeightedList } from "./draws.ts";

/** The targets of a model as they are tried, whatever the call. */
export interface Levels {
  /** By their `order`, the lowest first; those without one come last. Only such with a weight. */
  readonly levels: readonly WeightedList[];
  /** Those that are never tried. */
  readonly weightless: readonly WeightedTarget[];
  /** Whether any has a bound on what it gets in a minute. */
  readonly rated: boolean;
}

/** The targets of a model, those of its experiment's arms among them. */
export function everyTarget({ targets, experiment }: ConfiguredModel): readonly WeightedTarget[] {
  if (experiment === undefined) return targets;
  return [...targets, ...experiment.arms.flatMap((arm) => arm.targets ?? [])];
}

/** The levels of a model, made once for its targets. */
export function levelsOf({ targets }: ConfiguredModel): Levels {
  const known = kept.get(targets);
  if (known !== undefined) return known;
  const made: Levels = {
    levels: byOrder(targets.filter(({ weight }) => weight > 0)).map(listByWeight),
    weightless: targets.filter(({ weight }) => weight <= 0),
    rated: targets.some(({ rates }) => rates !== undefined),
  };
  kept.set(targets, made);
  return made;
}

/** By the list of targets, which never changes. */
const kept = new WeakMap<readonly WeightedTarget[], Levels>();

function byOrder(targets: readonly WeightedTarget[]): readonly (readonly WeightedTarget[])[] {
  const levels = new Map<number, WeightedTarget[]>();
  for (const target of targets) {
    const order = target.order ?? Number.POSITIVE_INFINITY;
    const level = levels.get(order);
    if (level === undefined) levels.set(order, [target]);
    else level.push(target);
  }
  return [...levels].sort(([one], [other]) => one - other).map(([, level]) => level);
}
