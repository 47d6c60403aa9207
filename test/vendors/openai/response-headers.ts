/**
 * The headers OpenAI sends with every answer; the request id counts requests so that each is unique
 * and predictable. https://platform.openai.com/docs/api-reference/debugging-requests (2026-07)
 */
export function openAiHeaders(
  ordinal: number,
  contentType = "application/json",
): Record<string, string> {
  return {
    date: "Thu, 01 Jan 2026 00:00:00 GMT",
    "content-type": contentType,
    "access-control-expose-headers": "X-Request-ID",
    "openai-organization": "org-sim",
    "openai-processing-ms": "12",
    "openai-version": "2020-10-01",
    "x-ratelimit-limit-requests": "10000",
    "x-ratelimit-limit-tokens": "200000",
    "x-ratelimit-remaining-requests": "9999",
    "x-ratelimit-remaining-tokens": "199962",
    "x-ratelimit-reset-requests": "8.64s",
    "x-ratelimit-reset-tokens": "11ms",
    "x-request-id": `req_${ordinal.toString(16).padStart(32, "0")}`,
    "strict-transport-security": "max-age=31536000; includeSubDomains; preload",
    "x-content-type-options": "nosniff",
    server: "cloudflare",
  };
}
