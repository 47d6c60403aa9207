import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import type { Settings } from "../config/settings.ts";
import { attemptOf } from "../core/attempt.ts";
import type { Call, Layer } from "../core/call.ts";
import type { Stage } from "../core/compose.ts";
import { durationMs } from "../core/time/duration-ms.ts";

/** How long calls or attempts may take. */
export interface DeadlineOptions {
  /** In milliseconds. Undefined: no bound. */
  readonly timeoutMs: (call: Call) => number | undefined;
  /** What a call that took longer fails with. */
  readonly reason: ErrorReason.DEADLINE_EXCEEDED | ErrorReason.UPSTREAM_TIMEOUT;
}

/** Holds calls to the `timeout` of their model. */
export function deadlinePolicy({ resolve }: Settings): Stage {
  const timeoutMs = ({ model }: Call) => durationMs(resolve(model)?.settings.timeout);
  return {
    name: "deadline",
    layer: deadline({ timeoutMs, reason: ErrorReason.DEADLINE_EXCEEDED }),
  };
}

/** Holds attempts to the `timeouts.total` of their target, its model or its provider. */
export function attemptDeadlinePolicy({ providers }: Settings): Stage {
  const timeoutMs = (call: Call) => {
    const { provider, timeouts } = attemptOf(call).target;
    return timeouts?.totalMs ?? durationMs(providers.get(provider)?.settings.timeouts.total);
  };
  return {
    name: "attempt_deadline",
    layer: deadline({ timeoutMs, reason: ErrorReason.UPSTREAM_TIMEOUT }),
  };
}

/**
 * Ends a call that takes too long, wherever it is then: the vendor's request is cancelled and the
 * caller gets the reason. A call without a bound costs nothing here.
 */
export function deadline({ timeoutMs, reason }: DeadlineOptions): Layer {
  return (next) => (call) => {
    const limitMs = timeoutMs(call);
    if (limitMs !== undefined) limitCall(call, limitMs, reason);
    call.life.throwIfAborted();
    return next(call);
  };
}

/** Gives a call a time from now, unless it has less. */
export function limitCall(
  { life }: Pick<Call, "life">,
  timeoutMs: number,
  reason: ErrorReason,
): void {
  const message = `the call took longer than its deadline of ${Math.max(0, Math.round(timeoutMs))} ms`;
  life.limit(life.nowMs + timeoutMs, { reason, message });
}
