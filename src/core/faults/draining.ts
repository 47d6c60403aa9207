import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Fault } from "./fault.ts";

/**
 * The fault of a call that comes while the gateway shuts down, or that outlives the grace period of
 * a shutdown.
 */
export const draining: Fault = {
  reason: ErrorReason.DRAINING,
  message: "the gateway is shutting down: try again, another instance will answer",
  retryAfterMs: 1000,
};
