import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import { type Fault, gatewayFailed } from "../core/fault.ts";
import { GatewayError } from "../core/gateway-error.ts";
import {
  BodyMemoryError,
  BodyTooLargeError,
  ClientGoneError,
  HttpError,
  ShuttingDownError,
} from "./http/http-error.ts";

/** What a thrown value is to a caller. What is not an error of ours is a bug: `onBug` is told, the caller learns nothing of it. */
export function faultOf(error: unknown, onBug: (error: unknown) => void): Fault {
  if (error instanceof GatewayError) return error.fault;
  if (error instanceof BodyTooLargeError) return { reason: ErrorReason.REQUEST_TOO_LARGE, message: error.message };
  if (error instanceof BodyMemoryError) return { ...overloaded, message: error.message };
  if (error instanceof ClientGoneError) return { reason: ErrorReason.CANCELLED, message: error.message };
  if (error instanceof ShuttingDownError) return shuttingDown;
  if (error instanceof HttpError) return { reason: ErrorReason.INVALID_REQUEST, message: error.message };
  onBug(error);
  return gatewayFailed;
}

const overloaded = { reason: ErrorReason.OVERLOADED, retryAfterMs: 1000 } as const;

/** What a call that outlives the grace period of a shutdown ends with, and what a new one is refused with. */
export const shuttingDown: Fault = {
  reason: ErrorReason.DRAINING,
  message: "the gateway is shutting down: try again, another instance will answer",
  retryAfterMs: 1000,
};
