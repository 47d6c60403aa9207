import type { Scenario } from "../scenario.ts";
import type { VendorReply } from "../vendor-reply.ts";
import { anthropicHeaders, anthropicRequestId } from "./response-headers.ts";

/** Error types of https://platform.claude.com/docs/en/api/errors (2026-07). */
export type AnthropicErrorType =
  | "invalid_request_error"
  | "authentication_error"
  | "billing_error"
  | "permission_error"
  | "not_found_error"
  | "request_too_large"
  | "rate_limit_error"
  | "api_error"
  | "overloaded_error";

/**
 * The body and headers Anthropic answers an error with. `x-should-retry` is what the vendor's own
 * clients obey.
 */
export function errorReply(
  status: number,
  type: AnthropicErrorType,
  message: string,
  ordinal: number,
  extra: Readonly<Record<string, string>> = {},
): VendorReply {
  const body = { type: "error", error: { type, message }, request_id: anthropicRequestId(ordinal) };
  const retry = status === 429 || status >= 500 ? "true" : "false";
  return {
    status,
    headers: { ...anthropicHeaders(ordinal), "x-should-retry": retry, ...extra },
    frames: [Buffer.from(JSON.stringify(body))],
    ending: "end",
  };
}

/** A 400. */
export function invalidRequest(message: string, ordinal: number): VendorReply {
  return errorReply(400, "invalid_request_error", message, ordinal);
}

/** The error event within a stream. */
export const anthropicErrorFrame: Buffer = Buffer.from(
  `event: error\ndata: ${JSON.stringify({ type: "error", error: { details: null, type: "overloaded_error", message: "Overloaded" } })}\n\n`,
);

/** Anthropic's 500. */
export function internalError(ordinal: number): VendorReply {
  return errorReply(500, "api_error", "Internal server error", ordinal);
}

/** The reply of an error scenario, or undefined when the scenario is not an error. */
export function errorOfScenario(
  scenario: Scenario,
  model: string,
  ordinal: number,
): VendorReply | undefined {
  const retryAfter = { "retry-after": String(scenario.retryAfterSeconds ?? 2) };
  const exhausted = {
    ...retryAfter,
    "anthropic-ratelimit-requests-remaining": "0",
    "anthropic-ratelimit-input-tokens-remaining": "0",
  };
  switch (scenario.name) {
    case "e400":
      return invalidRequest("temperature: range: 0..1", ordinal);
    case "e401":
      return errorReply(401, "authentication_error", "invalid x-api-key", ordinal);
    case "e403":
      return errorReply(
        403,
        "permission_error",
        "Your API key does not have permission to use the specified resource.",
        ordinal,
      );
    case "e404":
      return errorReply(404, "not_found_error", `model: ${model}`, ordinal);
    case "e413":
      return errorReply(413, "request_too_large", "Request exceeds the maximum size", ordinal);
    case "e429":
      return errorReply(
        429,
        "rate_limit_error",
        "This request would exceed your organization's rate limit of 50,000 input tokens per minute. For details, refer to: https://docs.claude.com/en/api/rate-limits.",
        ordinal,
        exhausted,
      );
    case "quota":
      return invalidRequest(
        "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.",
        ordinal,
      );
    case "e500":
      return internalError(ordinal);
    case "e503":
      return errorReply(503, "api_error", "Service temporarily unavailable", ordinal, retryAfter);
    case "e529":
      return errorReply(529, "overloaded_error", "Overloaded", ordinal, retryAfter);
    case "context-length":
      return invalidRequest("prompt is too long: 208310 tokens > 200000 maximum", ordinal);
    default:
      return undefined;
  }
}
