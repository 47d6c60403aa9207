import type { HealthCheckKind } from "../../../../gen/parlance/config/v1/health_check_pb.js";
import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import type { ConfiguredModel, WeightedTarget } from "../../../config/settings.ts";
import { isWildcard } from "../../../core/names/name-pattern.ts";
import { durationMs } from "../../../core/time/duration-ms.ts";
import type { SharedRedis } from "../../../state/redis/shared-redis.ts";
import type { Slots } from "../../../state/state.ts";
import type { HealthRecord, HealthTracker } from "../circuits/health.ts";
import type { TargetOrders } from "../operator/target-orders.ts";

/** A target that is checked. Times are in milliseconds. */
export interface CheckedTarget {
  readonly target: WeightedTarget;
  /** The first model that wants it checked. */
  readonly model: string;
  readonly everyMs: number;
  readonly timeoutMs: number;
  readonly kind: HealthCheckKind;
}

/** What checks are made by. */
export interface CheckOptions {
  readonly health: HealthTracker;
  readonly orders: TargetOrders;
  readonly redis: SharedRedis;
  /** Held by the thread of the gateway that checks. */
  readonly checker: Slots;
  /** Calls `run` after a time; gives a function that calls it off. */
  readonly schedule: (run: () => void, delayMs: number) => () => void;
  /** The time of day in milliseconds since 1970. */
  readonly wallMs: () => number;
  /** Sends a target what it is checked by; resolves in the end, however it ends. */
  readonly check: (one: CheckedTarget) => Promise<void>;
}

/** The checks of a gateway, which go on until they are closed. */
export interface HealthChecks {
  /** Checks these targets from now on, and no others. */
  keep(targets: readonly CheckedTarget[]): void;
  close(): void;
}

/** Makes the checks of a gateway that checks nothing yet. */
export function createHealthChecks(options: CheckOptions): HealthChecks {
  const { schedule, checker } = options;
  let callOffs = new Set<() => void>();
  let holds = false;
  const stop = (): void => {
    for (const callOff of callOffs) callOff();
    callOffs = new Set();
  };
  const begin = (one: CheckedTarget, kept: Set<() => void>): void => {
    const callOff = schedule(() => {
      kept.delete(callOff);
      holds ||= checker.take(1);
      void checkWhereDue(options, one, holds).finally(() => {
        if (kept === callOffs) begin(one, kept);
      });
    }, one.everyMs);
    kept.add(callOff);
  };
  return {
    keep(targets) {
      stop();
      for (const one of targets) begin(one, callOffs);
    },
    close() {
      stop();
      if (holds) checker.give();
      holds = false;
    },
  };
}

/** The targets that models want checked, each once, by the shortest time between checks. */
export function checkedTargets(
  models: Iterable<ConfiguredModel>,
  defaults: Pick<CheckedTarget, "everyMs" | "timeoutMs">,
): readonly CheckedTarget[] {
  const checked = new Map<string, CheckedTarget>();
  for (const { settings, targets } of models) {
    const { healthCheck } = settings;
    if (healthCheck === undefined) continue;
    const { every, timeout, kind } = healthCheck;
    const everyMs = durationMs(every) ?? defaults.everyMs;
    const timeoutMs = durationMs(timeout) ?? defaults.timeoutMs;
    for (const target of targets) {
      const name = `${target.provider}/${target.model}`;
      if (target.weight === 0 || isWildcard(name)) continue;
      if (everyMs >= (checked.get(name)?.everyMs ?? Number.POSITIVE_INFINITY)) continue;
      checked.set(name, { target, model: settings.name, everyMs, timeoutMs, kind });
    }
  }
  return [...checked.values()];
}

async function checkWhereDue(
  options: CheckOptions,
  one: CheckedTarget,
  holds: boolean,
): Promise<void> {
  const { health, orders, wallMs } = options;
  if (!holds || orders.of(one.target, one.model)?.state === "disabled") return;
  if (!isDue(health.of(one.target), one.everyMs, wallMs())) return;
  if (await isLeased(options, one)) await options.check(one);
}

/** Nothing is due while calls are answered, and while a vendor wants to be left alone. */
function isDue(record: HealthRecord | undefined, everyMs: number, nowMs: number): boolean {
  if (record === undefined) return true;
  const { circuit, openReason, lastSuccessMs = 0 } = record;
  if (circuit.state === "probing") return false;
  if (circuit.state === "open") return openReason !== ErrorReason.UPSTREAM_RATE_LIMITED;
  return circuit.state === "half_open" || nowMs - lastSuccessMs >= everyMs;
}

/** Whether this gateway makes the check; it does where Redis is silent. */
async function isLeased({ redis }: CheckOptions, one: CheckedTarget): Promise<boolean> {
  if (!redis.isUp()) return true;
  const { provider, model } = one.target;
  const key = redis.key("health-check", `${provider}/${model}`);
  // A little less than the time until the next one, so that whoever comes first makes it.
  const leaseMs = Math.ceil(one.everyMs * 0.9);
  const outcome = await redis.call(["SET", key, "1", "NX", "PX", leaseMs]);
  return !outcome.ok || outcome.value !== null;
}
