import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Frame } from "../../../core/dialect.ts";
import type { Fault } from "../../../core/faults/fault.ts";
import { isObject, type JsonObject, parseJson, stringAt } from "../../../json/json.ts";
import { readRetryAfter } from "../../shared/retry-after.ts";
import { statusReason } from "../../shared/status-reason.ts";
import { foreignWords } from "../../shared/vendor-words.ts";

/**
 * An error reply. The kind of error stands in a header or in the body; the body may be empty, HTML
 * or anything, and the status then decides. See
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html#API_runtime_Converse_Errors.
 */
export function decodeError(
  status: number,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
): Fault {
  const parsed = parseJson(body);
  const json = parsed.ok && isObject(parsed.value) ? parsed.value : {};
  const type = bareType(headers["x-amzn-errortype"] ?? typeOf(json));
  const requestId = headers["x-amzn-requestid"] ?? headers["x-amz-request-id"];
  const retryAfterMs = readRetryAfter(headers);
  return {
    ...createFault(type, status, json),
    upstreamStatus: status,
    ...(requestId === undefined ? {} : { upstreamRequestId: requestId }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** The failure that a frame of a stream reports; undefined for frames that report none. */
export function frameFault(frame: Frame): Fault | undefined {
  const { event } = frame;
  const type = /^(?:exception|error):/.test(event) ? event.slice(event.indexOf(":") + 1) : event;
  if (type === event && !event.endsWith("Exception")) return undefined;
  const parsed = parseJson(frame.data);
  return createFault(
    bareType(type),
    undefined,
    parsed.ok && isObject(parsed.value) ? parsed.value : {},
  );
}

function createFault(type: string, status: number | undefined, json: JsonObject): Fault {
  const text =
    stringAt(json, "message") ??
    stringAt(json, "Message") ??
    stringAt(json, "originalMessage") ??
    foreignWords(json);
  const message = text === "" ? bareMessage(type, status) : text;
  return {
    reason: reasonOf(type, status, message),
    message,
    ...(type === "" ? {} : { upstreamType: type }),
  };
}

function typeOf(json: JsonObject): string {
  return stringAt(json, "__type") ?? stringAt(json, "code") ?? "";
}

/** `com.amazon.coral#ThrottlingException:http://...` without its namespace and what follows. */
function bareType(type: string): string {
  const text = type.slice(type.indexOf("#") + 1);
  const colon = text.indexOf(":");
  return (colon === -1 ? text : text.slice(0, colon)).trim().slice(0, 256);
}

function bareMessage(type: string, status: number | undefined): string {
  if (type !== "") return `the vendor reported ${type}`;
  return status === undefined
    ? "the vendor reported an error without saying which"
    : `the vendor answered with status ${status} and no readable error`;
}

/** Kinds of error by their names in lower case. */
const TYPES: ReadonlyMap<string, ErrorReason> = new Map([
  ["throttlingexception", ErrorReason.UPSTREAM_RATE_LIMITED],
  ["toomanyrequestsexception", ErrorReason.UPSTREAM_RATE_LIMITED],
  ["servicequotaexceededexception", ErrorReason.UPSTREAM_RATE_LIMITED],
  ["accessdeniedexception", ErrorReason.UPSTREAM_PERMISSION_DENIED],
  ["unrecognizedclientexception", ErrorReason.UPSTREAM_UNAUTHENTICATED],
  ["invalidsignatureexception", ErrorReason.UPSTREAM_UNAUTHENTICATED],
  ["incompletesignatureexception", ErrorReason.UPSTREAM_UNAUTHENTICATED],
  ["missingauthenticationtokenexception", ErrorReason.UPSTREAM_UNAUTHENTICATED],
  ["missingauthenticationtoken", ErrorReason.UPSTREAM_UNAUTHENTICATED],
  ["invalidclienttokenid", ErrorReason.UPSTREAM_UNAUTHENTICATED],
  ["expiredtokenexception", ErrorReason.UPSTREAM_UNAUTHENTICATED],
  ["resourcenotfoundexception", ErrorReason.UPSTREAM_NOT_FOUND],
  ["unknownoperationexception", ErrorReason.UPSTREAM_NOT_FOUND],
  ["modeltimeoutexception", ErrorReason.UPSTREAM_TIMEOUT],
  ["modelnotreadyexception", ErrorReason.UPSTREAM_OVERLOADED],
  ["modelerrorexception", ErrorReason.UPSTREAM_INTERNAL],
  ["modelstreamerrorexception", ErrorReason.UPSTREAM_INTERNAL],
  ["internalserverexception", ErrorReason.UPSTREAM_INTERNAL],
  ["internalfailure", ErrorReason.UPSTREAM_INTERNAL],
  ["serviceunavailableexception", ErrorReason.UPSTREAM_UNAVAILABLE],
  ["serviceunavailable", ErrorReason.UPSTREAM_UNAVAILABLE],
  ["requestentitytoolargeexception", ErrorReason.UPSTREAM_TOO_LARGE],
]);

/**
 * The vendor has one type for all that is wrong with a request; only its words tell a full context.
 */
const FULL_CONTEXT =
  /input is too long|prompt is too long|exceeds? (?:the )?(?:context|maximum context)|maximum context length|context (?:limit|window|length)|too many input tokens|input tokens? exceed/i;

function reasonOf(type: string, status: number | undefined, message: string): ErrorReason {
  const known = TYPES.get(type.toLowerCase());
  if (known !== undefined) return known;
  const reason =
    type.toLowerCase() === "validationexception"
      ? ErrorReason.UPSTREAM_INVALID_REQUEST
      : bareReason(status);
  const isFull = reason === ErrorReason.UPSTREAM_INVALID_REQUEST && FULL_CONTEXT.test(message);
  return isFull ? ErrorReason.UPSTREAM_CONTEXT_LENGTH : reason;
}

function bareReason(status: number | undefined): ErrorReason {
  if (status === undefined) return ErrorReason.UPSTREAM_INTERNAL;
  return status < 400 ? ErrorReason.UPSTREAM_MALFORMED : statusReason(status);
}
