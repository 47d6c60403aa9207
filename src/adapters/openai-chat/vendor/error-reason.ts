import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";

/** Words of `type` and `code` that say more than the status does; compared in lower case. */
const kinds: ReadonlyMap<string, ErrorReason> = new Map([
  ["context_length_exceeded", ErrorReason.UPSTREAM_CONTEXT_LENGTH],
  ["exceed_context_size_error", ErrorReason.UPSTREAM_CONTEXT_LENGTH],
  ["string_above_max_length", ErrorReason.UPSTREAM_CONTEXT_LENGTH],
  ["model_context_window_exceeded", ErrorReason.UPSTREAM_CONTEXT_LENGTH],
  ["content_filter", ErrorReason.UPSTREAM_CONTENT_POLICY],
  ["content_policy_violation", ErrorReason.UPSTREAM_CONTENT_POLICY],
  ["responsibleaipolicyviolation", ErrorReason.UPSTREAM_CONTENT_POLICY],
  ["moderation_blocked", ErrorReason.UPSTREAM_CONTENT_POLICY],
  ["data_inspection_failed", ErrorReason.UPSTREAM_CONTENT_POLICY],
  ["insufficient_quota", ErrorReason.UPSTREAM_BILLING],
  ["exceeded_current_quota_error", ErrorReason.UPSTREAM_BILLING],
  ["insufficient_balance", ErrorReason.UPSTREAM_BILLING],
  ["insufficient_credits", ErrorReason.UPSTREAM_BILLING],
  ["billing_hard_limit_reached", ErrorReason.UPSTREAM_BILLING],
  ["billing_not_active", ErrorReason.UPSTREAM_BILLING],
  ["arrearage", ErrorReason.UPSTREAM_BILLING],
  ["invalid_api_key", ErrorReason.UPSTREAM_UNAUTHENTICATED],
  ["authentication_error", ErrorReason.UPSTREAM_UNAUTHENTICATED],
  ["model_not_found", ErrorReason.UPSTREAM_NOT_FOUND],
  ["deploymentnotfound", ErrorReason.UPSTREAM_NOT_FOUND],
  ["rate_limit_exceeded", ErrorReason.UPSTREAM_RATE_LIMITED],
  ["rate_limit_error", ErrorReason.UPSTREAM_RATE_LIMITED],
  ["ratelimitreached", ErrorReason.UPSTREAM_RATE_LIMITED],
  ["too_many_requests", ErrorReason.UPSTREAM_RATE_LIMITED],
  ["overloaded_error", ErrorReason.UPSTREAM_OVERLOADED],
  ["engine_overloaded", ErrorReason.UPSTREAM_OVERLOADED],
  ["engine_overloaded_error", ErrorReason.UPSTREAM_OVERLOADED],
  ["capacity_exceeded", ErrorReason.UPSTREAM_OVERLOADED],
  ["slow_down", ErrorReason.UPSTREAM_OVERLOADED],
  ["not_supported_error", ErrorReason.UNSUPPORTED],
  ["request_limit_exceeded", ErrorReason.UPSTREAM_RATE_LIMITED],
  // MiniMax: https://platform.minimax.io/docs/api-reference/errorcode (2026-11).
  ["base_resp_1001", ErrorReason.UPSTREAM_TIMEOUT],
  ["base_resp_1002", ErrorReason.UPSTREAM_RATE_LIMITED],
  ["base_resp_1004", ErrorReason.UPSTREAM_UNAUTHENTICATED],
]);

const statuses: ReadonlyMap<number, ErrorReason> = new Map([
  [401, ErrorReason.UPSTREAM_UNAUTHENTICATED],
  [402, ErrorReason.UPSTREAM_BILLING],
  [403, ErrorReason.UPSTREAM_PERMISSION_DENIED],
  [404, ErrorReason.UPSTREAM_NOT_FOUND],
  [405, ErrorReason.UPSTREAM_NOT_FOUND],
  [408, ErrorReason.UPSTREAM_TIMEOUT],
  [410, ErrorReason.UPSTREAM_NOT_FOUND],
  [413, ErrorReason.UPSTREAM_TOO_LARGE],
  [429, ErrorReason.UPSTREAM_RATE_LIMITED],
  [498, ErrorReason.UPSTREAM_OVERLOADED],
  [501, ErrorReason.UNSUPPORTED],
  [502, ErrorReason.UPSTREAM_UNAVAILABLE],
  [503, ErrorReason.UPSTREAM_UNAVAILABLE],
  [504, ErrorReason.UPSTREAM_UNAVAILABLE],
  [520, ErrorReason.UPSTREAM_UNAVAILABLE],
  [521, ErrorReason.UPSTREAM_UNAVAILABLE],
  [522, ErrorReason.UPSTREAM_UNAVAILABLE],
  [523, ErrorReason.UPSTREAM_UNAVAILABLE],
  [524, ErrorReason.UPSTREAM_TIMEOUT],
  [529, ErrorReason.UPSTREAM_OVERLOADED],
]);

/** Several vendors report a full context in their message only. */
const FULL_CONTEXT =
  /maximum context length|context[ _-](?:length|window|size)|prompt is too long|input is too long|too many (?:input )?tokens|maximum (?:prompt|input) length|reduce the length|exceeds max length|exceeded model token limit|range of input length|maximum number of tokens allowed|`inputs` (?:must have less than|tokens \+ `max_new_tokens` must be)/i;

const NO_MONEY =
  /insufficient (?:balance|credits?|funds|quota)|exceeded your current quota|out of credits|billing/i;

const OVERLOADED = /overloaded|at capacity|over capacity|no capacity/i;

/**
 * Why a vendor failed: its own words first, then the status. English is read only where a status
 * stands for several reasons and vendors give no word. A failure without a status counts as the
 * vendor's own.
 */
export function classifyError(
  status: number,
  words: readonly string[],
  message: string,
): ErrorReason {
  const named = byWord(words);
  if (named !== undefined && !(status >= 500 && named === ErrorReason.UPSTREAM_RATE_LIMITED))
    return named;
  if (isRequestFault(status) && FULL_CONTEXT.test(message))
    return ErrorReason.UPSTREAM_CONTEXT_LENGTH;
  if (status === 429 && NO_MONEY.test(message)) return ErrorReason.UPSTREAM_BILLING;
  if (status === 503 && OVERLOADED.test(message)) return ErrorReason.UPSTREAM_OVERLOADED;
  const reason = statuses.get(status);
  if (reason !== undefined) return reason;
  if (status >= 400 && status < 500) return ErrorReason.UPSTREAM_INVALID_REQUEST;
  if (status === 0 && words.some((word) => word.toLowerCase() === "invalid_request_error")) {
    return ErrorReason.UPSTREAM_INVALID_REQUEST;
  }
  return ErrorReason.UPSTREAM_INTERNAL;
}

function byWord(words: readonly string[]): ErrorReason | undefined {
  let found: ErrorReason | undefined;
  for (const word of words) {
    const reason = kinds.get(word.toLowerCase());
    if (reason !== undefined) found ??= reason;
  }
  return found;
}

function isRequestFault(status: number): boolean {
  return status === 0 || status === 400 || status === 413 || status === 422;
}
