import { Strategy } from "../../../gen/parlance/config/v1/strategy_pb.js";
import type { Prices } from "../../../gen/parlance/model/v1/model_facts_pb.js";
import type { Settings } from "../../config/settings.ts";
import type { Target } from "../../core/target/target.ts";
import { everyTarget } from "./choice/levels.ts";

/** Finds the prices of the model at a target; undefined: they are not known. */
export type FindPrices = (target: Target) => Prices | undefined | Promise<Prices | undefined>;

/** The prices of targets, without waiting. */
export interface PriceList {
  /** Undefined: they are not known, or not yet. */
  of(target: Target): Prices | undefined;
}

/** Makes a list that looks up prices when they are first wanted. */
export function createPriceList(find: FindPrices): PriceList {
  const known = new WeakMap<Target, { prices: Prices | undefined }>();
  return {
    of(target) {
      const found = known.get(target);
      if (found !== undefined) return found.prices;
      const entry: { prices: Prices | undefined } = { prices: undefined };
      known.set(target, entry);
      const prices = find(target);
      if (!(prices instanceof Promise)) entry.prices = prices;
      else
        void prices.then((loaded) => {
          entry.prices = loaded;
        });
      return entry.prices;
    },
  };
}

/** Looks up the prices that calls are sent or accounted by, so that the first call knows them. */
export async function loadPrices(settings: Settings, find: FindPrices): Promise<PriceList> {
  const list = createPriceList(find);
  for (const model of settings.models.values()) {
    const { strategy, promptCache } = model.settings;
    if (strategy !== Strategy.LOWEST_COST && promptCache === undefined) continue;
    for (const target of everyTarget(model)) {
      list.of(target);
      await find(target);
    }
  }
  return list;
}
