import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Stage } from "../../../src/core/compose.ts";
import { GatewayError } from "../../../src/core/faults/gateway-error.ts";

/** Tokens that may be used, are used, and are set aside for what still runs. */
export interface Account {
  readonly limit: number;
  used: number;
  reserved: number;
}

/** Reserves tokens before, and settles what was used after, however it ends. */
export function budget(account: Account, estimate: number): Stage {
  return {
    name: "budget",
    layer: (next) => (call) => {
      if (account.used + account.reserved + estimate > account.limit)
        throw new GatewayError({
          reason: ErrorReason.PERMISSION_DENIED,
          message: "no tokens left",
        });
      account.reserved += estimate;
      call.life.atEnd(({ usage }) => {
        account.reserved -= estimate;
        account.used += tokensOf(usage);
      });
      return next(call);
    },
  };
}

function tokensOf(usage: Usage | undefined): number {
  return Number((usage?.inputTokens ?? 0n) + (usage?.outputTokens ?? 0n));
}
