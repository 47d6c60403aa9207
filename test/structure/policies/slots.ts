import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { attemptOf } from "../../../src/core/attempt.ts";
import type { Stage } from "../../../src/core/compose.ts";
import { GatewayError } from "../../../src/core/faults/gateway-error.ts";

/** Lets so many attempts at each provider run at once. `held` counts them by provider. */
export function slots(limit: number, held: Map<string, number>): Stage {
  return {
    name: "slots",
    layer: (next) => (call) => {
      const { provider } = attemptOf(call).target;
      const taken = held.get(provider) ?? 0;
      if (taken >= limit)
        throw new GatewayError({
          reason: ErrorReason.UPSTREAM_BUSY,
          message: "all slots are taken",
        });
      held.set(provider, taken + 1);
      call.life.atEnd(() => held.set(provider, (held.get(provider) ?? 1) - 1));
      return next(call);
    },
  };
}
