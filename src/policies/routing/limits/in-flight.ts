import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Settings } from "../../../config/settings.ts";
import { attemptOf } from "../../../core/attempt.ts";
import type { Layer } from "../../../core/call.ts";
import type { Stage } from "../../../core/compose.ts";
import { GatewayError } from "../../../core/faults/gateway-error.ts";
import type { TargetFilter } from "../../../core/target/exclusion.ts";
import type { Target } from "../../../core/target/target.ts";
import type { Slots, State } from "../../../state/state.ts";
import { countsCalls } from "../choice/strategies.ts";
import type { CallFilter } from "../filters/call-filter.ts";

/** Counts the calls that are under way at targets, over all threads. */
export interface InFlight {
  /** The slots of a target: the same ones for as long as the gateway runs. */
  of(target: Target): Slots;
  /** Gives a slot of a target back that was taken. */
  give(target: Target): void;
  /** Says that calls of this thread wait for a slot of a target, or that they wait no longer. */
  watch(target: Target, waits: boolean): void;
  /** Calls `run` when this thread may take a slot that was given back, in it or another. */
  onFreed(run: () => void): void;
}

/** Targets that are counted at most; the config bounds them. */
const maxTargets = 10_000;

/** Makes the counts over the state of the gateway, which outlives a reload. */
export function createInFlight(state: Pick<State, "slots" | "onFreed">): InFlight {
  const known = new Map<string, Slots>();
  /** Kept for each target: to hash a name anew costs more than all else here. */
  const ofTargets = new WeakMap<Target, Slots>();
  const waits = new Map<Slots, number>();
  const freed: (() => void)[] = [];
  const ofName = (name: string): Slots => {
    const slots = known.get(name);
    if (slots !== undefined) return slots;
    const made = state.slots(name);
    if (known.size < maxTargets) known.set(name, made);
    return made;
  };
  const of = (target: Target): Slots => {
    const slots = ofTargets.get(target);
    if (slots !== undefined) return slots;
    const made = ofName(`target\n${target.provider}\n${target.model}`);
    ofTargets.set(target, made);
    return made;
  };
  const notify = (): void => {
    for (const run of freed) run();
  };
  state.onFreed(notify);
  return {
    of,
    give(target) {
      // Where another thread waits, what is free is its.
      if (!of(target).give()) notify();
    },
    watch(target, begins) {
      const slots = of(target);
      const count = (waits.get(slots) ?? 0) + (begins ? 1 : -1);
      if (count > 0) waits.set(slots, count);
      else waits.delete(slots);
      slots.wait(count > 0);
    },
    onFreed: (run) => void freed.push(run),
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
    if (!inFlight.of(target).take(maxInFlight ?? unbounded))
      throw busy(target, maxInFlight ?? unbounded);
    call.life.atEnd(() => inFlight.give(target));
    return next(call);
  };
}

/** More calls than a gateway can have. */
const unbounded = 2 ** 30;

/**
 * Keeps calls from targets with as many calls under way as they may have, in models whose calls can
 * wait for them.
 */
export function fullTargets(inFlight: Pick<InFlight, "of">): CallFilter {
  const excludes: TargetFilter = (target) => {
    const { maxInFlight: max } = target;
    if (max === undefined || inFlight.of(target).held() < max) return undefined;
    const why = `has as many calls under way as it may: ${max}`;
    return { why, reason: ErrorReason.UPSTREAM_BUSY, busy: true };
  };
  return (_, { settings }) => (settings.queue === undefined ? undefined : excludes);
}

function busy({ provider, model }: Target, bound: number): GatewayError {
  return new GatewayError({
    reason: ErrorReason.UPSTREAM_BUSY,
    message: `${provider}/${model} has as many calls under way as it may: ${bound}`,
    provider,
    heldBack: true,
  });
}
