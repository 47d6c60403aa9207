import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Fault } from "../../../core/faults/fault.ts";
import { isObject, type JsonObject, parseJson, stringAt } from "../../../json/json.ts";
import { readRetryAfter } from "../../shared/retry-after.ts";
import { statusReason } from "../../shared/status-reason.ts";
import { foreignWords } from "../../shared/vendor-words.ts";

/**
 * An error reply. The body may be empty, HTML or anything: the status then decides. Clouds in front
 * of the vendor write lists of one, and `detail`. See
 * https://platform.claude.com/docs/en/api/errors.
 */
export function decodeError(
  status: number,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
): Fault {
  const parsed = parseJson(body);
  const first =
    parsed.ok && Array.isArray(parsed.value)
      ? parsed.value[0]
      : parsed.ok
        ? parsed.value
        : undefined;
  const json = isObject(first) ? first : undefined;
  const retryAfterMs = readRetryAfter(headers);
  const requestId = headers["request-id"] ?? headers["x-request-id"];
  const fault =
    json === undefined ? bareFault(status) : { ...faultOf(json, status), upstreamStatus: status };
  return {
    ...fault,
    ...(requestId === undefined || fault.upstreamRequestId !== undefined
      ? {}
      : { upstreamRequestId: requestId }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/**
 * Whether a body is an error in the words of Claude's maker, which clouds hand on or replace by
 * their own.
 */
export function isMakersError(body: Uint8Array): boolean {
  const parsed = parseJson(body);
  return parsed.ok && isObject(parsed.value) && parsed.value.type === "error";
}

/**
 * The fault that an error object tells: the body of an error reply, or the data of an `error`
 * event, which has no status.
 */
export function faultOf(json: JsonObject, status?: number): Fault {
  const error = json.error;
  const errorBody = isObject(error) ? error : json;
  const type = stringAt(errorBody, "type") ?? "";
  const text =
    stringAt(errorBody, "message") ?? (typeof error === "string" ? error : foreignWords(json));
  const code = isObject(errorBody.details)
    ? stringAt(errorBody.details, "error_code")
    : stringAt(errorBody, "code");
  const requestId = stringAt(json, "request_id");
  const message = text === "" ? bareMessage(status) : text;
  return {
    reason: reasonOf(type, status, message),
    message,
    ...(type === "" || type === "error" ? {} : { upstreamType: type }),
    ...(code === undefined ? {} : { upstreamCode: code }),
    ...(requestId === undefined ? {} : { upstreamRequestId: requestId }),
  };
}

function bareFault(status: number): Fault {
  const message = bareMessage(status);
  return { reason: reasonOf("", status, message), message, upstreamStatus: status };
}

function bareMessage(status: number | undefined): string {
  return status === undefined
    ? "the vendor reported an error without saying which"
    : `the vendor answered with status ${status} and no readable error`;
}

/**
 * The type decides, for statuses in a stream are 200; what the type leaves open is read off the
 * message or the status.
 */
function reasonOf(type: string, status: number | undefined, message: string): ErrorReason {
  switch (type) {
    case "invalid_request_error":
      return status === 413 ? ErrorReason.UPSTREAM_TOO_LARGE : invalidReason(message);
    case "authentication_error":
      return ErrorReason.UPSTREAM_UNAUTHENTICATED;
    case "billing_error":
      return ErrorReason.UPSTREAM_BILLING;
    case "permission_error":
      return ErrorReason.UPSTREAM_PERMISSION_DENIED;
    case "not_found_error":
      return ErrorReason.UPSTREAM_NOT_FOUND;
    case "request_too_large":
      return ErrorReason.UPSTREAM_TOO_LARGE;
    case "rate_limit_error":
      return ErrorReason.UPSTREAM_RATE_LIMITED;
    case "overloaded_error":
      return ErrorReason.UPSTREAM_OVERLOADED;
    case "timeout_error":
      return ErrorReason.UPSTREAM_TIMEOUT;
    case "api_error":
      return status === undefined || status < 500
        ? ErrorReason.UPSTREAM_INTERNAL
        : bareReason(status, message);
    default:
      return status === undefined ? ErrorReason.UPSTREAM_INTERNAL : bareReason(status, message);
  }
}

/**
 * The vendor has one type for all that is wrong with a request; only its words tell these apart.
 */
function invalidReason(message: string): ErrorReason {
  const text = message.toLowerCase();
  if (
    text.includes("prompt is too long") ||
    text.includes("exceed context limit") ||
    text.includes("context window")
  ) {
    return ErrorReason.UPSTREAM_CONTEXT_LENGTH;
  }
  if (text.includes("credit balance is too low") || text.includes("api usage limits"))
    return ErrorReason.UPSTREAM_BILLING;
  if (text.includes("content filtering policy")) return ErrorReason.UPSTREAM_CONTENT_POLICY;
  return ErrorReason.UPSTREAM_INVALID_REQUEST;
}

function bareReason(status: number, message: string): ErrorReason {
  if (status < 400) return ErrorReason.UPSTREAM_MALFORMED;
  const reason = statusReason(status);
  return reason === ErrorReason.UPSTREAM_INVALID_REQUEST ? invalidReason(message) : reason;
}
