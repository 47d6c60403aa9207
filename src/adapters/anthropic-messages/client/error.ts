import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import type { RateFacts } from "../../../core/caller/rate-facts.ts";
import type { FrameText } from "../../../core/dialect.ts";
import type { Fault } from "../../../core/faults/fault.ts";
import { httpStatus } from "../../../core/faults/gateway-error.ts";
import { THREAD } from "./demands.ts";

/** The body of an error reply, as the vendor's own clients read it. */
export function encodeError(fault: Fault): string {
  const { upstreamRequestId } = fault;
  const word = errorTypes[fault.reason];
  const type = word === INVALID && httpStatus(fault) >= 500 ? "api_error" : word;
  return JSON.stringify({
    type: "error",
    error: { type, message: fault.message, details: threadDetails(fault) },
    ...(upstreamRequestId === undefined ? {} : { request_id: upstreamRequestId }),
  });
}

const INVALID = "invalid_request_error";

/** The vendor's words for reasons. See https://platform.claude.com/docs/en/api/errors. */
const errorTypes: Readonly<Record<ErrorReason, string>> = {
  [ErrorReason.INVALID_REQUEST]: INVALID,
  [ErrorReason.INVALID_JSON]: INVALID,
  [ErrorReason.UNSUPPORTED_MEDIA_TYPE]: INVALID,
  [ErrorReason.METHOD_NOT_ALLOWED]: INVALID,
  [ErrorReason.UNSUPPORTED]: INVALID,
  [ErrorReason.INVALID_CONFIG]: INVALID,
  [ErrorReason.FIDELITY_LOSS]: INVALID,
  [ErrorReason.OWNED_BY_FILE]: INVALID,
  [ErrorReason.ALREADY_EXISTS]: INVALID,
  [ErrorReason.ABORTED]: INVALID,
  [ErrorReason.IN_USE]: INVALID,
  [ErrorReason.UPSTREAM_INVALID_REQUEST]: INVALID,
  [ErrorReason.UPSTREAM_CONTEXT_LENGTH]: INVALID,
  [ErrorReason.UPSTREAM_CONTENT_POLICY]: INVALID,
  [ErrorReason.GUARD_BLOCKED]: INVALID,
  [ErrorReason.UNAUTHENTICATED]: "authentication_error",
  [ErrorReason.BUDGET_EXCEEDED]: "billing_error",
  [ErrorReason.UNPRICED]: "billing_error",
  [ErrorReason.UPSTREAM_BILLING]: "billing_error",
  [ErrorReason.PERMISSION_DENIED]: "permission_error",
  [ErrorReason.REFUSED_BY_RULE]: "permission_error",
  [ErrorReason.UNKNOWN_PATH]: "not_found_error",
  [ErrorReason.UNKNOWN_MODEL]: "not_found_error",
  [ErrorReason.NOT_FOUND]: "not_found_error",
  [ErrorReason.UPSTREAM_NOT_FOUND]: "not_found_error",
  [ErrorReason.REQUEST_TOO_LARGE]: "request_too_large",
  [ErrorReason.UPSTREAM_TOO_LARGE]: "request_too_large",
  [ErrorReason.RATE_LIMITED]: "rate_limit_error",
  [ErrorReason.UPSTREAM_RATE_LIMITED]: "rate_limit_error",
  [ErrorReason.DRAINING]: "overloaded_error",
  [ErrorReason.PROCESS_ENDED]: "overloaded_error",
  [ErrorReason.OVERLOADED]: "overloaded_error",
  [ErrorReason.STORE_UNAVAILABLE]: "overloaded_error",
  [ErrorReason.IDENTITY_PROVIDER_UNAVAILABLE]: "overloaded_error",
  [ErrorReason.GUARD_UNAVAILABLE]: "overloaded_error",
  [ErrorReason.UPSTREAM_OVERLOADED]: "overloaded_error",
  [ErrorReason.UPSTREAM_UNAVAILABLE]: "overloaded_error",
  [ErrorReason.UPSTREAM_BUSY]: "overloaded_error",
  [ErrorReason.DEADLINE_EXCEEDED]: "timeout_error",
  [ErrorReason.UPSTREAM_TIMEOUT]: "timeout_error",
  [ErrorReason.UNSPECIFIED]: "api_error",
  [ErrorReason.CANCELLED]: "api_error",
  [ErrorReason.INTERNAL]: "api_error",
  [ErrorReason.CREDENTIAL_MISSING]: "api_error",
  [ErrorReason.UPSTREAM_UNAUTHENTICATED]: "api_error",
  [ErrorReason.UPSTREAM_PERMISSION_DENIED]: "api_error",
  [ErrorReason.UPSTREAM_INTERNAL]: "api_error",
  [ErrorReason.UPSTREAM_UNREACHABLE]: "api_error",
  [ErrorReason.UPSTREAM_MALFORMED]: "api_error",
  [ErrorReason.UPSTREAM_WRONG_FORM]: "api_error",
  [ErrorReason.UPSTREAM_CUT]: "api_error",
};

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
