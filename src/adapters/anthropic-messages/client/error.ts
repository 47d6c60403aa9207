import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import type { RateFacts } from "../../../core/caller/rate-facts.ts";
import type { FrameText } from "../../../core/dialect.ts";
import type { Fault } from "../../../core/faults/fault.ts";
import { httpStatus } from "../../../core/faults/gateway-error.ts";
import { THREAD } from "./demands.ts";

/** The body of an error reply, as the vendor's own clients read it. */
export function encodeError(fault: Fault): string {
  const { upstreamRequestId } = fault;
  const word = errorType(fault.reason);
  const type = word === INVALID && httpStatus(fault) >= 500 ? "api_error" : word;
  return JSON.stringify({
    type: "error",
    error: { type, message: fault.message, details: threadDetails(fault) },
    ...(upstreamRequestId === undefined ? {} : { request_id: upstreamRequestId }),
  });
}

const INVALID = "invalid_request_error";

/**
 * How the vendor refuses a thread: by these details its clients know that they can go on with the
 * full conversation. See https://platform.claude.com/docs/en/build-with-claude/message-threads.
 */
function threadDetails({ reason, fields = [] }: Fault): object | undefined {
  const refused =
    reason === ErrorReason.UNSUPPORTED && fields.some(({ field }) => field === THREAD);
  if (!refused) return undefined;
  return {
    error_code: "thread_unsupported_request",
    unsupported: fields.map(({ field }) => field),
  };
}

/** The frame that reports a failure in the middle of a stream. */
export function encodeErrorFrame(fault: Fault): FrameText {
  return `event: error\ndata: ${encodeError(fault)}\n\n`;
}

/** The vendor's word for a reason. See https://platform.claude.com/docs/en/api/errors. */
function errorType(reason: ErrorReason): string {
  switch (reason) {
    case ErrorReason.INVALID_REQUEST:
    case ErrorReason.INVALID_JSON:
    case ErrorReason.UNSUPPORTED_MEDIA_TYPE:
    case ErrorReason.METHOD_NOT_ALLOWED:
    case ErrorReason.UNSUPPORTED:
    case ErrorReason.INVALID_CONFIG:
    case ErrorReason.FIDELITY_LOSS:
    case ErrorReason.OWNED_BY_FILE:
    case ErrorReason.ALREADY_EXISTS:
    case ErrorReason.ABORTED:
    case ErrorReason.IN_USE:
    case ErrorReason.UPSTREAM_INVALID_REQUEST:
    case ErrorReason.UPSTREAM_CONTEXT_LENGTH:
    case ErrorReason.UPSTREAM_CONTENT_POLICY:
    case ErrorReason.GUARD_BLOCKED:
      return INVALID;
    case ErrorReason.UNAUTHENTICATED:
      return "authentication_error";
    case ErrorReason.BUDGET_EXCEEDED:
    case ErrorReason.UNPRICED:
    case ErrorReason.UPSTREAM_BILLING:
      return "billing_error";
    case ErrorReason.PERMISSION_DENIED:
    case ErrorReason.REFUSED_BY_RULE:
      return "permission_error";
    case ErrorReason.UNKNOWN_PATH:
    case ErrorReason.UNKNOWN_MODEL:
    case ErrorReason.NOT_FOUND:
    case ErrorReason.UPSTREAM_NOT_FOUND:
      return "not_found_error";
    case ErrorReason.REQUEST_TOO_LARGE:
    case ErrorReason.UPSTREAM_TOO_LARGE:
      return "request_too_large";
    case ErrorReason.RATE_LIMITED:
    case ErrorReason.UPSTREAM_RATE_LIMITED:
      return "rate_limit_error";
    case ErrorReason.DRAINING:
    case ErrorReason.PROCESS_ENDED:
    case ErrorReason.OVERLOADED:
    case ErrorReason.STORE_UNAVAILABLE:
    case ErrorReason.IDENTITY_PROVIDER_UNAVAILABLE:
    case ErrorReason.GUARD_UNAVAILABLE:
    case ErrorReason.UPSTREAM_OVERLOADED:
    case ErrorReason.UPSTREAM_UNAVAILABLE:
    case ErrorReason.UPSTREAM_BUSY:
      return "overloaded_error";
    case ErrorReason.DEADLINE_EXCEEDED:
    case ErrorReason.UPSTREAM_TIMEOUT:
      return "timeout_error";
    case ErrorReason.UNSPECIFIED:
    case ErrorReason.CANCELLED:
    case ErrorReason.INTERNAL:
    case ErrorReason.CREDENTIAL_MISSING:
    case ErrorReason.UPSTREAM_UNAUTHENTICATED:
    case ErrorReason.UPSTREAM_PERMISSION_DENIED:
    case ErrorReason.UPSTREAM_INTERNAL:
    case ErrorReason.UPSTREAM_UNREACHABLE:
    case ErrorReason.UPSTREAM_MALFORMED:
    case ErrorReason.UPSTREAM_WRONG_FORM:
    case ErrorReason.UPSTREAM_CUT:
      return "api_error";
  }
}

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
