import type { Prices } from "../../../../gen/parlance/model/v1/model_facts_pb.js";
import type { WeightedTarget } from "../../../config/settings.ts";
import { listByWeight, type WeightedList } from "./draws.ts";
import { cacheNameOf } from "./seen-prefixes.ts";

/** Targets that a call costs the same at: those of one model at the same prices. */
export interface CostGroup {
  readonly list: WeightedList;
  /** One of them. */
  readonly target: WeightedTarget;
  /** Tokens of the prompt in the cache of its only target. Absent: none. */
  readonly cachedTokens?: number;
}

/** Finds the prices of a target; undefined: they are not known. */
type PricesOf = (target: WeightedTarget) => Prices | undefined;

interface Kept {
  readonly groups: readonly CostGroup[];
  /** Some of those without prices. */
  readonly unpriced: readonly WeightedTarget[];
}

/** As many targets without prices are looked at again by each call. */
const maxUnpriced = 8;

/**
 * The targets of a list by what calls cost there, made once for the list, and anew when prices have
 * become known since: of a thousand deployments of a few models a call compares a few numbers.
 */
export function costGroupsOf(list: WeightedList, pricesOf: PricesOf): readonly CostGroup[] {
  const kept = known.get(list);
  if (kept?.unpriced.every((target) => pricesOf(target) === undefined) === true) return kept.groups;
  const made = group(list, pricesOf);
  known.set(list, made);
  return made.groups;
}

const known = new WeakMap<WeightedList, Kept>();

function group({ targets }: WeightedList, pricesOf: PricesOf): Kept {
  const byKey = new Map<string, WeightedTarget[]>();
  const unpriced: WeightedTarget[] = [];
  for (const target of targets) {
    const prices = pricesOf(target);
    if (prices === undefined && unpriced.length < maxUnpriced) unpriced.push(target);
    const key = `${target.baseModel ?? target.model}\n${prices === undefined ? "" : keyOf(prices)}`;
    const same = byKey.get(key);
    if (same === undefined) byKey.set(key, [target]);
    else same.push(target);
  }
  const groups = [...byKey.values()].flatMap((same) => {
    const [target] = same;
    return target === undefined ? [] : [{ target, list: listByWeight(same) }];
  });
  return { groups, unpriced };
}

function keyOf(prices: Prices): string {
  return JSON.stringify(prices, (_, value) => (typeof value === "bigint" ? String(value) : value));
}

/** The targets of a list with a name, as caches are known by; indexed once for the list. */
export function targetsNamed(list: WeightedList, name: string): readonly WeightedTarget[] {
  let index = indexes.get(list);
  if (index === undefined) {
    index = Map.groupBy(list.targets, cacheNameOf);
    indexes.set(list, index);
  }
  return index.get(name) ?? [];
}

const indexes = new WeakMap<WeightedList, ReadonlyMap<string, readonly WeightedTarget[]>>();
