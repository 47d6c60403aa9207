import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import type { Prices, TokenPrices } from "../../../gen/parlance/model/v1/model_facts_pb.js";
import { pricesOfTier } from "../money/adjust-prices.ts";
import { billedUsage } from "../money/billed-usage.ts";

/** What is counted and priced apart. `uses` are tools and units that are no tokens. */
export type CostClass =
  | "input"
  | "input_audio"
  | "input_image"
  | "cache_read"
  | "cache_write_5m"
  | "cache_write_1h"
  | "output"
  | "reasoning"
  | "output_audio"
  | "output_image"
  | "request"
  | "uses";

/** A number of tokens, or of what a millionth of the price is for, and its price. */
export interface PricedItem {
  readonly kind: CostClass;
  /** How many there are. */
  readonly count: bigint;
  /** Nano-USD for a million. Undefined: unknown. */
  readonly price: bigint | undefined;
  /** What it is, where its class does not say. */
  readonly name?: string;
}

/**
 * What usage costs at a price list, in nano-USD, rounded to the nearest once. Undefined where that
 * is not known: tokens were not counted, or something was used that has no price, which is never
 * taken for free. Cached tokens without a price of their own cost what others do.
 */
export function priceUsage(usage: Usage, prices: Prices): bigint | undefined {
  const items = pricedItems(usage, prices);
  return typeof items === "string" ? undefined : sumOf(items);
}

/**
 * What usage is made of, each with its price in the tier of service that the vendor reports. A text
 * where it cannot be priced: why.
 */
export function pricedItems(reported: Usage, prices: Prices): readonly PricedItem[] | string {
  const usage = billedUsage(reported);
  const inTier = pricesOfTier(prices, usage.serviceTier);
  if (inTier === undefined) return `no prices are known of the service tier ${usage.serviceTier}`;
  const { inputTokens, outputTokens } = usage;
  const requests = requestItems(usage, inTier);
  if (inputTokens === undefined) {
    const counted = requests.some(({ count, price }) => count > 0n && (price ?? 0n) > 0n);
    if (!counted || (outputTokens ?? 0n) > 0n) return "the vendor reports no tokens";
    return requests;
  }
  const tokens = tokenPricesFor(inTier, inputTokens);
  return [
    ...inputItems(usage, inputTokens, tokens),
    ...outputItems(usage, outputTokens ?? 0n, tokens),
    ...requests,
  ];
}

/** How much of each class usage has, whatever it costs; none of what there is nothing of. */
export function countsByClass(usage: Usage): ReadonlyMap<string, bigint> {
  const counts = new Map<string, bigint>();
  const items = pricedItems({ ...usage, serviceTier: "" }, noPrices);
  if (typeof items === "string") return counts;
  for (const { kind, count } of items)
    if (count > 0n) counts.set(kind, (counts.get(kind) ?? 0n) + count);
  return counts;
}

const noPrices: Prices = {
  $typeName: "parlance.model.v1.Prices",
  tiers: [],
  serviceTiers: [],
  thousandUses: {},
};

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
  const all = cacheReadTokens + cacheWriteTokens;
  const full = sumOf([{ kind: "input", count: all, price: tokens.input }]);
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
): readonly PricedItem[] {
  const cached = (usage.cacheReadTokens ?? 0n) + (usage.cacheWriteTokens ?? 0n);
  const uncached = atLeast0(inputTokens - cached);
  // Which of the cached tokens are sound or pictures nobody says.
  const audio = min(usage.inputAudioTokens ?? 0n, uncached);
  const image = min(usage.inputImageTokens ?? 0n, uncached - audio);
  return [
    { kind: "input", count: uncached - audio - image, price: tokens.input },
    { kind: "input_audio", count: audio, price: tokens.inputAudio ?? tokens.input },
    { kind: "input_image", count: image, price: tokens.inputImage ?? tokens.input },
    ...cachedItems(usage, tokens),
  ];
}

function cachedItems(usage: Usage, tokens: Partial<TokenPrices>): readonly PricedItem[] {
  const { cacheReadTokens = 0n, cacheWriteTokens = 0n, cacheWrite1hTokens = 0n } = usage;
  const { input, cacheRead = input, cacheWrite = input, cacheWrite1h = cacheWrite } = tokens;
  return [
    { kind: "cache_read", count: cacheReadTokens, price: cacheRead },
    {
      kind: "cache_write_5m",
      count: atLeast0(cacheWriteTokens - cacheWrite1hTokens),
      price: cacheWrite,
    },
    {
      kind: "cache_write_1h",
      count: min(cacheWrite1hTokens, cacheWriteTokens),
      price: cacheWrite1h,
    },
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
): readonly PricedItem[] {
  const reasoning = min(usage.reasoningTokens ?? 0n, outputTokens);
  const audio = min(usage.outputAudioTokens ?? 0n, outputTokens - reasoning);
  const image = min(usage.outputImageTokens ?? 0n, outputTokens - reasoning - audio);
  return [
    { kind: "output", count: outputTokens - reasoning - audio - image, price: output },
    { kind: "reasoning", count: reasoning, price: outputReasoning },
    { kind: "output_audio", count: audio, price: outputAudio },
    { kind: "output_image", count: image, price: outputImage },
  ];
}

/** Prices of these are for a thousand. A request costs only where the list says so. */
function requestItems({ toolUses }: Usage, prices: Prices): readonly PricedItem[] {
  const items: PricedItem[] = [];
  let requests = 1n;
  for (const [name, count] of Object.entries(toolUses)) {
    const perThousand =
      prices.thousandUses[name] ??
      (name === "web_search_requests" ? prices.thousandWebSearches : undefined);
    if (name === "search_units" && perThousand === undefined) {
      // A vendor of searches bills them as requests.
      if (prices.thousandRequests !== undefined) requests = count;
      else items.push({ kind: "uses", name, count, price: undefined });
    } else if (perThousand !== undefined || !freeUses.has(name))
      items.push({ kind: "uses", name, count, price: thousandfold(perThousand) });
  }
  if (prices.thousandRequests !== undefined)
    items.push({ kind: "request", count: requests, price: thousandfold(prices.thousandRequests) });
  return items;
}

/** What vendors count and take nothing for beside its tokens. */
const freeUses: ReadonlySet<string> = new Set(["web_fetch_requests", "classifications"]);

function thousandfold(price: bigint | undefined): bigint | undefined {
  return price === undefined ? undefined : price * 1000n;
}

const million = 1_000_000n;

/** Nano-USD of a sum of counts times prices for a million, rounded to the nearest. */
export function fromMillionths(sum: bigint): bigint {
  return (sum + million / 2n) / million;
}

/** Undefined where something that was used has no price. */
function sumOf(items: readonly PricedItem[]): bigint | undefined {
  let sum = 0n;
  for (const { count, price } of items) {
    if (count === 0n) continue;
    if (price === undefined) return undefined;
    sum += count * price;
  }
  return fromMillionths(sum);
}

function min(one: bigint, other: bigint): bigint {
  return one < other ? one : other;
}

function atLeast0(value: bigint): bigint {
  return value > 0n ? value : 0n;
}
