import type { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Settings } from "../../../config/settings.ts";
import { attemptOf } from "../../../core/attempt.ts";
import type { Call, Layer } from "../../../core/call.ts";
import type { Stage } from "../../../core/compose.ts";
import { concernsCredential } from "../../../core/faults/error-behaviour.ts";
import type { End } from "../../../core/life.ts";
import type { Target } from "../../../core/target/target.ts";
import type { NumberRecord, Records } from "../../../state/state.ts";
import { createFailureClasses, type FailureClasses } from "../failure-classes.ts";
import { isOutpaced } from "../hedge.ts";
import { forgetUsed, type UsedUp, usedUntilMs } from "../limits/used-rates.ts";
import {
  type Circuit,
  type CircuitFailure,
  type CircuitRule,
  circuitOf,
  circuitRuleOf,
  closeCircuit,
  hasOpened,
  noteFailure,
  noteSuccess,
  openedMs,
  openingOf,
  openReason,
} from "./circuit.ts";
import { type CircuitWatch, unwatched } from "./circuit-news.ts";
import { noClaims, type ProbeClaims } from "./probe-claims.ts";
import { createProbes, type Probe } from "./probes.ts";

/** How a target did lately. Times are milliseconds since 1970. */
export interface HealthRecord {
  /** Failures of the target's own since its last success. */
  readonly consecutiveFailures: number;
  readonly lastSuccessMs: number | undefined;
  readonly lastFailureMs: number | undefined;
  readonly lastReason: ErrorReason | undefined;
  readonly circuit: Circuit;
  /** When the circuit opened; undefined where it is closed. */
  readonly openedMs: number | undefined;
  /** Why it opened; undefined where it is closed. */
  readonly openReason: ErrorReason | undefined;
}

/** Remembers how targets did, for all threads of the gateway. */
export interface HealthTracker {
  /** `beganMs`: when the call began, in milliseconds since 1970. Absent: after all else. */
  succeeded(target: Target, beganMs?: number): void;
  /** `rule` undefined: the circuit does not open. */
  failed(target: Target, failure: CircuitFailure, rule: CircuitRule | undefined): void;
  /** Undefined where no call went to the target yet, or where others had to be remembered. */
  of(target: Target): HealthRecord | undefined;
  /** Whether it is called: how its circuit stands, or that its rate at the vendor is used up. */
  circuit(target: Target): Circuit | UsedUp;
  /** Has a call probe the target, where one is to. */
  probe(target: Target): Probe | undefined;
  /**
   * Claims that probe among the gateways that share a Redis, before the call is sent; false:
   * another one has it. Undefined where there is nothing to claim.
   */
  claim(target: Target, waiter: object): Promise<boolean> | undefined;
  /** Closes its circuit; gives whether it was not closed. */
  close(target: Target): boolean;
}

/** What the numbers of a record are; those after them are the circuit's. */
const failuresAt = 0;
const successAt = 1;
const failureAt = 2;
const reasonAt = 3;

const closed: Circuit = { state: "closed" };

/**
 * Makes a tracker over `records`, which bound how many targets are remembered. `wallMs` is the time
 * of day in milliseconds since 1970; `watch` hears of circuits that open and close.
 */
export function createHealthTracker(
  records: Records,
  wallMs: () => number,
  watch: CircuitWatch = unwatched,
  claims: ProbeClaims = noClaims,
): HealthTracker {
  const probes = createProbes({ records, wallMs, watch, claims });
  const keys = new WeakMap<Target, string>();
  /** Kept for each target: to hash a name anew costs more than all else here. */
  const keyOf = (target: Target): string => {
    const known = keys.get(target);
    if (known !== undefined) return known;
    const key = `${target.provider}\n${target.model}`;
    keys.set(target, key);
    return key;
  };
  return {
    succeeded(target, beganMs) {
      const key = keyOf(target);
      const record = records.open(key);
      const nowMs = wallMs();
      record.set(failuresAt, 0);
      record.set(successAt, Math.round(nowMs));
      if (noteSuccess(record, nowMs, beganMs)) watch.closed(key);
    },
    failed(target, failure, rule) {
      const key = keyOf(target);
      const record = records.open(key);
      const nowMs = wallMs();
      const consecutive = record.add(failuresAt, 1);
      record.set(failureAt, Math.round(nowMs));
      record.set(reasonAt, failure.reason);
      const first = !hasOpened(record);
      if (rule === undefined || !noteFailure(record, { failure, consecutive, rule }, nowMs)) return;
      const opening = openingOf(record);
      if (opening !== undefined) watch.opened(key, opening, first);
    },
    of(target) {
      const record = records.find(keyOf(target));
      return record === undefined ? undefined : read(record, wallMs());
    },
    circuit(target) {
      const record = records.find(keyOf(target));
      if (record === undefined) return closed;
      const circuit = hasOpened(record) ? circuitOf(record, wallMs()) : closed;
      const untilMs = usedUntilMs(record);
      if (untilMs === 0 || "untilMs" in circuit || untilMs <= wallMs()) return circuit;
      return { state: "used_up", untilMs };
    },
    probe: (target) => probes.begin(keyOf(target)),
    claim: (target, waiter) => probes.claim(keyOf(target), waiter),
    close(target) {
      const key = keyOf(target);
      const record = records.find(key);
      if (record === undefined) return false;
      forgetUsed(record);
      if (!closeCircuit(record, wallMs())) return false;
      record.set(failuresAt, 0);
      watch.closed(key);
      return true;
    },
  };
}

function read(record: NumberRecord, nowMs: number): HealthRecord {
  return {
    consecutiveFailures: record.get(failuresAt),
    lastSuccessMs: record.get(successAt) || undefined,
    lastFailureMs: record.get(failureAt) || undefined,
    lastReason: record.get(reasonAt) || undefined,
    circuit: circuitOf(record, nowMs),
    openedMs: openedMs(record),
    openReason: openReason(record),
  };
}

/** What the layer needs of the settings and the world. */
export interface HealthOptions {
  readonly tracker: HealthTracker;
  readonly classes: FailureClasses;
  /** When the circuit of a target opens that is tried for a model; undefined where it does not. */
  readonly rule: (model: string) => CircuitRule | undefined;
  /** The time of day in milliseconds since 1970. */
  readonly wallMs: () => number;
}

/** What the stage is made of beside the settings. */
export interface HealthWorld {
  readonly health: HealthTracker;
  /** The time of day in milliseconds since 1970. */
  readonly wallMs: () => number;
}

/** The stage of the layer below. */
export function healthPolicy(
  { resolve, config }: Settings,
  { health: tracker, wallMs }: HealthWorld,
): Stage {
  const classes = createFailureClasses(config.routing);
  const rule = (name: string) => {
    const model = resolve(name);
    return model === undefined ? undefined : circuitRuleOf(model);
  };
  return { name: "health", layer: health({ tracker, classes, rule, wallMs }) };
}

/**
 * Notes for each attempt how its target did, which opens and closes its circuit. Only failures that
 * cool a target count against it: a caller's bad request or a prompt that is too long says nothing
 * about the target. A caller who leaves is neither a success nor a failure of it.
 */
export function health(options: HealthOptions): Layer {
  return (next) => (call) => {
    const { target } = attemptOf(call);
    const probe = options.tracker.probe(target);
    const beganMs = options.wallMs();
    call.life.atEnd((end) => {
      const says = note(options, call, { end, beganMs });
      if (probe === undefined) return;
      if (says) return probe.settle();
      if (end.kind === "left" && isOutpaced(call)) probe.late(ruleOf(options, call));
      else probe.end();
    });
    return next(call);
  };
}

function ruleOf({ rule }: HealthOptions, call: Call): CircuitRule | undefined {
  return rule(attemptOf(call).model ?? call.model);
}

/** The end of a call that began at a time of day. */
interface Ended {
  readonly end: End;
  readonly beganMs: number;
}

/** Whether the end says anything of the target. */
function note(options: HealthOptions, call: Call, { end, beganMs }: Ended): boolean {
  const { tracker, classes } = options;
  const { target, outlet } = attemptOf(call);
  if (end.kind === "whole") {
    tracker.succeeded(target, beganMs);
    return true;
  }
  if (end.kind === "left" || !classes(end.fault.reason).cools) return false;
  const { reason, retryAfterMs } = end.fault;
  const immediate = concernsCredential(reason);
  // The provider has another credential, with which the target may answer.
  if (immediate && outlet.kind === "wire" && outlet.hasCredential?.() === true) return false;
  const failure = { reason, retryAfterMs, immediate };
  tracker.failed(target, failure, ruleOf(options, call));
  return true;
}
