import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { appendAll } from "../../core/append-all.ts";
import type { Call } from "../../core/call.ts";
import type { Facade } from "../../core/dialect.ts";
import type { Fault } from "../../core/fault.ts";
import { GatewayError, httpStatus } from "../../core/gateway-error.ts";
import type { Exchange } from "../http/exchange.ts";
import { BodyTooLargeError, ClientGoneError, HttpError, ShuttingDownError } from "../http/http-error.ts";
import { callHeaders, targetHeaders } from "./reply-headers.ts";

/** What a thrown value is to a caller. What is not an error of ours is a bug: `onBug` is told, the caller learns nothing of it. */
export function faultOf(error: unknown, onBug: (error: unknown) => void): Fault {
  if (error instanceof GatewayError) return error.fault;
  if (error instanceof BodyTooLargeError) return { reason: ErrorReason.REQUEST_TOO_LARGE, message: error.message };
  if (error instanceof ClientGoneError) return { reason: ErrorReason.CANCELLED, message: error.message };
  if (error instanceof ShuttingDownError) return shuttingDown;
  if (error instanceof HttpError) return { reason: ErrorReason.INVALID_REQUEST, message: error.message };
  onBug(error);
  return { reason: ErrorReason.INTERNAL, message: "the gateway failed: its log says why, under this call's id" };
}

/** What a call that outlives the grace period of a shutdown ends with. */
export const shuttingDown: Fault = {
  reason: ErrorReason.DRAINING,
  message: "the gateway is shutting down: try again, another instance will answer",
  retryAfterMs: 1000,
};

/** Answers with a fault in the caller's own dialect. */
export function sendFault(exchange: Exchange, facade: Facade, fault: Fault, call?: Call): void {
  if (exchange.closed) return;
  const headers = ["content-type", "application/json"];
  if (call !== undefined)
    appendAll(headers, [...callHeaders(call), ...targetHeaders(call.trace.attempts.at(-1)?.target)]);
  const requestId = fault.upstreamRequestId ?? call?.id;
  if (requestId !== undefined) headers.push("x-request-id", requestId, "request-id", requestId);
  if (fault.retryAfterMs !== undefined) headers.push("retry-after", String(Math.ceil(fault.retryAfterMs / 1000)));
  if (fault.reason === ErrorReason.UNAUTHENTICATED) headers.push("www-authenticate", 'Bearer realm="parlance"');
  exchange.respond(httpStatus(fault), headers, facade.encodeError(fault));
}
