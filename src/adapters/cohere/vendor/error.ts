import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Fault } from "../../../core/faults/fault.ts";
import { isObject, type JsonObject, objectAt, parseJson, stringAt } from "../../../json/json.ts";
import { readRetryAfter } from "../../shared/retry-after.ts";
import { statusReason } from "../../shared/status-reason.ts";
import { foreignWords, plainWords, vendorWords } from "../../shared/vendor-words.ts";

/**
 * An error reply: `{ id, message, error_type? }`. The body may be empty, HTML or anything: the
 * status then decides. See https://docs.cohere.com/reference/errors.
 */
export function decodeError(
  status: number,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
): Fault {
  const parsed = parseJson(body);
  const json = parsed.ok && isObject(parsed.value) ? parsed.value : {};
  const retryAfterMs = readRetryAfter(headers);
  const requestId = stringAt(json, "id") ?? headers["x-request-id"] ?? headers["x-debug-trace-id"];
  return {
    ...faultOf(json, status, parsed.ok ? "" : plainWords(body)),
    ...(status >= 400 ? { upstreamStatus: status } : undefined),
    ...(requestId === undefined || requestId === ""
      ? undefined
      : { upstreamRequestId: requestId.slice(0, 1024) }),
    ...(retryAfterMs === undefined ? undefined : { retryAfterMs }),
  };
}

/**
 * The fault of a body that has no status of its own: a reply with status 200, or a frame of a
 * stream.
 */
export function decodeErrorObject(json: JsonObject): Fault {
  return faultOf(json, 0, "");
}

/**
 * The fault of an answer that ends by failing; undefined for every other end. `message` is the
 * vendor's, if it has any.
 */
export function finishFault(word: string, message: string): Fault | undefined {
  switch (word.toUpperCase()) {
    case "ERROR":
      return failure(
        ErrorReason.UPSTREAM_INTERNAL,
        message === "" ? "the vendor broke the answer off" : message,
        word,
      );
    case "TIMEOUT":
      return failure(
        ErrorReason.UPSTREAM_TIMEOUT,
        message === "" ? "the vendor ran out of time" : message,
        word,
      );
    default:
      return undefined;
  }
}

/** Whether an object is an error and no answer. */
export function isErrorObject(json: JsonObject): boolean {
  const { error } = json;
  if (error !== undefined && error !== null && error !== false && error !== "") return true;
  return (
    typeof json.message === "string" && Object.keys(json).every((key) => errorMembers.has(key))
  );
}

const errorMembers: ReadonlySet<string> = new Set([
  "id",
  "message",
  "error_type",
  "status_code",
  "data",
  "detail",
]);

function failure(reason: ErrorReason, message: string, type: string): Fault {
  return { reason, message: vendorWords(message), upstreamType: type };
}

function faultOf(json: JsonObject, status: number, text: string): Fault {
  const nested = objectAt(json, "error") ?? {};
  const vendorMessage =
    stringAt(json, "message") ?? stringAt(json, "data") ?? (foreignWords(json) || text);
  const type = stringAt(json, "error_type") ?? stringAt(nested, "type") ?? "";
  const message = vendorMessage === "" ? describeStatus(status) : vendorWords(vendorMessage);
  return {
    reason: reasonOf(status, type, message),
    message,
    ...(type === "" ? undefined : { upstreamType: type.slice(0, 256) }),
  };
}

function reasonOf(status: number, type: string, message: string): ErrorReason {
  const word = type.toUpperCase();
  const aboutRequest = status === 0 || status === 400 || status === 422;
  if (aboutRequest && (word === "TOO_MANY_TOKENS" || tooManyTokens(message)))
    return ErrorReason.UPSTREAM_CONTEXT_LENGTH;
  if (word === "NOT_SUPPORTED_ERROR") return ErrorReason.UNSUPPORTED;
  if (status === 429 && /calls? \/ month|per month/i.test(message))
    return ErrorReason.UPSTREAM_BILLING;
  return statusReason(status);
}

/**
 * A prompt that is too long; the same words about `max tokens` are about the request's own bound.
 */
function tooManyTokens(message: string): boolean {
  return /too many tokens/i.test(message) && !/max[ _]tokens must be/i.test(message);
}

function describeStatus(status: number): string {
  return status >= 400
    ? `the provider answered with status ${status} and no explanation`
    : "the provider reported an error without an explanation";
}
