import type { RateFact, RateFacts } from "../core/caller/rate-facts.ts";
import { printUsd } from "../core/facts/nano-usd.ts";
import { costOfCall, type Trace } from "../core/trace.ts";

/** What a call cost in USD, as an exact decimal number. */
export const costHeader = "x-parlance-cost-usd";

/** The same, where LiteLLM's clients read it. */
export const litellmCostHeader = "x-litellm-response-cost";

/** What the tightest budget of the caller leaves in USD, as an exact decimal number. */
export const budgetHeader = "x-parlance-budget-remaining-usd";

/** The headers that say what limits leave, in the words of OpenAI's API. */
export const rateHeaders: readonly string[] = ["requests", "tokens"].flatMap((name) =>
  ["limit", "remaining", "reset"].map((word) => `x-ratelimit-${word}-${name}`),
);

/** What limits and budgets leave to the caller, and what the call cost as far as it is over. */
export function callerHeaders(trace: Trace): string[] {
  const headers = leftHeaders(trace);
  pushCost(headers, trace);
  return headers;
}

/** What limits and budgets leave to the caller: name, value, name, value. Empty: none hold. */
export function leftHeaders({ rates, budgetLeft }: Pick<Trace, "rates" | "budgetLeft">): string[] {
  const headers: string[] = [];
  if (rates !== undefined) pushRates(headers, rates);
  if (budgetLeft !== undefined) headers.push(budgetHeader, printUsd(budgetLeft));
  return headers;
}

/** Adds what a call cost that is over, where that is known. */
export function pushCost(headers: string[], trace: Pick<Trace, "attempts">): void {
  const cost = costOfCall(trace);
  if (cost?.kind !== "priced") return;
  const usd = printUsd(cost.nanoUsd);
  headers.push(costHeader, usd, litellmCostHeader, usd);
}

/** https://platform.openai.com/docs/guides/rate-limits#rate-limits-in-headers (2026-11). */
function pushRates(headers: string[], { requests, tokens }: RateFacts): void {
  if (requests !== undefined) pushRate(headers, "requests", requests);
  if (tokens !== undefined) pushRate(headers, "tokens", tokens);
}

function pushRate(headers: string[], name: string, { limit, remaining, resetMs }: RateFact): void {
  headers.push(`x-ratelimit-limit-${name}`, String(limit));
  headers.push(`x-ratelimit-remaining-${name}`, String(remaining));
  headers.push(`x-ratelimit-reset-${name}`, durationText(resetMs));
}

/** Such as `6m0s`, `12s` and `0s`: how OpenAI writes a time. */
function durationText(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const rest = `${seconds % 60}s`;
  if (hours > 0) return `${hours}h${minutes}m${rest}`;
  return minutes > 0 ? `${minutes}m${rest}` : rest;
}
