import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Fault } from "../../../core/faults/fault.ts";
import { httpStatus } from "../../../core/faults/gateway-error.ts";

/** OpenAI's word for the kind of an error, and its code where the vendor gave none. */
type Words = readonly [type: string, code: string | null];

const INVALID = "invalid_request_error";
const SERVER = "server_error";

const table: Readonly<Record<ErrorReason, Words>> = {
  [ErrorReason.UNSPECIFIED]: [SERVER, null],
  [ErrorReason.INVALID_REQUEST]: [INVALID, null],
  [ErrorReason.INVALID_JSON]: [INVALID, "invalid_json"],
  [ErrorReason.UNSUPPORTED_MEDIA_TYPE]: [INVALID, "unsupported_media_type"],
  [ErrorReason.UNKNOWN_PATH]: [INVALID, "unknown_url"],
  [ErrorReason.METHOD_NOT_ALLOWED]: [INVALID, "method_not_allowed"],
  [ErrorReason.REQUEST_TOO_LARGE]: [INVALID, "request_too_large"],
  [ErrorReason.UNAUTHENTICATED]: ["authentication_error", "invalid_api_key"],
  [ErrorReason.PERMISSION_DENIED]: ["permission_error", "permission_denied"],
  [ErrorReason.REFUSED_BY_RULE]: ["permission_error", "refused_by_rule"],
  [ErrorReason.GUARD_BLOCKED]: [INVALID, "content_policy_violation"],
  [ErrorReason.GUARD_UNAVAILABLE]: [SERVER, "guard_unavailable"],
  [ErrorReason.UNKNOWN_MODEL]: [INVALID, "model_not_found"],
  [ErrorReason.NOT_FOUND]: [INVALID, "not_found"],
  [ErrorReason.OWNED_BY_FILE]: [INVALID, "owned_by_file"],
  [ErrorReason.ALREADY_EXISTS]: [INVALID, "already_exists"],
  [ErrorReason.ABORTED]: [INVALID, "aborted"],
  [ErrorReason.IN_USE]: [INVALID, "in_use"],
  [ErrorReason.UNSUPPORTED]: [INVALID, "unsupported"],
  [ErrorReason.DEADLINE_EXCEEDED]: ["timeout_error", "deadline_exceeded"],
  [ErrorReason.CANCELLED]: [INVALID, "cancelled"],
  [ErrorReason.DRAINING]: [SERVER, "draining"],
  [ErrorReason.PROCESS_ENDED]: [SERVER, "process_ended"],
  [ErrorReason.OVERLOADED]: [SERVER, "overloaded"],
  [ErrorReason.STORE_UNAVAILABLE]: [SERVER, "store_unavailable"],
  [ErrorReason.IDENTITY_PROVIDER_UNAVAILABLE]: [SERVER, "identity_provider_unavailable"],
  [ErrorReason.BUDGET_EXCEEDED]: ["budget_exceeded", "budget_exceeded"],
  [ErrorReason.UNPRICED]: ["invalid_request_error", "unpriced"],
  [ErrorReason.RATE_LIMITED]: ["rate_limit_error", "rate_limit_exceeded"],
  [ErrorReason.INTERNAL]: [SERVER, null],
  [ErrorReason.CREDENTIAL_MISSING]: [SERVER, "credential_missing"],
  [ErrorReason.INVALID_CONFIG]: [INVALID, "invalid_config"],
  [ErrorReason.FIDELITY_LOSS]: [INVALID, "fidelity_loss"],
  [ErrorReason.UPSTREAM_INVALID_REQUEST]: [INVALID, null],
  [ErrorReason.UPSTREAM_CONTEXT_LENGTH]: [INVALID, "context_length_exceeded"],
  [ErrorReason.UPSTREAM_CONTENT_POLICY]: [INVALID, "content_policy_violation"],
  [ErrorReason.UPSTREAM_UNAUTHENTICATED]: [SERVER, "upstream_unauthenticated"],
  [ErrorReason.UPSTREAM_BILLING]: ["insufficient_quota", "insufficient_quota"],
  [ErrorReason.UPSTREAM_PERMISSION_DENIED]: [SERVER, "upstream_permission_denied"],
  [ErrorReason.UPSTREAM_NOT_FOUND]: [INVALID, "model_not_found"],
  [ErrorReason.UPSTREAM_TOO_LARGE]: [INVALID, "request_too_large"],
  [ErrorReason.UPSTREAM_RATE_LIMITED]: ["rate_limit_error", "rate_limit_exceeded"],
  [ErrorReason.UPSTREAM_OVERLOADED]: [SERVER, "overloaded"],
  [ErrorReason.UPSTREAM_INTERNAL]: [SERVER, null],
  [ErrorReason.UPSTREAM_UNAVAILABLE]: [SERVER, "upstream_unavailable"],
  [ErrorReason.UPSTREAM_TIMEOUT]: ["timeout_error", "upstream_timeout"],
  [ErrorReason.UPSTREAM_UNREACHABLE]: [SERVER, "upstream_unreachable"],
  [ErrorReason.UPSTREAM_MALFORMED]: [SERVER, "upstream_malformed"],
  [ErrorReason.UPSTREAM_WRONG_FORM]: [SERVER, "upstream_malformed"],
  [ErrorReason.UPSTREAM_CUT]: [SERVER, "upstream_cut"],
  [ErrorReason.UPSTREAM_BUSY]: [SERVER, "upstream_busy"],
};

/**
 * Codes that OpenAI's clients act on hold for every vendor; elsewhere the vendor's own code says
 * more.
 */
const fixedCodes: ReadonlySet<ErrorReason> = new Set([
  ErrorReason.UPSTREAM_CONTEXT_LENGTH,
  ErrorReason.UPSTREAM_BILLING,
  ErrorReason.UPSTREAM_NOT_FOUND,
]);

/**
 * The body of an error reply in OpenAI's form: all four members, null where there is nothing to
 * say.
 */
export function encodeError(fault: Fault): string {
  const [kind, code] = table[fault.reason];
  const type = kind === INVALID && httpStatus(fault) >= 500 ? SERVER : kind;
  const vendorCode = fixedCodes.has(fault.reason) ? undefined : fault.upstreamCode;
  const param = fault.upstreamParam ?? fault.fields?.[0]?.field ?? null;
  return JSON.stringify({
    error: { message: fault.message, type, param, code: vendorCode ?? code },
  });
}
