import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import { errorBehaviour } from "../../../core/faults/error-behaviour.ts";
import type { Fault } from "../../../core/faults/fault.ts";
import { httpStatus } from "../../../core/faults/gateway-error.ts";

/**
 * The body of an error reply as the vendor's own clients read it: `google.rpc.Status` under
 * `error`.
 */
export function encodeError(fault: Fault): string {
  const status = statusWord(fault.reason);
  const violations =
    fault.fields?.map(({ field, message }) => ({ field, description: message })) ?? [];
  const details = [
    ...(fault.retryAfterMs === undefined
      ? []
      : [
          {
            "@type": "type.googleapis.com/google.rpc.RetryInfo",
            retryDelay: `${fault.retryAfterMs / 1000}s`,
          },
        ]),
    ...(violations.length === 0
      ? []
      : [{ "@type": "type.googleapis.com/google.rpc.BadRequest", fieldViolations: violations }]),
  ];
  return JSON.stringify({
    error: {
      code: httpStatus(fault),
      message: fault.message,
      status,
      ...(details.length === 0 ? {} : { details }),
    },
  });
}

/** The canonical code of a reason. See https://cloud.google.com/apis/design/errors. */
function statusWord(reason: ErrorReason): string {
  if (reason === ErrorReason.UPSTREAM_OVERLOADED || reason === ErrorReason.UPSTREAM_UNAVAILABLE)
    return "UNAVAILABLE";
  return words[errorBehaviour(reason).rpc] ?? "UNKNOWN";
}

const words: Readonly<Partial<Record<number, string>>> = {
  1: "CANCELLED",
  2: "UNKNOWN",
  3: "INVALID_ARGUMENT",
  4: "DEADLINE_EXCEEDED",
  5: "NOT_FOUND",
  6: "ALREADY_EXISTS",
  7: "PERMISSION_DENIED",
  8: "RESOURCE_EXHAUSTED",
  9: "FAILED_PRECONDITION",
  10: "ABORTED",
  11: "OUT_OF_RANGE",
  12: "UNIMPLEMENTED",
  13: "INTERNAL",
  14: "UNAVAILABLE",
  15: "DATA_LOSS",
  16: "UNAUTHENTICATED",
};
