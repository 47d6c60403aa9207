import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import type { Prices, TokenPrices } from "../../../gen/parlance/model/v1/model_facts_pb.js";

/** A number of tokens, or of what a millionth of the price is for, and its price. */
interface Item {
  readonly count: bigint;
  /** Nano-USD for a million. Undefined: unknown. */
  readonly price: bigint | undefined;
}

/**
 * What usage costs at a price list, in nano-USD, rounded to the nearest once. Undefined where that
 * is not known: tokens were not counted, or something was used that has no price, which is never
 * taken for free. Cached tokens without a price of their own cost what others do.
 */
export function priceUsage(usage: Usage, prices: Prices): bigint | undefined {
  const { inputTokens, outputTokens } = usage;
  if (inputTokens === undefined) return undefined;
  const tokens = tokenPricesFor(prices, inputTokens);
  return sumOf([
    ...inputItems(usage, inputTokens, tokens),
    ...outputItems(usage, outputTokens ?? 0n, tokens),
    ...requestItems(usage, prices),
  ]);
}

/**
 * What the vendor's prompt cache has saved, in nano-USD: what cached tokens would have cost without
 * it, less what they did. Negative where more was spent on writing than saved by reading. Undefined
 * where it is not known; 0 where nothing was cached.
 */
export function promptCacheSaving(usage: Usage, prices: Prices): bigint | undefined {
  const { cacheReadTokens = 0n, cacheWriteTokens = 0n, inputTokens } = usage;
  if (cacheReadTokens + cacheWriteTokens === 0n) return 0n;
  const tokens = tokenPricesFor(prices, inputTokens ?? 0n);
  const paid = sumOf(cachedItems(usage, tokens));
  const full = sumOf([{ count: cacheReadTokens + cacheWriteTokens, price: tokens.input }]);
  return paid === undefined || full === undefined ? undefined : full - paid;
}

/** The prices that hold for an input of this length: the longest tier that it exceeds. */
export function tokenPricesFor(prices: Prices, inputTokens: bigint): Partial<TokenPrices> {
  const tier = prices.tiers.findLast(({ aboveInputTokens }) => inputTokens > aboveInputTokens);
  return tier?.tokens === undefined
    ? (prices.tokens ?? {})
    : { ...prices.tokens, ...definedOf(tier.tokens) };
}

function definedOf(tokens: TokenPrices): Partial<TokenPrices> {
  return Object.fromEntries(Object.entries(tokens).filter(([, price]) => price !== undefined));
}

function inputItems(
  usage: Usage,
  inputTokens: bigint,
  tokens: Partial<TokenPrices>,
): readonly Item[] {
  const cached = (usage.cacheReadTokens ?? 0n) + (usage.cacheWriteTokens ?? 0n);
  const uncached = atLeast0(inputTokens - cached);
  // Which of the cached tokens are sound or pictures nobody says.
  const audio = min(usage.inputAudioTokens ?? 0n, uncached);
  const image = min(usage.inputImageTokens ?? 0n, uncached - audio);
  return [
    { count: uncached - audio - image, price: tokens.input },
    { count: audio, price: tokens.inputAudio ?? tokens.input },
    { count: image, price: tokens.inputImage ?? tokens.input },
    ...cachedItems(usage, tokens),
  ];
}

function cachedItems(usage: Usage, tokens: Partial<TokenPrices>): readonly Item[] {
  const { cacheReadTokens = 0n, cacheWriteTokens = 0n, cacheWrite1hTokens = 0n } = usage;
  const { input, cacheRead = input, cacheWrite = input, cacheWrite1h = cacheWrite } = tokens;
  return [
    { count: cacheReadTokens, price: cacheRead },
    { count: atLeast0(cacheWriteTokens - cacheWrite1hTokens), price: cacheWrite },
    { count: min(cacheWrite1hTokens, cacheWriteTokens), price: cacheWrite1h },
  ];
}

function outputItems(
  usage: Usage,
  outputTokens: bigint,
  {
    output,
    outputAudio = output,
    outputImage = output,
    outputReasoning = output,
  }: Partial<TokenPrices>,
): readonly Item[] {
  const reasoning = min(usage.reasoningTokens ?? 0n, outputTokens);
  const audio = min(usage.outputAudioTokens ?? 0n, outputTokens - reasoning);
  const image = min(usage.outputImageTokens ?? 0n, outputTokens - reasoning - audio);
  return [
    { count: outputTokens - reasoning - audio - image, price: output },
    { count: reasoning, price: outputReasoning },
    { count: audio, price: outputAudio },
    { count: image, price: outputImage },
  ];
}

/** Prices are for a thousand of these. A request costs only where the list says so. */
function requestItems({ toolUses }: Usage, prices: Prices): readonly Item[] {
  const searches = toolUses.web_search_requests ?? 0n;
  return [
    { count: 1000n, price: prices.thousandRequests ?? 0n },
    { count: searches * 1000n, price: prices.thousandWebSearches },
  ];
}

const million = 1_000_000n;

/** Undefined where something that was used has no price. */
function sumOf(items: readonly Item[]): bigint | undefined {
  let sum = 0n;
  for (const { count, price } of items) {
    if (count === 0n) continue;
    if (price === undefined) return undefined;
    sum += count * price;
  }
  return (sum + million / 2n) / million;
}

function min(one: bigint, other: bigint): bigint {
  return one < other ? one : other;
}

function atLeast0(value: bigint): bigint {
  return value > 0n ? value : 0n;
}
