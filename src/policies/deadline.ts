import type { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import type { Call, Handler, Layer, Outcome, Reply } from "../core/call.ts";
import { GatewayError } from "../core/gateway-error.ts";

/** What the deadline needs of the world. */
export interface DeadlineOptions {
  /** How long a call may take, in milliseconds. Undefined: no bound. */
  readonly timeoutMs: (call: Call) => number | undefined;
  /** What a call that took longer fails with. */
  readonly reason: ErrorReason.DEADLINE_EXCEEDED | ErrorReason.UPSTREAM_TIMEOUT;
  /** Calls `run` after a time; gives a function that calls it off. */
  readonly schedule: (run: () => void, delayMs: number) => () => void;
}

/**
 * Ends a call that takes too long, wherever it is then: the vendor's request is cancelled and the
 * caller gets the reason. A call without a bound costs nothing here.
 */
export function deadline(options: DeadlineOptions): Layer {
  return (next) => (call) => {
    const timeoutMs = options.timeoutMs(call);
    return timeoutMs === undefined ? next(call) : bounded(next, call, timeoutMs, options);
  };
}

/** The smaller of two bounds, of which either may be missing. */
export function sooner(first: number | undefined, second: number | undefined): number | undefined {
  if (first === undefined) return second;
  return second === undefined ? first : Math.min(first, second);
}

async function bounded(
  next: Handler,
  call: Call,
  timeoutMs: number,
  options: DeadlineOptions,
): Promise<Reply> {
  const exceeded = (): GatewayError => tooLong(options.reason, timeoutMs);
  if (timeoutMs <= 0) throw exceeded();
  const controller = new AbortController();
  const caller = call.signal;
  const onCallerGone = (): void => controller.abort(caller?.reason);
  if (caller?.aborted === true) onCallerGone();
  else caller?.addEventListener("abort", onCallerGone, { once: true });
  const cancelTimer = options.schedule(() => controller.abort(exceeded()), timeoutMs);
  const release = (): void => {
    cancelTimer();
    caller?.removeEventListener("abort", onCallerGone);
  };
  const settle = (outcome: Outcome): void => {
    release();
    call.settle(outcome);
  };
  try {
    return await next({ ...call, signal: controller.signal, settle });
  } catch (error) {
    release();
    throw error;
  }
}

function tooLong(reason: ErrorReason, timeoutMs: number): GatewayError {
  const message = `the call took longer than its deadline of ${Math.max(0, Math.round(timeoutMs))} ms`;
  return new GatewayError({ reason, message });
}
