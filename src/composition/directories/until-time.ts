import { type Timestamp, timestampMs } from "@bufbuild/protobuf/wkt";
import { invalidField } from "../../core/faults/fault.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";

/** Ten years, in milliseconds. */
const maxUntilMs = 315_360_000_000;

/**
 * When what an operator sets is over, in milliseconds since 1970; undefined: not by itself. Throws
 * INVALID_REQUEST for a time that is past or more than ten years away.
 */
export function untilTime(until: Timestamp | undefined, nowMs: number): number | undefined {
  const untilMs = until === undefined ? undefined : timestampMs(until);
  if (untilMs !== undefined && !(untilMs > nowMs && untilMs <= nowMs + maxUntilMs))
    throw new GatewayError(invalidField("until", "must be in the future, and within ten years"));
  return untilMs;
}
