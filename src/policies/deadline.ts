import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import type { Call, Layer, Outcome, Reply } from "../core/call.ts";
import { GatewayError } from "../core/gateway-error.ts";

/** What the deadline needs of the world. */
export interface DeadlineOptions {
  /** The configured bound for a model name, in milliseconds. Undefined: none. */
  readonly timeoutMs: (model: string) => number | undefined;
  /** Calls `run` after a time; gives a function that calls it off. */
  readonly schedule: (run: () => void, delayMs: number) => () => void;
}

/**
 * Ends the call when the caller's deadline or the model's has passed, whichever is sooner, wherever the call is then:
 * the vendor's request is cancelled, and the caller gets DEADLINE_EXCEEDED. A call without either costs nothing here.
 */
export function deadline(options: DeadlineOptions): Layer {
  return (next) => (call) => {
    const timeoutMs = sooner(call.timeoutMs, options.timeoutMs(call.model));
    return timeoutMs === undefined ? next(call) : bounded(next, call, timeoutMs, options);
  };
}

async function bounded(
  next: (call: Call) => Promise<Reply>,
  call: Call,
  timeoutMs: number,
  options: DeadlineOptions,
): Promise<Reply> {
  if (timeoutMs <= 0) throw exceeded(timeoutMs);
  const controller = new AbortController();
  const caller = call.signal;
  const onCallerGone = (): void => controller.abort(caller?.reason);
  if (caller?.aborted === true) onCallerGone();
  else caller?.addEventListener("abort", onCallerGone, { once: true });
  const cancelTimer = options.schedule(() => controller.abort(exceeded(timeoutMs)), timeoutMs);
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

function sooner(first: number | undefined, second: number | undefined): number | undefined {
  if (first === undefined) return second;
  return second === undefined ? first : Math.min(first, second);
}

function exceeded(timeoutMs: number): GatewayError {
  return new GatewayError({
    reason: ErrorReason.DEADLINE_EXCEEDED,
    message: `the call took longer than its deadline of ${Math.max(0, Math.round(timeoutMs))} ms`,
  });
}
