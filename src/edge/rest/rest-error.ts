import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { appendAll } from "../../core/append-all.ts";
import type { Facade } from "../../core/dialect.ts";
import { refusesCredential } from "../../core/faults/error-behaviour.ts";
import type { Fault } from "../../core/faults/fault.ts";
import { httpStatus } from "../../core/faults/gateway-error.ts";
import type { Exchange } from "../http/exchange.ts";
import { pushHeaders } from "./reply-headers.ts";

/** A call that failed, or a request that never became one, as the reply names it. */
export interface FailedCall {
  readonly id: string;
  /** Headers of the error, its id among them: name, value, name, value. */
  readonly headers: readonly string[];
  /** The beginnings of names of headers that are not the vendor's to say. Default: none. */
  readonly prefixes?: readonly string[];
}

/** Hands on the vendor's own stream of nothing but a failure. */
function sendFrames(exchange: Exchange, frames: Uint8Array, call: FailedCall): void {
  const type = ["content-type", "text/event-stream; charset=utf-8", "cache-control", "no-cache"];
  exchange.respond(200, [...type, ...call.headers], frames);
}

/** Answers with a fault in the caller's own dialect. */
export function sendFault(
  exchange: Exchange,
  facade: Facade,
  fault: Fault,
  call: FailedCall,
): void {
  if (exchange.closed) return;
  if (fault.frames !== undefined) {
    sendFrames(exchange, fault.frames, call);
    return;
  }
  const headers = ["content-type", "application/json", ...call.headers];
  headers.push(facade.requestIdHeader ?? "x-request-id", fault.upstreamRequestId ?? call.id);
  const own = facade.errorHeaders?.(fault);
  if (own !== undefined) appendAll(headers, own);
  pushHeaders(headers, fault.upstreamHeaders ?? {}, call.prefixes ?? []);
  if (fault.retryAfterMs !== undefined)
    headers.push("retry-after", String(Math.ceil(fault.retryAfterMs / 1000)));
  if (refusesCredential(fault.reason)) headers.push("x-should-retry", "false");
  if (fault.reason === ErrorReason.UNAUTHENTICATED)
    headers.push("www-authenticate", 'Bearer realm="parlance"');
  exchange.respond(httpStatus(fault), headers, facade.encodeError(fault));
}
