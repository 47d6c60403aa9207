import type { Prices, TokenPrices } from "../../../gen/parlance/model/v1/model_facts_pb.js";
import { tokenPricesFor } from "../facts/price-usage.ts";
import { pricesOfTier } from "./adjust-prices.ts";
import type { CallMaxima } from "./call-maxima.ts";

/** What is known of a model that bounds what a call of it costs. */
export interface ModelMaxima {
  /** The most tokens of an answer. Undefined: not known. */
  readonly outputTokens: number | undefined;
  /** The most tokens of a prompt. Undefined: not known. */
  readonly inputTokens: number | undefined;
}

/** An answer whose bound nobody knows is taken for so many tokens: the bound of many models. */
const unboundedAnswer = 16_384;

/**
 * As much as a call can cost at a list of prices, in whole nano-USD, rounded up. Undefined where
 * the prices of its tokens are not known, which is never taken for free.
 */
export function costBound(
  prices: Prices | undefined,
  call: CallMaxima,
  model: ModelMaxima,
): number | undefined {
  if (prices === undefined) return undefined;
  const usual = boundAt(prices, call, model);
  const tier = call.serviceTier === "" ? undefined : pricesOfTier(prices, call.serviceTier);
  if (usual === undefined || tier === undefined || tier === prices) return usual;
  return Math.max(usual, boundAt(tier, call, model) ?? 0);
}

function boundAt(prices: Prices, call: CallMaxima, model: ModelMaxima): number | undefined {
  const { answers, requests } = call;
  const window = (model.inputTokens ?? Number.POSITIVE_INFINITY) * answers;
  const inputTokens = Math.min(call.inputTokens, window);
  const outputTokens = call.outputTokens ?? (model.outputTokens ?? unboundedAnswer) * answers;
  const tokens = tokenPricesFor(prices, BigInt(inputTokens));
  const input = inputPrice(tokens, call);
  const output = outputPrice(tokens);
  if (input === undefined || (output === undefined && outputTokens > 0)) return undefined;
  const millionths =
    BigInt(inputTokens) * input +
    BigInt(outputTokens) * (output ?? 0n) +
    BigInt(requests) * (prices.thousandRequests ?? 0n) * 1_000n;
  return Number((millionths + 999_999n) / 1_000_000n);
}

/** The highest price of a token that the prompt may have. */
function inputPrice(tokens: Partial<TokenPrices>, call: CallMaxima): bigint | undefined {
  const { input, cacheWrite, cacheWrite1h, inputAudio, inputImage } = tokens;
  if (input === undefined) return undefined;
  const stored = call.marksCache ? [cacheWrite, cacheWrite1h] : [];
  const media = call.media ? [inputAudio, inputImage] : [];
  return highest([input, ...stored, ...media]);
}

/** The highest price of a token of an answer. */
function outputPrice(tokens: Partial<TokenPrices>): bigint | undefined {
  const { output, outputReasoning, outputAudio, outputImage } = tokens;
  if (output === undefined) return undefined;
  return highest([output, outputReasoning, outputAudio, outputImage]);
}

function highest(prices: readonly (bigint | undefined)[]): bigint {
  return prices.reduce<bigint>(
    (max, price) => (price !== undefined && price > max ? price : max),
    0n,
  );
}
