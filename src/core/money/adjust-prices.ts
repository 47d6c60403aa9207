import type {
  Prices,
  PriceTier,
  ServiceTierPrices,
  TokenPrices,
} from "../../../gen/parlance/model/v1/model_facts_pb.js";
import type { PriceRule } from "./price-rule.ts";

/** A factor without rounding. */
export interface Ratio {
  readonly over: bigint;
  readonly under: bigint;
}

/** What the percentages of price rules make of a price together, in any order. */
export function ratioOf(rules: readonly PriceRule[]): Ratio {
  let over = 1n;
  let under = 1n;
  for (const { discount, uplift, margin } of rules) {
    for (const [percent, sign] of [
      [discount, -1n],
      [uplift, 1n],
      [margin, 1n],
    ] as const) {
      if (percent === undefined) continue;
      over *= percent.scale + sign * percent.units;
      under *= percent.scale;
    }
  }
  return { over, under };
}

/** A number of nano-USD times a factor, rounded to the nearest. */
export function scaled(nanoUsd: bigint, { over, under }: Ratio): bigint {
  return (2n * nanoUsd * over + under) / (2n * under);
}

/** Prices times a factor. Each is rounded to a nano-USD for a million tokens or a thousand uses. */
export function scalePrices(prices: Prices, ratio: Ratio): Prices {
  if (ratio.over === ratio.under) return prices;
  const { tokens, thousandRequests, thousandWebSearches } = prices;
  return {
    ...prices,
    ...(tokens === undefined ? {} : { tokens: scaleTokens(tokens, ratio) }),
    tiers: prices.tiers.map((tier) => withTokens(tier, ratio)),
    serviceTiers: prices.serviceTiers.map((tier) => withTokens(tier, ratio)),
    ...(thousandRequests === undefined
      ? {}
      : { thousandRequests: scaled(thousandRequests, ratio) }),
    ...(thousandWebSearches === undefined
      ? {}
      : { thousandWebSearches: scaled(thousandWebSearches, ratio) }),
    thousandUses: Object.fromEntries(
      Object.entries(prices.thousandUses).map(([use, price]) => [use, scaled(price, ratio)]),
    ),
  };
}

function withTokens<Tier extends PriceTier | ServiceTierPrices>(tier: Tier, ratio: Ratio): Tier {
  return tier.tokens === undefined ? tier : { ...tier, tokens: scaleTokens(tier.tokens, ratio) };
}

function scaleTokens(tokens: TokenPrices, ratio: Ratio): TokenPrices {
  const prices = { ...tokens };
  for (const kind of tokenKinds) {
    const price = tokens[kind];
    if (price !== undefined) prices[kind] = scaled(price, ratio);
  }
  return prices;
}

/** Every kind of token that has a price. */
export const tokenKinds = [
  "input",
  "output",
  "cacheRead",
  "cacheWrite",
  "cacheWrite1h",
  "inputAudio",
  "outputAudio",
  "cacheReadAudio",
  "inputImage",
  "outputImage",
  "outputReasoning",
] as const satisfies readonly (keyof TokenPrices)[];

/** Words of vendors for the tier that calls have that want none. */
const usual: ReadonlySet<string> = new Set([
  "",
  "default",
  "standard",
  "standard_only",
  "on_demand",
  "auto",
]);

/**
 * The prices of the tier of service that an answer reports; the same for the usual tier. Undefined:
 * none are known, and those of another tier would be wrong.
 */
export function pricesOfTier(prices: Prices, serviceTier: string): Prices | undefined {
  const word = serviceTier.toLowerCase();
  if (usual.has(word)) return prices;
  const tier = prices.serviceTiers.find((one) => one.tier === word);
  if (tier === undefined) return undefined;
  return inTier(prices, tier);
}

function inTier(prices: Prices, { percent, tokens }: ServiceTierPrices): Prices {
  const ratio = { over: BigInt(percent), under: 100n };
  const { tokens: _, ...rest } = prices;
  const scaledTokens =
    percent === 0 || prices.tokens === undefined ? undefined : scaleTokens(prices.tokens, ratio);
  const own = mergedTokens(scaledTokens, tokens);
  return {
    ...rest,
    ...(own === undefined ? {} : { tokens: own }),
    // Prices that the tier has of its own hold at any length.
    tiers: percent === 0 ? [] : prices.tiers.map((one) => withTokens(one, ratio)),
  };
}

function mergedTokens(
  under: TokenPrices | undefined,
  over: TokenPrices | undefined,
): TokenPrices | undefined {
  if (under === undefined || over === undefined) return over ?? under;
  const merged = { ...under };
  for (const kind of tokenKinds) {
    const price = over[kind];
    if (price !== undefined) merged[kind] = price;
  }
  return merged;
}
