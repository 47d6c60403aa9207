import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import { type Fault, gatewayFailed } from "../core/faults/fault.ts";
import { GatewayError } from "../core/faults/gateway-error.ts";
import {
  BodyMemoryError,
  BodyTooLargeError,
  ClientGoneError,
  HttpError,
} from "./http/http-error.ts";

/**
 * The fault that a caller gets for a thrown value. An error of another class is a bug: `onBug` gets
 * it, and the caller learns nothing of it.
 */
export function faultOf(error: unknown, onBug: (error: unknown) => void): Fault {
  if (error instanceof GatewayError) return error.fault;
  if (error instanceof BodyTooLargeError)
    return { reason: ErrorReason.REQUEST_TOO_LARGE, message: error.message };
  if (error instanceof BodyMemoryError) return { ...overloaded, message: error.message };
  if (error instanceof ClientGoneError)
    return { reason: ErrorReason.CANCELLED, message: error.message };
  if (error instanceof HttpError) {
    const reason =
      error.status === 403 ? ErrorReason.PERMISSION_DENIED : ErrorReason.INVALID_REQUEST;
    return { reason, message: error.message };
  }
  onBug(error);
  return gatewayFailed;
}

const overloaded = { reason: ErrorReason.OVERLOADED, retryAfterMs: 1000 } as const;
