import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Settings } from "../../config/settings.ts";
import { attemptOf } from "../../core/attempt.ts";
import type { Layer } from "../../core/call.ts";
import type { Stage } from "../../core/compose.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import type { Target } from "../../core/target/target.ts";
import type { Slots, State } from "../../state/state.ts";

/** Counts the calls that are under way at targets, over all threads. */
export interface InFlight {
  /** The slots of a target: the same ones for as long as the gateway runs. */
  of(target: Target): Slots;
}

/** Targets that are counted at most; the config bounds them. */
const maxTargets = 10_000;

/** Makes the counts over the state of the gateway, which outlives a reload. */
export function createInFlight(state: Pick<State, "slots">): InFlight {
  const known = new Map<string, Slots>();
  return {
    of({ provider, model }) {
      const name = `target\n${provider}\n${model}`;
      const slots = known.get(name);
      if (slots !== undefined) return slots;
      const made = state.slots(name);
      if (known.size < maxTargets) known.set(name, made);
      return made;
    },
  };
}

/** The stage of the layer below; undefined where no target has a bound. */
export function inFlightPolicy(
  { models }: Settings,
  world: { readonly inFlight: InFlight },
): Stage | undefined {
  const bounded = [...models.values()].some(({ targets }) =>
    targets.some(({ maxInFlight }) => maxInFlight !== undefined),
  );
  return bounded ? { name: "in_flight", layer: inFlight(world.inFlight) } : undefined;
}

/**
 * Holds the calls that are under way at a target to its bound, and refuses more with UPSTREAM_BUSY,
 * after which the next target is tried.
 */
export function inFlight(counts: InFlight): Layer {
  return (next) => (call) => {
    const { target } = attemptOf(call);
    const { maxInFlight } = target;
    if (maxInFlight === undefined) return next(call);
    const slots = counts.of(target);
    if (!slots.take(maxInFlight)) throw busy(target, maxInFlight);
    call.life.atEnd(() => void slots.give());
    return next(call);
  };
}

function busy({ provider, model }: Target, bound: number): GatewayError {
  return new GatewayError({
    reason: ErrorReason.UPSTREAM_BUSY,
    message: `${provider}/${model} has as many calls under way as it may: ${bound}`,
    provider,
  });
}
