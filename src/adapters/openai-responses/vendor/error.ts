import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Fault } from "../../../core/faults/fault.ts";
import { isObject, type JsonObject, objectAt, stringAt } from "../../../json/json.ts";
import { decodeErrorObject } from "../../openai-chat/vendor/error.ts";

/**
 * The fault that a failed response or an `error` event tells. The event has its members flat, as
 * documented, or in an `error`, as it is sent. See
 * https://platform.openai.com/docs/api-reference/responses-streaming/error.
 */
export function faultOf(json: JsonObject): Fault {
  const response = objectAt(json, "response");
  const holder = response ?? json;
  const error = holder.error;
  const details = isObject(error)
    ? error
    : error === undefined || error === null
      ? flat(holder)
      : { message: error };
  const fault = decodeErrorObject({ error: details });
  const reason = reasons.get(stringAt(details, "code") ?? "");
  return reason === undefined ? fault : { ...fault, reason };
}

/** Codes of this dialect alone; all others are those of the vendor's other APIs. */
const reasons: ReadonlyMap<string, ErrorReason> = new Map([
  ["server_error", ErrorReason.UPSTREAM_INTERNAL],
  ["server_is_overloaded", ErrorReason.UPSTREAM_OVERLOADED],
  ["vector_store_timeout", ErrorReason.UPSTREAM_TIMEOUT],
  ["invalid_prompt", ErrorReason.UPSTREAM_CONTENT_POLICY],
  ["bio_policy", ErrorReason.UPSTREAM_CONTENT_POLICY],
  ["cyber_policy", ErrorReason.UPSTREAM_CONTENT_POLICY],
  ["misalignment_policy_violation", ErrorReason.UPSTREAM_CONTENT_POLICY],
  ["image_content_policy_violation", ErrorReason.UPSTREAM_CONTENT_POLICY],
  ["data_residency_mismatch", ErrorReason.UPSTREAM_PERMISSION_DENIED],
  ["usage_not_included", ErrorReason.UPSTREAM_BILLING],
  ["previous_response_not_found", ErrorReason.UPSTREAM_INVALID_REQUEST],
  ["invalid_image", ErrorReason.UPSTREAM_INVALID_REQUEST],
  ["invalid_image_format", ErrorReason.UPSTREAM_INVALID_REQUEST],
  ["invalid_base64_image", ErrorReason.UPSTREAM_INVALID_REQUEST],
  ["invalid_image_url", ErrorReason.UPSTREAM_INVALID_REQUEST],
  ["invalid_image_mode", ErrorReason.UPSTREAM_INVALID_REQUEST],
  ["image_too_large", ErrorReason.UPSTREAM_INVALID_REQUEST],
  ["image_too_small", ErrorReason.UPSTREAM_INVALID_REQUEST],
  ["image_parse_error", ErrorReason.UPSTREAM_INVALID_REQUEST],
  ["image_file_too_large", ErrorReason.UPSTREAM_INVALID_REQUEST],
  ["unsupported_image_media_type", ErrorReason.UPSTREAM_INVALID_REQUEST],
  ["empty_image_file", ErrorReason.UPSTREAM_INVALID_REQUEST],
  ["failed_to_download_image", ErrorReason.UPSTREAM_INVALID_REQUEST],
  ["image_file_not_found", ErrorReason.UPSTREAM_INVALID_REQUEST],
]);

function flat(json: JsonObject): JsonObject {
  const { code, message, param } = json;
  return { code, message, param, type: json.type === "error" ? undefined : json.type };
}
