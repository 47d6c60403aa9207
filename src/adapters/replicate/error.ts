import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Fault } from "../../core/faults/fault.ts";
import {
  asBuffer,
  intAt,
  isObject,
  type JsonObject,
  parseJson,
  stringAt,
} from "../../json/json.ts";
import { readRetryAfter } from "../shared/retry-after.ts";
import { statusReason } from "../shared/status-reason.ts";
import { foreignWords } from "../shared/vendor-words.ts";

const MAX_MESSAGE = 4096;

/**
 * An error reply: `{ title, detail, status }`. The body may be empty, HTML or anything: the status
 * then decides. See https://replicate.com/docs/reference/http#errors.
 */
export function decodeError(
  status: number,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
): Fault {
  const parsed = parseJson(body);
  const json = parsed.ok && isObject(parsed.value) ? parsed.value : { detail: plainText(body) };
  const retryAfterMs = readRetryAfter(headers);
  return {
    ...faultOf(status, json),
    upstreamStatus: status,
    ...(retryAfterMs === undefined ? undefined : { retryAfterMs }),
  };
}

/**
 * The failure that a body or a frame reports in place of a prediction; undefined where it reports
 * none.
 */
export function decodeErrorObject(json: JsonObject): Fault | undefined {
  return stringAt(json, "detail") === undefined
    ? undefined
    : faultOf(intAt(json, "status") ?? 0, json);
}

/** A failure by its words and its status; 0 is none. */
export function faultOf(status: number, json: JsonObject): Fault {
  const title = stringAt(json, "title") ?? "";
  const vendorMessage = stringAt(json, "detail") ?? (title === "" ? foreignWords(json) : title);
  return {
    reason: status === 0 ? ErrorReason.UPSTREAM_INTERNAL : statusReason(status),
    message: vendorMessage === "" ? bareMessage(status) : vendorMessage.slice(0, MAX_MESSAGE),
    ...(title === "" ? undefined : { upstreamType: title.slice(0, 256) }),
  };
}

function bareMessage(status: number): string {
  return status === 0
    ? "the vendor reported an error without saying which"
    : `the vendor answered with status ${status} and no readable error`;
}

/** A page of HTML is not worth telling. */
function plainText(body: Uint8Array): string {
  const text = asBuffer(body.subarray(0, MAX_MESSAGE)).toString().trim();
  return text.startsWith("<") ? "" : text;
}
