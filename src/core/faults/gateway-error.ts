import { type ErrorBehaviour, errorBehaviour } from "./error-behaviour.ts";
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
 * The HTTP status a caller sees: the vendor's own where it is as much the caller's (4xx) or the
 * server's (5xx) as the reason is, else that of the reason. Some vendors tell a failure of their
 * own with a 4xx, which clients would not try again.
 */
export function httpStatus(fault: Fault): number {
  const upstream = fault.upstreamStatus ?? 0;
  const { http } = errorBehaviour(fault.reason);
  return Math.floor(upstream / 100) === Math.floor(http / 100) ? upstream : http;
}
