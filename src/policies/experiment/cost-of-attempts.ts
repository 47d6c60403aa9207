import type { Prices } from "../../../gen/parlance/model/v1/model_facts_pb.js";
import type { AttemptRecord } from "../../core/attempt-record.ts";
import { priceUsage } from "../../core/facts/price-usage.ts";
import type { Target } from "../../core/target/target.ts";

/** Finds the prices of the model at a target; undefined: they are not known. */
export type FindPrices = (target: Target) => Prices | undefined | Promise<Prices | undefined>;

/**
 * What the tries of a call cost together, in nano-USD. Undefined where nothing is known of what
 * they took, or a price is not known.
 */
export async function costOfAttempts(
  prices: FindPrices,
  attempts: readonly AttemptRecord[],
): Promise<bigint | undefined> {
  // A call that streams ends before the record of its last attempt does, in the same turn.
  await undefined;
  let sum: bigint | undefined;
  for (const { target, usage } of attempts) {
    if (usage === undefined) continue;
    const found = prices(target);
    const list = found instanceof Promise ? await found : found;
    const cost = list === undefined ? undefined : priceUsage(usage, list);
    if (cost === undefined) return undefined;
    sum = (sum ?? 0n) + cost;
  }
  return sum;
}
