import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Settings } from "../../../config/settings.ts";
import { attemptOf } from "../../../core/attempt.ts";
import type { Call, Layer, Reply } from "../../../core/call.ts";
import type { Stage } from "../../../core/compose.ts";
import { sizeOf } from "../../../core/facts/call-size.ts";
import { GatewayError } from "../../../core/faults/gateway-error.ts";
import type { End } from "../../../core/life.ts";
import type { Target } from "../../../core/target/target.ts";
import { everyTarget } from "../choice/levels.ts";
import type { Full, Take, TargetRates } from "./target-rates.ts";

/** What the layer needs of the world. */
export interface RateLimitsWorld {
  readonly targetRates: TargetRates;
  /** The time of day in milliseconds since 1970. */
  readonly wallMs: () => number;
}

/** The stage of the layer below; undefined where no target has bounds. */
export function rateLimitsPolicy({ models }: Settings, world: RateLimitsWorld): Stage | undefined {
  if (
    ![...models.values()].some((model) =>
      everyTarget(model).some(({ rates }) => rates !== undefined),
    )
  )
    return undefined;
  return { name: "rate_limits", layer: rateLimits(world) };
}

/**
 * Holds targets to what they get in a minute: a try takes its request and the tokens that it may
 * use, and settles them at its end, however it ends. More are refused with RATE_LIMITED, after
 * which the next target is tried.
 */
export function rateLimits({ targetRates, wallMs }: RateLimitsWorld): Layer {
  return (next) => {
    const go = (call: Call, take: Take): Promise<Reply> => {
      const { target, record } = attemptOf(call);
      if (!("settle" in take)) throw limited(target, take, wallMs());
      call.life.atEnd((end) => take.settle(tokensOf(call, end, record.firstTokenUs !== undefined)));
      return next(call);
    };
    return (call) => {
      const take = targetRates.take(attemptOf(call).target, () => sizeOf(call), call.trace);
      if (take === undefined) return next(call);
      return take instanceof Promise ? take.then((taken) => go(call, taken)) : go(call, take);
    };
  };
}

/**
 * The tokens that a try took. Undefined where nobody knows: a vendor that does not count, or a
 * caller who left. A failure without an answer took none.
 */
function tokensOf(call: Call, { kind, usage }: End, answered: boolean): number | undefined {
  if (call.request.operation.name === "count_tokens") return 0;
  if (usage?.inputTokens !== undefined || usage?.outputTokens !== undefined)
    return Number((usage.inputTokens ?? 0n) + (usage.outputTokens ?? 0n));
  return kind === "broken" && !answered ? 0 : undefined;
}

function limited({ provider, model }: Target, { why, untilMs }: Full, nowMs: number): GatewayError {
  return new GatewayError({
    reason: ErrorReason.RATE_LIMITED,
    limitScope: "target",
    message: `${provider}/${model} ${why}`,
    provider,
    heldBack: true,
    ...(untilMs === undefined ? {} : { retryAfterMs: Math.max(0, untilMs - nowMs) }),
  });
}
