import type { Settings } from "../config/settings.ts";
import { attemptOf } from "../core/attempt.ts";
import type { Layer } from "../core/call.ts";
import type { Stage } from "../core/compose.ts";
import { errorBehaviour } from "../core/error-behaviour.ts";
import type { Fault } from "../core/fault.ts";
import type { End } from "../core/life.ts";
import type { Target } from "../core/target.ts";

/** How a target did lately. Times are milliseconds since 1970. */
export interface HealthRecord {
  /** Failures of the target's own since its last success. */
  readonly consecutiveFailures: number;
  readonly lastSuccessMs: number | undefined;
  readonly lastFailureMs: number | undefined;
  readonly lastFault: Fault | undefined;
}

/** Remembers how targets did. */
export interface HealthTracker {
  succeeded(target: Target): void;
  failed(target: Target, fault: Fault): void;
  /** Undefined where no call went to the target yet. */
  of(target: Target): HealthRecord | undefined;
}

/**
 * How many targets are remembered at most; `provider/model` names make their number the callers' to
 * choose.
 */
const maxTargets = 10_000;

const untried: HealthRecord = {
  consecutiveFailures: 0,
  lastSuccessMs: undefined,
  lastFailureMs: undefined,
  lastFault: undefined,
};

/** Makes a tracker. `wallMs` is the time of day in milliseconds since 1970. */
export function createHealthTracker(wallMs: () => number): HealthTracker {
  const records = new Map<string, HealthRecord>();
  // One key and two looks into the map, for this is done for each attempt.
  const change = (target: Target, next: (before: HealthRecord) => HealthRecord): void => {
    const key = keyOf(target);
    const before = records.get(key);
    if (before === undefined && records.size >= maxTargets) {
      const [oldest] = records.keys();
      if (oldest !== undefined) records.delete(oldest);
    }
    records.set(key, next(before ?? untried));
  };
  const succeeded = ({ lastFailureMs, lastFault }: HealthRecord): HealthRecord => ({
    consecutiveFailures: 0,
    lastSuccessMs: wallMs(),
    lastFailureMs,
    lastFault,
  });
  return {
    succeeded: (target) => change(target, succeeded),
    failed: (target, lastFault) =>
      change(target, ({ consecutiveFailures, lastSuccessMs }) => ({
        consecutiveFailures: consecutiveFailures + 1,
        lastSuccessMs,
        lastFailureMs: wallMs(),
        lastFault,
      })),
    of: (target) => records.get(keyOf(target)),
  };
}

/** The stage of the layer below. */
export function healthPolicy(
  _: Settings,
  { health: tracker }: { readonly health: HealthTracker },
): Stage {
  return { name: "health", layer: health(tracker) };
}

/**
 * Notes for each attempt how its target did. Only failures that cool a target count against it: a
 * caller's bad request or a prompt that is too long says nothing about the target. A caller who
 * leaves is neither a success nor a failure of it.
 */
export function health(tracker: HealthTracker): Layer {
  return (next) => (call) => {
    const { target } = attemptOf(call);
    call.life.atEnd((end) => note(tracker, target, end));
    return next(call);
  };
}

function note(tracker: HealthTracker, target: Target, end: End): void {
  if (end.kind === "whole") tracker.succeeded(target);
  else if (end.kind === "broken" && errorBehaviour(end.fault.reason).cools)
    tracker.failed(target, end.fault);
}

function keyOf(target: Target): string {
  return `${target.provider}\n${target.model}`;
}
