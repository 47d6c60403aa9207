import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Facade } from "../../core/dialect.ts";
import type { Fault } from "../../core/fault.ts";
import { httpStatus } from "../../core/gateway-error.ts";
import type { Exchange } from "../http/exchange.ts";

/** A call that failed, or a request that never became one, as the reply names it. */
export interface FailedCall {
  readonly id: string;
  /** Headers that tell of it, its id among them: name, value, name, value. */
  readonly headers: readonly string[];
}

/** Answers with a fault in the caller's own dialect. */
export function sendFault(exchange: Exchange, facade: Facade, fault: Fault, call: FailedCall): void {
  if (exchange.closed) return;
  const headers = ["content-type", "application/json", ...call.headers];
  const requestId = fault.upstreamRequestId ?? call.id;
  headers.push("x-request-id", requestId, "request-id", requestId);
  if (fault.retryAfterMs !== undefined) headers.push("retry-after", String(Math.ceil(fault.retryAfterMs / 1000)));
  if (fault.reason === ErrorReason.UNAUTHENTICATED) headers.push("www-authenticate", 'Bearer realm="parlance"');
  exchange.respond(httpStatus(fault), headers, facade.encodeError(fault));
}
