import type { Fault } from "../../../core/faults/fault.ts";
import { httpStatus } from "../../../core/faults/gateway-error.ts";

/**
 * The body of an error reply, as AWS's SDKs read it: the kind of error in `__type` too, for proxies
 * may take the header away. See
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/CommonErrors.html.
 */
export function encodeError(fault: Fault): string {
  return JSON.stringify({ __type: errorType(fault), message: fault.message });
}

/**
 * The header in which AWS's SDKs look for the kind of an error first. See
 * https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html#operation-error-serialization.
 */
export function errorHeaders(fault: Fault): readonly string[] {
  return ["x-amzn-errortype", errorType(fault)];
}

function errorType(fault: Fault): string {
  const status = httpStatus(fault);
  const other = status >= 500 ? "InternalServerException" : "ValidationException";
  return TYPES.get(status) ?? other;
}

/**
 * The name of an exception in a stream, of those that it can hold. See
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStreamOutput.html.
 */
export function exceptionOf(fault: Fault): string {
  switch (httpStatus(fault)) {
    case 429:
      return "throttlingException";
    case 503:
      return "serviceUnavailableException";
    case 502:
    case 504:
      return "modelStreamErrorException";
    default:
      return httpStatus(fault) >= 500 ? "internalServerException" : "validationException";
  }
}

/** The vendor's words for a status, where it has one of its own for it. */
const TYPES: ReadonlyMap<number, string> = new Map([
  [401, "UnrecognizedClientException"],
  [403, "AccessDeniedException"],
  [404, "ResourceNotFoundException"],
  [408, "ModelTimeoutException"],
  [424, "ModelErrorException"],
  [429, "ThrottlingException"],
  [503, "ServiceUnavailableException"],
]);
