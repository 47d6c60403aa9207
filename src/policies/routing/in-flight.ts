import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Settings } from "../../config/settings.ts";
import { attemptOf } from "../../core/attempt.ts";
import type { Layer } from "../../core/call.ts";
import type { Stage } from "../../core/compose.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import type { Target } from "../../core/target/target.ts";
import type { Slots, State } from "../../state/state.ts";
import { countsCalls } from "./choice/strategies.ts";

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

/** The stage of the layer below; undefined where nothing goes by the calls under way. */
export function inFlightPolicy(
  { models, resolve }: Settings,
  world: { readonly inFlight: InFlight },
): Stage | undefined {
  const all = [...models.values()];
  const counted = all.some(({ settings }) => countsCalls(settings.strategy));
  const bounded = all.some(({ targets }) => targets.some((one) => one.maxInFlight !== undefined));
  if (!counted && !bounded) return undefined;
  const counts = (model: string) => countsCalls(resolve(model)?.settings.strategy ?? 0);
  return { name: "in_flight", layer: inFlight(world.inFlight, counts) };
}

/**
 * Counts the calls that are under way at targets of models that `counts` holds of, holds those at
 * other targets to their bounds, and refuses more with UPSTREAM_BUSY, after which the next target
 * is tried.
 */
export function inFlight(inFlight: InFlight, counts: (model: string) => boolean): Layer {
  return (next) => (call) => {
    const { target, model = call.model } = attemptOf(call);
    const { maxInFlight } = target;
    if (maxInFlight === undefined && !counts(model)) return next(call);
    const slots = inFlight.of(target);
    if (!slots.take(maxInFlight ?? unbounded)) throw busy(target, maxInFlight ?? unbounded);
    call.life.atEnd(() => void slots.give());
    return next(call);
  };
}

/** More calls than a gateway can have. */
const unbounded = 2 ** 30;

function busy({ provider, model }: Target, bound: number): GatewayError {
  return new GatewayError({
    reason: ErrorReason.UPSTREAM_BUSY,
    message: `${provider}/${model} has as many calls under way as it may: ${bound}`,
    provider,
  });
}
