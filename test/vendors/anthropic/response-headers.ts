const reset = "2026-01-01T00:01:00Z";

/**
 * The headers Anthropic sends with every answer; the request id counts requests so that each is
 * unique and predictable. https://platform.claude.com/docs/en/api/rate-limits#response-headers
 * (2026-07)
 */
export function anthropicHeaders(
  ordinal: number,
  contentType = "application/json",
): Record<string, string> {
  return {
    date: "Thu, 01 Jan 2026 00:00:00 GMT",
    "content-type": contentType,
    "anthropic-organization-id": "org-sim",
    "anthropic-ratelimit-requests-limit": "4000",
    "anthropic-ratelimit-requests-remaining": "3999",
    "anthropic-ratelimit-requests-reset": reset,
    "anthropic-ratelimit-input-tokens-limit": "2000000",
    "anthropic-ratelimit-input-tokens-remaining": "1999000",
    "anthropic-ratelimit-input-tokens-reset": reset,
    "anthropic-ratelimit-output-tokens-limit": "400000",
    "anthropic-ratelimit-output-tokens-remaining": "400000",
    "anthropic-ratelimit-output-tokens-reset": reset,
    "anthropic-ratelimit-tokens-limit": "2400000",
    "anthropic-ratelimit-tokens-remaining": "2399000",
    "anthropic-ratelimit-tokens-reset": reset,
    "request-id": anthropicRequestId(ordinal),
    "strict-transport-security": "max-age=31536000; includeSubDomains; preload",
    server: "cloudflare",
  };
}

/** The request id of the n-th request, in the header and in error bodies. */
export function anthropicRequestId(ordinal: number): string {
  return `req_${String(ordinal).padStart(24, "0")}`;
}
