import {
  type ErrorBehaviour,
  errorBehaviour,
  refusesCredential,
  saysNetwork,
} from "./error-behaviour.ts";
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
 * reason. 401 and 403 speak of who asks, and 407, 421 and 511 of the way: at the vendor that was
 * the gateway, and the gateway's.
 */
export function httpStatus(fault: Fault): number {
  const { reason, upstreamStatus: upstream = 0 } = fault;
  const isOwn = refusesCredential(reason) || upstream === 401 || upstream === 403;
  const isError = upstream >= 400 && upstream <= 599 && !saysNetwork(upstream);
  return isError && !isOwn ? upstream : errorBehaviour(reason).http;
}
