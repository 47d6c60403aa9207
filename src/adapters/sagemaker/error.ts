import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Frame } from "../../core/dialect.ts";
import type { Fault } from "../../core/faults/fault.ts";
import { intAt, isObject, parseJson, stringAt } from "../../json/json.ts";

/** Reads an error reply. */
export type DecodeError = (
  status: number,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
) => Fault;

/**
 * An error reply: the container's own, which comes inside of a `ModelError`, read as the
 * container's dialect says; else the service's. See
 * https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html#API_runtime_InvokeEndpoint_Errors.
 */
export function decodeErrorWith(container: DecodeError, service: DecodeError): DecodeError {
  return (status, headers, body) => {
    const parsed = parseJson(body);
    const json = parsed.ok && isObject(parsed.value) ? parsed.value : {};
    const original = intAt(json, "OriginalStatusCode");
    const originalMessage = stringAt(json, "OriginalMessage") ?? "";
    const fault = service(status, headers, body);
    if (original === undefined || original < 400 || originalMessage === "") return fault;
    return {
      ...fault,
      ...container(original, {}, Buffer.from(originalMessage)),
      upstreamStatus: status,
    };
  };
}

/**
 * The failure that a frame of the service's stream reports; undefined for frames that report none.
 */
export function frameFault({ event, data }: Frame): Fault | undefined {
  const type = /^(?:exception|error):(.*)$/s.exec(event)?.[1];
  if (type === undefined) return undefined;
  const parsed = parseJson(data);
  const json = parsed.ok && isObject(parsed.value) ? parsed.value : {};
  const code = stringAt(json, "ErrorCode") ?? "";
  const vendorMessage = stringAt(json, "Message") ?? stringAt(json, "message") ?? "";
  return {
    reason: reasons.get(code) ?? ErrorReason.UPSTREAM_INTERNAL,
    message: vendorMessage === "" ? `the vendor reported ${type}` : vendorMessage.slice(0, 4096),
    upstreamType: type.slice(0, 256),
    ...(code === "" ? undefined : { upstreamCode: code.slice(0, 256) }),
  };
}

/**
 * The error codes of a broken stream;
 * https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_ModelStreamError.html.
 */
const reasons: ReadonlyMap<string, ErrorReason> = new Map([
  ["ModelInvocationTimeExceeded", ErrorReason.UPSTREAM_TIMEOUT],
  ["StreamBroken", ErrorReason.UPSTREAM_CUT],
]);
