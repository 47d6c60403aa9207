import { Strategy } from "../../../../gen/parlance/config/v1/strategy_pb.js";
import type { ConfiguredModel, Settings } from "../../../config/settings.ts";
import { attemptOf } from "../../../core/attempt.ts";
import type { Call, Layer } from "../../../core/call.ts";
import type { Stage } from "../../../core/compose.ts";
import type { Target } from "../../../core/target/target.ts";
import { durationMs } from "../../../core/time/duration-ms.ts";
import { stickyKeyOf } from "./sticky-key.ts";

/** Where keys of sticky models were answered last. It is of one thread. */
export interface StickyPins {
  /** Undefined where nothing is known, or no more. */
  of(key: string): Target | undefined;
  /** Has a key stay at a target for a time from now on. */
  pin(key: string, target: Target, ttlMs: number): void;
}

/** Keys that are remembered; beyond it the one that was answered first is forgotten. */
const maxKeys = 20_000;

/** Makes a memory that goes by a monotonic clock in milliseconds. */
export function createStickyPins(nowMs: () => number): StickyPins {
  const pins = new Map<string, { readonly target: Target; readonly untilMs: number }>();
  return {
    of(key) {
      const pin = pins.get(key);
      return pin === undefined || pin.untilMs <= nowMs() ? undefined : pin.target;
    },
    pin(key, target, ttlMs) {
      pins.delete(key);
      if (pins.size >= maxKeys) {
        const [oldest] = pins.keys();
        if (oldest !== undefined) pins.delete(oldest);
      }
      pins.set(key, { target, untilMs: nowMs() + ttlMs });
    },
  };
}

/** The stage of the layer below; undefined where no model is sticky. */
export function stickyPinsPolicy(
  { models, resolve }: Settings,
  { stickyPins }: { readonly stickyPins: StickyPins },
): Stage | undefined {
  const has = [...models.values()].some(({ settings }) => settings.strategy === Strategy.STICKY);
  return has ? { name: "sticky_pins", layer: pinAnswers(stickyPins, resolve) } : undefined;
}

/** Vendors keep what they cached of a prompt for five minutes from its last use. */
const usualTtlMs = 300_000;

/**
 * Has the key of a call stay where it was answered. A key that only overflowed for a moment keeps
 * its target: it moves where that one failed, or was not to be called.
 */
export function pinAnswers(pins: StickyPins, resolve: Settings["resolve"]): Layer {
  return (next) => (call) => {
    const { target, model: name = call.model } = attemptOf(call);
    const model = resolve(name);
    const key = model === undefined ? undefined : stickyKeyOf(call, model);
    if (model === undefined || key === undefined) return next(call);
    call.life.atEnd(({ kind }) => {
      if (kind !== "whole") return;
      const before = pins.of(key);
      if (before === undefined || isSame(before, target) || hasFailed(call, before))
        pins.pin(key, target, ttlMsOf(model));
    });
    return next(call);
  };
}

function ttlMsOf({ settings: { sticky } }: ConfiguredModel): number {
  return sticky?.ttl === undefined ? usualTtlMs : durationMs(sticky.ttl);
}

function isSame(one: Target, other: Target): boolean {
  return one.provider === other.provider && one.model === other.model;
}

/** Whether the call was tried at a target in vain. */
function hasFailed({ trace }: Call, target: Target): boolean {
  return trace.attempts.some((one) => isSame(one.target, target) && one.end?.kind === "broken");
}
