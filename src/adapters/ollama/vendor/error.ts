import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Fault } from "../../../core/faults/fault.ts";
import {
  asBuffer,
  isObject,
  type JsonObject,
  objectAt,
  parseJson,
  stringAt,
} from "../../../json/json.ts";
import { readRetryAfter } from "../../shared/retry-after.ts";
import { statusReason } from "../../shared/status-reason.ts";
import { foreignWords } from "../../shared/vendor-words.ts";

const MAX_MESSAGE = 4096;

/**
 * An error reply: `{"error": text}`. What stands before a server may answer with anything: the
 * status then decides. See https://docs.ollama.com/api/errors.
 */
export function decodeError(
  status: number,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
): Fault {
  const parsed = parseJson(body);
  const json = parsed.ok && isObject(parsed.value) ? parsed.value : {};
  const message = messageOf(json) || (parsed.ok ? foreignWords(json) : plainText(body));
  const retryAfterMs = readRetryAfter(headers);
  const requestId = headers["x-request-id"];
  return {
    ...faultOf(status, message),
    upstreamStatus: status,
    ...(requestId === undefined || requestId === ""
      ? {}
      : { upstreamRequestId: requestId.slice(0, 1024) }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/**
 * The failure that a reply or a line of a stream reports in place of an answer; undefined when it
 * reports none.
 */
export function decodeErrorLine(json: JsonObject): Fault | undefined {
  const message = messageOf(json);
  return message === undefined ? undefined : faultOf(0, message);
}

/** The text of `error`, or of its `message` where something before the server answers so. */
function messageOf(json: JsonObject): string | undefined {
  const { error } = json;
  if (typeof error === "string") return error;
  if (error === undefined || error === null || error === false) return undefined;
  const inner = objectAt(json, "error");
  return (inner === undefined ? undefined : stringAt(inner, "message")) ?? "";
}

function faultOf(status: number, message: string): Fault {
  const text = message === "" ? bareMessage(status) : message.slice(0, MAX_MESSAGE);
  return { reason: reasonOf(status, text), message: text };
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

const FULL_CONTEXT = /context (?:length|size|window)|prompt is too long/i;
const INCAPABLE =
  /does not support (?:chat|generate|thinking|tools|vision|embed|completion|insert|image|audio)/i;
const BUSY = /server busy|maximum pending requests|overloaded/i;

/**
 * The server has words only; they are read where one status stands for several reasons, and in
 * streams, which have none.
 */
function reasonOf(status: number, message: string): ErrorReason {
  const open = status === 0 || status === 400 || status === 500;
  if (open && FULL_CONTEXT.test(message)) return ErrorReason.UPSTREAM_CONTEXT_LENGTH;
  if (open && INCAPABLE.test(message)) return ErrorReason.UNSUPPORTED;
  if ((status === 0 || status === 503) && BUSY.test(message))
    return ErrorReason.UPSTREAM_OVERLOADED;
  return statusReason(status);
}
