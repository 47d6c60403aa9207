import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Fault } from "../../core/faults/fault.ts";
import {
  asBuffer,
  isObject,
  type JsonObject,
  objectAt,
  parseJson,
  stringAt,
} from "../../json/json.ts";
import { readRetryAfter } from "../shared/retry-after.ts";
import { statusReason } from "../shared/status-reason.ts";
import { foreignWords } from "../shared/vendor-words.ts";

const MAX_MESSAGE = 4096;

/**
 * An error reply: `{"error": text, "error_type": word}`, or `{"message", "code", "type"}` of the
 * path in OpenAI's words, or what a hosting service in front of the server says: the status then
 * decides.
 */
export function decodeError(
  status: number,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
): Fault {
  const parsed = parseJson(body);
  const json = parsed.ok && isObject(parsed.value) ? parsed.value : {};
  const fault = parsed.ok ? faultOf(status, json) : faultOf(status, { error: plainText(body) });
  const retryAfterMs = readRetryAfter(headers);
  const requestId = headers["x-request-id"];
  return {
    ...fault,
    upstreamStatus: status,
    ...(requestId === undefined || requestId === ""
      ? {}
      : { upstreamRequestId: requestId.slice(0, 1024) }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** The failure that a reply reports in place of an answer; undefined when it reports none. */
export function decodeErrorObject(json: JsonObject): Fault | undefined {
  const { error } = json;
  const bare =
    json.data === undefined && typeof json.message === "string" && json.type !== undefined;
  return !bare && (error === undefined || error === null || error === false)
    ? undefined
    : faultOf(0, json);
}

function faultOf(status: number, json: JsonObject): Fault {
  const inner = objectAt(json, "error");
  const vendorMessage =
    stringAt(json, "error") ?? stringAt(inner ?? json, "message") ?? foreignWords(json);
  const type = stringAt(json, "error_type") ?? stringAt(inner ?? json, "type") ?? "";
  const message = vendorMessage === "" ? bareMessage(status) : vendorMessage.slice(0, MAX_MESSAGE);
  return {
    reason: reasonOf(status, type, message),
    message,
    ...(type === "" ? {} : { upstreamType: type.slice(0, 256) }),
  };
}

function bareMessage(status: number): string {
  return status === 0
    ? "the server reported an error without saying which"
    : `the server answered with status ${status} and no readable error`;
}

/** A page of HTML is not worth telling. */
function plainText(body: Uint8Array): string {
  const text = asBuffer(body.subarray(0, MAX_MESSAGE)).toString().trim();
  return text.startsWith("<") ? "" : text;
}

const TOO_LONG = /must have less than \d+ tokens/i;

/** The server's own word first; its validation has one for all that is wrong with a request. */
function reasonOf(status: number, type: string, message: string): ErrorReason {
  switch (type.toLowerCase()) {
    case "validation":
    case "tokenizer":
      return TOO_LONG.test(message)
        ? ErrorReason.UPSTREAM_CONTEXT_LENGTH
        : ErrorReason.UPSTREAM_INVALID_REQUEST;
    case "empty":
      return ErrorReason.UPSTREAM_INVALID_REQUEST;
    case "overloaded":
      return ErrorReason.UPSTREAM_OVERLOADED;
    case "backend":
      return ErrorReason.UPSTREAM_INTERNAL;
    case "unhealthy":
      return ErrorReason.UPSTREAM_UNAVAILABLE;
    default:
      return statusReason(status);
  }
}
