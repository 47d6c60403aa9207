import type { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Settings } from "../../config/settings.ts";
import { attemptOf } from "../../core/attempt.ts";
import type { Layer } from "../../core/call.ts";
import type { Stage } from "../../core/compose.ts";
import { errorBehaviour } from "../../core/faults/error-behaviour.ts";
import type { End } from "../../core/life.ts";
import type { Target } from "../../core/target/target.ts";
import type { Records } from "../../state/state.ts";

/** How a target did lately. Times are milliseconds since 1970. */
export interface HealthRecord {
  /** Failures of the target's own since its last success. */
  readonly consecutiveFailures: number;
  readonly lastSuccessMs: number | undefined;
  readonly lastFailureMs: number | undefined;
  readonly lastReason: ErrorReason | undefined;
}

/** Remembers how targets did, for all threads of the gateway. */
export interface HealthTracker {
  succeeded(target: Target): void;
  failed(target: Target, reason: ErrorReason): void;
  /** Undefined where no call went to the target yet, or where others had to be remembered. */
  of(target: Target): HealthRecord | undefined;
}

/** What the numbers of a record are. */
const failuresAt = 0;
const successAt = 1;
const failureAt = 2;
const reasonAt = 3;

/**
 * Makes a tracker over `records`, which bound how many targets are remembered. `wallMs` is the time
 * of day in milliseconds since 1970.
 */
export function createHealthTracker(records: Records, wallMs: () => number): HealthTracker {
  return {
    succeeded(target) {
      const record = records.open(keyOf(target));
      record.set(failuresAt, 0);
      record.set(successAt, Math.round(wallMs()));
    },
    failed(target, reason) {
      const record = records.open(keyOf(target));
      record.add(failuresAt, 1);
      record.set(failureAt, Math.round(wallMs()));
      record.set(reasonAt, reason);
    },
    of(target) {
      const record = records.find(keyOf(target));
      return record === undefined
        ? undefined
        : {
            consecutiveFailures: record.get(failuresAt),
            lastSuccessMs: record.get(successAt) || undefined,
            lastFailureMs: record.get(failureAt) || undefined,
            lastReason: record.get(reasonAt) || undefined,
          };
    },
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
    tracker.failed(target, end.fault.reason);
}

function keyOf(target: Target): string {
  return `${target.provider}\n${target.model}`;
}
