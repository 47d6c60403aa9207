import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Fault } from "../../../core/faults/fault.ts";
import {
  arrayAt,
  isObject,
  type Json,
  type JsonObject,
  objectAt,
  parseJson,
  stringAt,
} from "../../../json/json.ts";
import { readRetryAfter } from "../../shared/retry-after.ts";
import { statusReason } from "../../shared/status-reason.ts";
import { foreignWords } from "../../shared/vendor-words.ts";

/**
 * An error reply: `google.rpc.Status` under `error`, maybe in a list of one, as streams without
 * `alt=sse` have it. The body may be empty, HTML or anything: the status then decides. See
 * https://ai.google.dev/gemini-api/docs/troubleshooting and
 * https://cloud.google.com/apis/design/errors.
 */
export function decodeError(
  status: number,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
): Fault {
  const parsed = parseJson(body);
  const json = parsed.ok ? errorObject(parsed.value) : undefined;
  const fault = json === undefined ? bareFault(status) : faultOf(json, status);
  const retryAfterMs = fault.retryAfterMs ?? readRetryAfter(headers);
  const requestId = headers["x-goog-request-id"] ?? headers["x-request-id"];
  return {
    ...fault,
    upstreamStatus: status,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(requestId === undefined ? {} : { upstreamRequestId: requestId }),
  };
}

/** The object that describes an error, also inside of a list; undefined when there is none. */
export function errorObject(json: Json): JsonObject | undefined {
  if (Array.isArray(json)) {
    const found = json.find((entry) => isObject(entry) && entry.error !== undefined);
    return isObject(found) ? found : undefined;
  }
  return isObject(json) ? json : undefined;
}

/**
 * The fault that an error object tells: the body of an error reply, or a frame of a stream, which
 * has no status but its code.
 */
export function faultOf(json: JsonObject, status?: number): Fault {
  const error = json.error;
  const errorBody = isObject(error) ? error : json;
  const code = status ?? codeOf(errorBody);
  const word = stringAt(errorBody, "status") ?? (typeof error === "string" ? error : "");
  const text =
    stringAt(errorBody, "message") ?? stringAt(json, "error_description") ?? foreignWords(json);
  const message = text === "" ? bareMessage(code) : text;
  const details = (arrayAt(errorBody, "details") ?? []).filter(isObject);
  const reason = details
    .map((detail) => stringAt(detail, "reason") ?? "")
    .find((name) => name !== "");
  const field = fieldOf(details);
  const retryAfterMs = retryDelayOf(details);
  return {
    reason: reasonOf(word, code, reason ?? "", message),
    message,
    ...(code === undefined ? {} : { upstreamStatus: code }),
    ...(word === "" ? {} : { upstreamType: word }),
    ...(reason === undefined ? {} : { upstreamCode: reason }),
    ...(field === undefined ? {} : { upstreamParam: field }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

function codeOf(errorBody: JsonObject): number | undefined {
  const code = errorBody.code;
  return typeof code === "number" && Number.isInteger(code) && code >= 400 && code <= 599
    ? code
    : undefined;
}

/** `google.rpc.BadRequest`. */
function fieldOf(details: readonly JsonObject[]): string | undefined {
  for (const detail of details) {
    for (const violation of arrayAt(detail, "fieldViolations") ?? []) {
      if (isObject(violation) && stringAt(violation, "field")) return stringAt(violation, "field");
    }
  }
  return undefined;
}

const YEAR_MS = 31_536_000_000;

/** `google.rpc.RetryInfo`: a duration such as `48.9s`, or its seconds and nanoseconds. */
function retryDelayOf(details: readonly JsonObject[]): number | undefined {
  for (const detail of details) {
    const text = stringAt(detail, "retryDelay");
    const match = text === undefined ? null : /^(\d{1,12}(?:\.\d{1,9})?)s$/.exec(text);
    if (match !== null) return Math.min(YEAR_MS, Math.ceil(Number(match[1]) * 1000));
    const parts = objectAt(detail, "retryDelay");
    const seconds = Number(parts?.seconds ?? 0);
    const nanos = Number(parts?.nanos ?? 0);
    if (parts !== undefined && seconds >= 0 && nanos >= 0)
      return Math.min(YEAR_MS, Math.ceil(seconds * 1000 + nanos / 1e6));
  }
  return undefined;
}

function bareFault(status: number): Fault {
  const message = bareMessage(status);
  return { reason: bareReason(status, ""), message, upstreamStatus: status };
}

function bareMessage(status: number | undefined): string {
  return status === undefined
    ? "the vendor reported an error without saying which"
    : `the vendor answered with status ${status} and no readable error`;
}

/**
 * Reasons of `google.rpc.ErrorInfo` that say more than the status does. A refused key comes with
 * status 400.
 */
const infoReasons: ReadonlyMap<string, ErrorReason> = new Map([
  ["API_KEY_INVALID", ErrorReason.UPSTREAM_UNAUTHENTICATED],
  ["API_KEY_EXPIRED", ErrorReason.UPSTREAM_UNAUTHENTICATED],
  ["ACCESS_TOKEN_EXPIRED", ErrorReason.UPSTREAM_UNAUTHENTICATED],
  ["CREDENTIALS_MISSING", ErrorReason.UPSTREAM_UNAUTHENTICATED],
  ["BILLING_DISABLED", ErrorReason.UPSTREAM_BILLING],
]);

/** The vendor's word decides, for an error inside of a stream comes after status 200. */
function reasonOf(
  word: string,
  status: number | undefined,
  info: string,
  message: string,
): ErrorReason {
  const known = infoReasons.get(info);
  if (known !== undefined) return known;
  switch (word) {
    case "INVALID_ARGUMENT":
    case "OUT_OF_RANGE":
      return invalidReason(message);
    case "FAILED_PRECONDITION":
      return preconditionReason(message);
    case "UNAUTHENTICATED":
      return ErrorReason.UPSTREAM_UNAUTHENTICATED;
    case "PERMISSION_DENIED":
      return ErrorReason.UPSTREAM_PERMISSION_DENIED;
    case "NOT_FOUND":
      return ErrorReason.UPSTREAM_NOT_FOUND;
    case "RESOURCE_EXHAUSTED":
      return exhaustedReason(message);
    case "UNAVAILABLE":
      return unavailableReason(message);
    case "DEADLINE_EXCEEDED":
    case "CANCELLED":
      return ErrorReason.UPSTREAM_TIMEOUT;
    case "INTERNAL":
    case "UNKNOWN":
    case "ABORTED":
    case "DATA_LOSS":
      return ErrorReason.UPSTREAM_INTERNAL;
    default:
      return status === undefined ? ErrorReason.UPSTREAM_INTERNAL : bareReason(status, message);
  }
}

/**
 * The vendor has one word for all that is wrong with a request; only its message tells these apart.
 */
function invalidReason(message: string): ErrorReason {
  const text = message.toLowerCase();
  if (text.includes("token count") && text.includes("exceeds the maximum"))
    return ErrorReason.UPSTREAM_CONTEXT_LENGTH;
  if (text.includes("maximum number of tokens allowed")) return ErrorReason.UPSTREAM_CONTEXT_LENGTH;
  if (text.includes("api key not valid") || text.includes("api key expired"))
    return ErrorReason.UPSTREAM_UNAUTHENTICATED;
  if (text.includes("request payload size exceeds")) return ErrorReason.UPSTREAM_TOO_LARGE;
  return ErrorReason.UPSTREAM_INVALID_REQUEST;
}

function preconditionReason(message: string): ErrorReason {
  const text = message.toLowerCase();
  if (text.includes("billing")) return ErrorReason.UPSTREAM_BILLING;
  if (text.includes("location is not supported")) return ErrorReason.UPSTREAM_PERMISSION_DENIED;
  return ErrorReason.UPSTREAM_INVALID_REQUEST;
}

function exhaustedReason(message: string): ErrorReason {
  const text = message.toLowerCase();
  return text.includes("credits are depleted") || text.includes("spending cap")
    ? ErrorReason.UPSTREAM_BILLING
    : ErrorReason.UPSTREAM_RATE_LIMITED;
}

function unavailableReason(message: string): ErrorReason {
  return /overloaded|high demand|capacity/i.test(message)
    ? ErrorReason.UPSTREAM_OVERLOADED
    : ErrorReason.UPSTREAM_UNAVAILABLE;
}

function bareReason(status: number, message: string): ErrorReason {
  if (status < 400) return ErrorReason.UPSTREAM_MALFORMED;
  if (status === 429) return exhaustedReason(message);
  if (status === 502 || status === 503) return unavailableReason(message);
  const reason = statusReason(status);
  return reason === ErrorReason.UPSTREAM_INVALID_REQUEST ? invalidReason(message) : reason;
}
