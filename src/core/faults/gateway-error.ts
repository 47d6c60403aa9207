import { type ErrorBehaviour, errorBehaviour, refusesCredential } from "./error-behaviour.ts";
import type { Fault } from "./fault.ts";

/**
 * The one error that the pipeline throws. What it brings with it is decided by its reason in one
 * table, not where it is thrown.
 */
export class GatewayError extends Error {
  readonly fault: Fault;

  constructor(fault: Fault, options?: { readonly cause?: unknown }) {
    super(fault.message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.name = "GatewayError";
    this.fault = fault;
  }

  get behaviour(): ErrorBehaviour {
    return errorBehaviour(this.fault.reason);
  }
}

/**
 * The HTTP status a caller sees: the vendor's own where it is one of an error, else that of the
 * reason. Only 401, 403 and 407 speak of who asks, which at the vendor was the gateway.
 */
export function httpStatus(fault: Fault): number {
  const { reason, upstreamStatus: upstream = 0 } = fault;
  const isOwn = refusesCredential(reason) || upstream === 401 || upstream === 403;
  const isError = upstream >= 400 && upstream <= 599 && upstream !== 407;
  return isError && !isOwn ? upstream : errorBehaviour(reason).http;
}
