import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import type { Fault } from "../core/faults/fault.ts";

/** An error that is answered. */
export interface SimFailure {
  readonly status: number;
  /** "": a sentence that names the status. */
  readonly message: string;
  readonly retryAfterMs: number | undefined;
  /** Which calls fail: those whose number, counted from 1, is a multiple of this. 0: every call. */
  readonly every: number;
}

/** The fault a vendor's error reply with this status would be read as. */
export function statusFault(failure: SimFailure): Fault {
  const { status, retryAfterMs } = failure;
  return {
    reason: reasonOf(status),
    message:
      failure.message === ""
        ? `the simulator answers with status ${status}, as its parameters say`
        : failure.message,
    upstreamStatus: status,
    upstreamType: typeOf(status),
    upstreamCode: `sim_${status}`,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** Whether vendors say with this status when to try again. */
export function saysRetryAfter(status: number): boolean {
  return status === 429 || status === 503 || status === 529;
}

/** A request the simulated vendor does not take. */
export function invalidPrompt(field: string, message: string): Fault {
  return {
    reason: ErrorReason.UPSTREAM_INVALID_REQUEST,
    message: `${field}: ${message}`,
    fields: [{ field, message }],
    upstreamStatus: 400,
    upstreamType: typeOf(400),
    upstreamParam: field,
  };
}

function reasonOf(status: number): ErrorReason {
  switch (status) {
    case 401:
      return ErrorReason.UPSTREAM_UNAUTHENTICATED;
    case 402:
      return ErrorReason.UPSTREAM_BILLING;
    case 403:
      return ErrorReason.UPSTREAM_PERMISSION_DENIED;
    case 404:
      return ErrorReason.UPSTREAM_NOT_FOUND;
    case 408:
      return ErrorReason.UPSTREAM_TIMEOUT;
    case 413:
      return ErrorReason.UPSTREAM_TOO_LARGE;
    case 429:
      return ErrorReason.UPSTREAM_RATE_LIMITED;
    case 502:
    case 503:
    case 504:
      return ErrorReason.UPSTREAM_UNAVAILABLE;
    case 529:
      return ErrorReason.UPSTREAM_OVERLOADED;
    default:
      return status < 500 ? ErrorReason.UPSTREAM_INVALID_REQUEST : ErrorReason.UPSTREAM_INTERNAL;
  }
}

function typeOf(status: number): string {
  if (status === 429) return "rate_limit_error";
  return status < 500 ? "invalid_request_error" : "server_error";
}
