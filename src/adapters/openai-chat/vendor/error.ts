import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Fault } from "../../../core/faults/fault.ts";
import { isObject, type Json, type JsonObject, objectAt, parseJson } from "../../../json/json.ts";
import { readRetryAfter } from "../../shared/retry-after.ts";
import { statusReason } from "../../shared/status-reason.ts";
import { plainWords, vendorWords } from "../../shared/vendor-words.ts";

const MAX_WORD = 256;

/** What vendors put where OpenAI puts `error`. */
interface ErrorWords {
  readonly message: string;
  readonly type: string;
  readonly code: string;
  readonly param: string;
  /** The HTTP status that the error itself tells; 0 when it tells none. */
  readonly status: number;
  /** All words that name the kind of error, for classification. */
  readonly kinds: readonly string[];
}

/** Reads an error reply. The body may be OpenAI's, a vendor's own, a text, HTML or empty. */
export function decodeError(
  status: number,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
): Fault {
  const parsed = parseJson(body);
  const words = parsed.ok ? readWords(parsed.value) : wordsOf(plainWords(body), {});
  const effective = status >= 400 ? status : words.status;
  const retryAfterMs = readRetryAfter(headers);
  const requestId = headers["x-request-id"] ?? headers["request-id"] ?? headers["apim-request-id"];
  return {
    ...createFault(effective, words),
    ...(effective >= 400 ? { upstreamStatus: effective } : undefined),
    ...(requestId === undefined || requestId === ""
      ? undefined
      : { upstreamRequestId: requestId.slice(0, 1024) }),
    ...(retryAfterMs === undefined ? undefined : { retryAfterMs }),
  };
}

/**
 * Reads an error that comes in place of an answer: in the middle of a stream, or with status 200.
 */
export function decodeErrorObject(json: JsonObject): Fault {
  const words = readWords(json);
  const fault = createFault(words.status, words);
  return words.status >= 400 && words.status <= 599
    ? { ...fault, upstreamStatus: words.status }
    : fault;
}

/**
 * Whether a reply or chunk is an error: it has an `error`, or no choices but an error's members.
 */
export function isErrorObject(json: JsonObject): boolean {
  const error = json.error;
  if (error !== undefined && error !== null && error !== false && error !== "") return true;
  if (failedBase(json) !== undefined) return true;
  if (json.choices !== undefined || json.data !== undefined) return false;
  if (json.object === "error" || json.type === "error") return true;
  if (
    json.id === undefined &&
    readMessage({ detail: json.detail ?? null, errors: json.errors ?? null }) !== ""
  )
    return true;
  return typeof json.message === "string" && (json.code !== undefined || json.status !== undefined);
}

function createFault(status: number, words: ErrorWords): Fault {
  const message = words.message === "" ? describeStatus(status) : vendorWords(words.message);
  return {
    reason: classifyError(status, words.kinds, message),
    message,
    ...(words.type === "" ? undefined : { upstreamType: words.type }),
    ...(words.code === "" ? undefined : { upstreamCode: words.code }),
    ...(words.param === "" ? undefined : { upstreamParam: words.param }),
  };
}

function readWords(json: Json): ErrorWords {
  if (typeof json === "string") return wordsOf(json, {});
  if (Array.isArray(json)) return json.length > 0 ? readWords(json[0]) : wordsOf("", {});
  if (!isObject(json)) return wordsOf("", {});
  const error = json.error ?? json.fault;
  if (typeof error === "string")
    return wordsOf(readMessage(json) || error, { ...json, kind: error });
  if (isObject(error))
    return isObject(error.error) ? readWords(error) : wordsOf(readMessage(error), error);
  if (Array.isArray(error)) return wordsOf(flatten(error), json);
  const base = failedBase(json);
  if (base !== undefined)
    return wordsOf(readMessage(base), { kind: `base_resp_${scalar(base.status_code)}` });
  return wordsOf(readMessage(json), { ...json, kind: json.error_code ?? json.errorType ?? null });
}

/** MiniMax reports a failure with status 200, in a member that is there in every answer. */
function failedBase(json: JsonObject): JsonObject | undefined {
  const base = objectAt(json, "base_resp");
  const code = base?.status_code;
  return code === undefined || code === 0 ? undefined : base;
}

/**
 * Where vendors put words, most telling first; FastAPI's `detail` is a text or a list of faults
 * with `loc` and `msg`.
 */
const MESSAGES = [
  "message",
  "detail",
  "error_description",
  "msg",
  "errors",
  "title",
  "Message",
  "errorMessage",
  "error_msg",
  "status_msg",
  "faultstring",
] as const;

function readMessage(json: JsonObject): string {
  for (const key of MESSAGES) {
    const text = flatten(json[key]);
    if (text !== "") return text;
  }
  return "";
}

function flatten(json: Json | undefined): string {
  if (typeof json === "string") return json;
  if (Array.isArray(json)) return json.map(flatten).filter(Boolean).join("; ");
  if (!isObject(json)) return "";
  const text =
    flatten(json.msg) || flatten(json.message) || flatten(json.detail) || flatten(json.error);
  const place = Array.isArray(json.loc) ? json.loc.join(".") : "";
  return place === "" ? text : `${place}: ${text}`;
}

function wordsOf(message: string, json: JsonObject): ErrorWords {
  const code = scalar(json.code);
  const type = scalar(json.type);
  const inner = objectAt(json, "innererror");
  const status = Number(
    scalar(json.status) || scalar(json.raw_status_code) || scalar(json.status_code) || code,
  );
  return {
    message,
    type,
    code,
    param: scalar(json.param),
    status: Number.isInteger(status) && status >= 400 && status <= 599 ? status : 0,
    kinds: [type, code, scalar(json.kind), scalar(json.status), scalar(inner?.code)],
  };
}

function scalar(json: Json | undefined): string {
  if (typeof json === "number") return String(json);
  return typeof json === "string" ? json.slice(0, MAX_WORD) : "";
}

function describeStatus(status: number): string {
  return status >= 400
    ? `the provider answered with status ${status} and no explanation`
    : "the provider reported an error without an explanation";
}

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
function classifyError(status: number, words: readonly string[], message: string): ErrorReason {
  const named = byWord(words);
  if (named !== undefined && !(status >= 500 && named === ErrorReason.UPSTREAM_RATE_LIMITED))
    return named;
  if (isRequestFault(status) && FULL_CONTEXT.test(message))
    return ErrorReason.UPSTREAM_CONTEXT_LENGTH;
  if (status === 429 && NO_MONEY.test(message)) return ErrorReason.UPSTREAM_BILLING;
  if (status === 503 && OVERLOADED.test(message)) return ErrorReason.UPSTREAM_OVERLOADED;
  if (status === 0 && words.some((word) => word.toLowerCase() === "invalid_request_error")) {
    return ErrorReason.UPSTREAM_INVALID_REQUEST;
  }
  return statusReason(status);
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
