import type { RateFacts } from "../../../core/caller/rate-facts.ts";

/** What the names of these headers begin with. */
export const ratePrefix = "anthropic-ratelimit-";

/**
 * What limits leave to a caller, in the words of Anthropic's API:
 * https://platform.claude.com/docs/en/api/rate-limits#response-headers (2026-11).
 */
export function rateHeaders(rates: RateFacts, nowUnixS: number): readonly string[] {
  const headers: string[] = [];
  for (const name of ["requests", "tokens"] as const) {
    const rate = rates[name];
    if (rate === undefined) continue;
    const reset = new Date((nowUnixS + Math.ceil(rate.resetMs / 1000)) * 1000).toISOString();
    headers.push(`${ratePrefix}${name}-limit`, String(rate.limit));
    headers.push(`${ratePrefix}${name}-remaining`, String(rate.remaining));
    headers.push(`${ratePrefix}${name}-reset`, reset.replace(".000Z", "Z"));
  }
  return headers;
}
