import { attempt } from "../../../src/core/attempt.ts";
import type { Stage } from "../../../src/core/compose.ts";
import { GatewayError } from "../../../src/core/faults/gateway-error.ts";
import { pause } from "../../../src/core/time/pause.ts";

/** Tries the same target again after a failure that may pass, as long as the caller saw nothing. */
export function retry(maxTries: number, delayMs: number): Stage {
  return {
    name: "retry",
    layer: (next) => async (call) => {
      for (let tries = 1; ; tries += 1) {
        try {
          return await attempt(call, next);
        } catch (error) {
          const passes = error instanceof GatewayError && error.behaviour.retryable;
          if (!passes || tries === maxTries) throw error;
          await pause(delayMs, call.life);
        }
      }
    },
  };
}
