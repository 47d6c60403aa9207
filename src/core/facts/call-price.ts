import type { Prices } from "../../../gen/parlance/model/v1/model_facts_pb.js";
import type { CallSize } from "./call-size.ts";
import { tokenPricesFor } from "./price-usage.ts";

/** What an answer is taken for where none is known and the call sets no bound, in tokens. */
const usualAnswer = 500;

const perMillion = 1_000_000;

/**
 * The tokens that an answer is expected to have: an average answer, within the bound that the call
 * sets; without an average the bound.
 */
export function expectedOutput({ maxOutputTokens }: CallSize, average: number | undefined): number {
  return Math.min(
    maxOutputTokens ?? Number.POSITIVE_INFINITY,
    average ?? maxOutputTokens ?? usualAnswer,
  );
}

/**
 * What a call of a size is expected to cost, in nano-USD. Undefined where the prices of its tokens
 * are not known, which is never taken for free.
 */
export function expectedPrice(
  prices: Prices | undefined,
  size: CallSize,
  average: number | undefined,
): number | undefined {
  if (prices === undefined) return undefined;
  const { input, output, cacheRead = input } = tokenPricesFor(prices, BigInt(size.inputTokens));
  const answer = expectedOutput(size, average);
  if (input === undefined || (output === undefined && answer > 0)) return undefined;
  const cached = Math.min(size.cachedTokens ?? 0, size.inputTokens);
  const prompt = (size.inputTokens - cached) * Number(input) + cached * Number(cacheRead);
  const tokens = prompt + answer * Number(output ?? 0n);
  return tokens / perMillion + Number(prices.thousandRequests ?? 0n) / 1_000;
}
