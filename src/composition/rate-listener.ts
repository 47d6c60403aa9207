import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import { readRetryAfter } from "../adapters/shared/retry-after.ts";
import { attemptOf } from "../core/attempt.ts";
import type { DispatchOptions } from "../core/dispatch/dispatch.ts";
import { maxWaitMs, type UsedRates } from "../policies/routing/limits/used-rates.ts";

/**
 * Makes what hears in answers that a vendor's limits are used up. Where the provider has other
 * credentials only that of the call is left alone; the target is once there is none left.
 */
export function createRateListener(usedRates: UsedRates): NonNullable<DispatchOptions["heard"]> {
  return (call, { headers, coolCredential }) => {
    const waitMs = readRetryAfter(headers);
    if (waitMs === undefined || waitMs === 0) return;
    const { target, outlet } = attemptOf(call);
    coolCredential?.(ErrorReason.UPSTREAM_RATE_LIMITED, Math.min(waitMs, maxWaitMs));
    if (outlet.kind === "wire" && outlet.hasCredential?.() === true) return;
    usedRates.used(target, waitMs);
  };
}
