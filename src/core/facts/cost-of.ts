import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import type { Prices, TokenPrices } from "../../../gen/parlance/model/v1/model_facts_pb.js";

/** Tokens that a price is for. */
const priceTokens = 1_000_000n;
/** Requests and searches that a price is for. */
const priceUses = 1_000n;

/**
 * What a call cost, in whole nano-USD, rounded up from a half; undefined where something that it
 * took has no known price. What has no price of its own costs what input or output does.
 */
export function costOf(prices: Prices | undefined, usage: Usage): bigint | undefined {
  if (prices === undefined) return undefined;
  const tokens = tokenPrices(prices, usage.inputTokens ?? 0n);
  const sum = new Cost();
  addInput(sum, tokens, usage);
  addOutput(sum, tokens, usage);
  sum.add(searchesOf(usage), prices.thousandWebSearches, priceUses);
  sum.add(1n, prices.thousandRequests ?? 0n, priceUses);
  return sum.total();
}

/** Sums in parts that are as small as a token's price is exact. */
class Cost {
  #millionths = 0n;
  #unpriced = false;

  /** Adds an amount at a price for so many. */
  add(amount: bigint, price: bigint | undefined, per: bigint): void {
    if (amount <= 0n) return;
    if (price === undefined) this.#unpriced = true;
    else this.#millionths += (amount * price * priceTokens) / per;
  }

  total(): bigint | undefined {
    return this.#unpriced ? undefined : (this.#millionths + priceTokens / 2n) / priceTokens;
  }
}

/** The prices of the tier that an input is in. */
function tokenPrices({ tokens, tiers }: Prices, inputTokens: bigint): Partial<TokenPrices> {
  let found: Partial<TokenPrices> = { ...tokens };
  for (const tier of tiers)
    if (inputTokens > BigInt(tier.aboveInputTokens)) found = { ...found, ...tier.tokens };
  return found;
}

function addInput(sum: Cost, prices: Partial<TokenPrices>, usage: Usage): void {
  const { input } = prices;
  const read = usage.cacheReadTokens ?? 0n;
  const written = usage.cacheWriteTokens ?? 0n;
  const hour = least(usage.cacheWrite1hTokens ?? 0n, written);
  let left = (usage.inputTokens ?? 0n) - read - written;
  const audio = least(usage.inputAudioTokens ?? 0n, left);
  left -= audio;
  const image = least(usage.inputImageTokens ?? 0n, left);
  sum.add(left - image, input, priceTokens);
  sum.add(audio, prices.inputAudio ?? input, priceTokens);
  sum.add(image, prices.inputImage ?? input, priceTokens);
  sum.add(read, prices.cacheRead ?? input, priceTokens);
  sum.add(written - hour, prices.cacheWrite ?? input, priceTokens);
  sum.add(hour, prices.cacheWrite1h ?? prices.cacheWrite ?? input, priceTokens);
}

function addOutput(sum: Cost, prices: Partial<TokenPrices>, usage: Usage): void {
  const { output } = prices;
  let left = usage.outputTokens ?? 0n;
  const audio = least(usage.outputAudioTokens ?? 0n, left);
  left -= audio;
  const image = least(usage.outputImageTokens ?? 0n, left);
  left -= image;
  const reasoning = least(usage.reasoningTokens ?? 0n, left);
  sum.add(left - reasoning, output, priceTokens);
  sum.add(audio, prices.outputAudio ?? output, priceTokens);
  sum.add(image, prices.outputImage ?? output, priceTokens);
  sum.add(reasoning, prices.outputReasoning ?? output, priceTokens);
}

/** Never below 0: vendors count some tokens twice. */
function least(one: bigint, other: bigint): bigint {
  const smaller = one < other ? one : other;
  return smaller < 0n ? 0n : smaller;
}

/** How often the vendor searched the web. */
function searchesOf({ toolUses }: Usage): bigint {
  return toolUses.web_search_requests ?? 0n;
}
