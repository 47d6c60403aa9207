import { createFactBook, readFactFile } from "../../composition/fact-book.ts";
import { priceBookOf, unpricedTargets } from "../../composition/price-book.ts";
import type { Settings } from "../../config/settings.ts";
import type { Violation } from "../../config/violation.ts";

/**
 * Warnings about models with `LOWEST_COST` and targets whose prices are not known, which come last
 * whatever they cost. `onError` takes what keeps the list of prices from being read.
 */
export async function priceWarnings(
  settings: Settings,
  onError: (error: unknown) => void,
): Promise<readonly Violation[]> {
  const facts = createFactBook(readFactFile, onError);
  const unpriced = await unpricedTargets(settings, priceBookOf(settings, facts, Date.now));
  return [...unpriced].map(([model, targets]) => {
    const at = settings.config.models.findIndex(({ name }) => name === model);
    const prices = targets.length === 1 ? "the price" : "the prices";
    return {
      path: at < 0 ? "models" : `models[${at}].strategy`,
      line: 1,
      column: 1,
      message: `${prices} of ${targets.join(", ")} ${targets.length === 1 ? "is" : "are"} not known, so that LOWEST_COST takes other targets of ${model} first`,
      hint: "set facts.prices of the target, or prices",
      ruleId: "lowest_cost_prices",
    };
  });
}
