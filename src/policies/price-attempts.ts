import type { Settings } from "../config/settings.ts";
import { attemptOf } from "../core/attempt.ts";
import type { Call, Layer } from "../core/call.ts";
import type { Stage } from "../core/compose.ts";
import { sizeOf } from "../core/facts/call-size.ts";
import type { PriceEntry } from "../core/money/price-entry.ts";
import { countTokens } from "../core/operation.ts";
import type { PriceList } from "./routing/price-list.ts";

/** The stage that has each try know its prices, so that its cost is known as soon as it ends. */
export function priceAttemptsPolicy(
  _: Settings,
  { priceList }: { readonly priceList: PriceList },
): Stage {
  return { name: "prices", layer: priceAttempts(priceList) };
}

/** No vendor bills the counting of tokens. */
function priceAttempts(priceList: PriceList): Layer {
  return (next) => (call) => {
    const { record, target } = attemptOf(call);
    if (call.request.operation === countTokens) return next(call);
    const bill = (entry: PriceEntry): Call => {
      record.billing = { entry, inputTokens: () => sizeOf(call).inputTokens };
      return call;
    };
    const entry = priceList.entry(target);
    return entry instanceof Promise ? entry.then((found) => next(bill(found))) : next(bill(entry));
  };
}
