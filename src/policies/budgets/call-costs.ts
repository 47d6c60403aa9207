import type { Call } from "../../core/call.ts";
import { type CallMaxima, maximaOf } from "../../core/money/call-maxima.ts";
import { costBound, type ModelMaxima } from "../../core/money/cost-bound.ts";
import type { PriceEntry } from "../../core/money/price-entry.ts";
import { chat } from "../../core/operation.ts";
import type { Target } from "../../core/target/target.ts";
import type { FindFacts } from "../routing/filters/known-targets.ts";
import type { PriceList } from "../routing/price-list.ts";

/** Says what calls may cost. */
export interface CallCosts {
  /**
   * As much as a call may cost at a target, in nano-USD; undefined: its prices are not known. A
   * plain value where all of it is cached.
   */
  at(call: Call, target: Target): number | undefined | Promise<number | undefined>;
}

/** What is known of prices and models. */
export interface CostSources {
  readonly priceList: PriceList;
  readonly targetFacts: FindFacts;
}

/** Makes what computes the bounds of costs, with what is known of models cached. */
export function createCallCosts({ priceList, targetFacts }: CostSources): CallCosts {
  const known = new WeakMap<Target, ModelMaxima>();
  const learn = async (target: Target): Promise<ModelMaxima> => {
    const facts = await targetFacts(target);
    const { contextWindow, maxInputTokens = contextWindow } = facts ?? {};
    const found = {
      outputTokens: facts?.maxOutputTokens,
      inputTokens:
        contextWindow === undefined ? maxInputTokens : min(maxInputTokens, contextWindow),
    };
    known.set(target, found);
    return found;
  };
  const wait = async (call: Call, target: Target, entry: PriceEntry | Promise<PriceEntry>) => {
    const { prices } = await entry;
    const model = known.get(target) ?? (await learn(target));
    return costBound(prices, maximaOf(call), within(call, model));
  };
  return {
    at(call, target) {
      const entry = priceList.entry(target);
      const model = known.get(target);
      if (entry instanceof Promise || model === undefined) return wait(call, target, entry);
      return costBound(entry.prices, maximaOf(call), within(call, model));
    },
  };
}

function min(one: number | undefined, other: number): number {
  return one === undefined ? other : Math.min(one, other);
}

/** Only the prompt of a chat is one: other operations send many texts at once. */
function within({ request }: Call, model: ModelMaxima): ModelMaxima {
  if (request.operation === chat || model.inputTokens === undefined) return model;
  return { ...model, inputTokens: undefined };
}

/** Whether a call says itself how long its answer may be. */
export function isBounded(call: Call): boolean {
  const { outputTokens }: CallMaxima = maximaOf(call);
  return outputTokens !== undefined;
}
