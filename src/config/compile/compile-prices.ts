import type { Price } from "../../../gen/parlance/config/v1/price_pb.js";
import { exactPercent, type PriceRule } from "../../core/money/price-rule.ts";
import { parsePattern } from "../../core/names/name-pattern.ts";
import { readTime } from "../../core/time/read-time.ts";
import { type ConfigScope, inElement, inField, type Placed, problem } from "../config-scope.ts";
import { type KnownNames, splitModelName } from "../known-names.ts";
import { compilePrices } from "./compile-facts.ts";

/** Compiles what the config says of prices, in the order of the file. */
export function compilePriceRules(
  prices: readonly Price[],
  names: KnownNames,
  scope: ConfigScope,
): readonly PriceRule[] {
  return prices.map((price, index) => compileRule(price, names, inElement(scope, index)));
}

function compileRule(price: Price, names: KnownNames, scope: ConfigScope): PriceRule {
  const { target, prices, discountPercent, upliftPercent, marginPercent, reported } = price;
  checkTarget(target, names, inField(scope, "target"));
  const fromMs = timeAt(price.since, Number.NEGATIVE_INFINITY, inField(scope, "since"));
  const untilMs = timeAt(price.until, Number.POSITIVE_INFINITY, inField(scope, "until"));
  if (untilMs <= fromMs)
    problem(inField(scope, "until"), {
      message: "is not after since",
      hint: "the entry would never be in force",
      ruleId: "price_dates",
    });
  const says = [discountPercent, upliftPercent, marginPercent].some((text) => text !== "");
  if (prices === undefined && !says && !reported)
    problem(scope, {
      message: "says nothing of prices",
      hint: "set prices, discount_percent, uplift_percent, margin_percent or reported",
      ruleId: "price_empty",
    });
  return {
    target,
    pattern: parsePattern(target),
    ...(prices === undefined ? {} : { prices: compilePrices(prices, inField(scope, "prices")) }),
    discount: exactPercent(discountPercent),
    uplift: exactPercent(upliftPercent),
    margin: exactPercent(marginPercent),
    fromMs,
    untilMs,
    reported,
  };
}

function checkTarget(target: string, names: KnownNames, scope: Placed): void {
  if (target === "") return;
  if (target.includes("*")) {
    if (parsePattern(target) === undefined)
      problem(scope, {
        message: "has more than one `*`",
        hint: "one `*` stands for any text",
        ruleId: "model_pattern",
      });
    return;
  }
  const split = splitModelName(target);
  if (split !== undefined && names.providers.has(split.provider)) return;
  problem(scope, {
    message: `${JSON.stringify(target)} is no target of a provider of the file`,
    hint: "write provider/model, with the provider's name in providers",
    ruleId: "price_target",
  });
}

/** Milliseconds since 1970 of a day or a time; `none` where the text is empty. */
function timeAt(text: string, none: number, scope: Placed): number {
  if (text === "") return none;
  const ms = readTime(text);
  if (ms !== undefined) return ms;
  problem(scope, {
    message: "is no day or time",
    hint: "write a day such as 2026-12-01 or a time such as 2026-12-01T08:00:00Z",
    ruleId: "price_dates",
  });
  return none;
}
