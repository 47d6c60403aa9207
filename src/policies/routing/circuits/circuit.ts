import type { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import type { ConfiguredModel } from "../../../config/settings.ts";
import { durationMs } from "../../../core/time/duration-ms.ts";
import type { NumberRecord } from "../../../state/state.ts";

/**
 * Whether a target is called. `closed`: it is. `open`: it is left alone until `untilMs`.
 * `half_open`: the next call probes it. `probing`: a call does so, and others leave it alone. Times
 * are milliseconds since 1970.
 */
export type Circuit =
  | { readonly state: "closed" | "half_open" }
  | {
      readonly state: "open" | "probing";
      /** When it may be called again at the latest. */
      readonly untilMs: number;
    };

/** When a circuit opens, and for how long. */
export interface CircuitRule {
  readonly failurePercent: number;
  readonly minCalls: number;
  readonly consecutiveFailures: number;
  readonly openForMs: number;
}

/** A failure of a target as its circuit sees it. */
export interface CircuitFailure {
  readonly reason: ErrorReason;
  /** Opens it by itself: a rate limit, or a credential that is refused. */
  readonly immediate: boolean;
  /** How long the vendor wants to be left alone, in milliseconds. Absent: it does not say. */
  readonly retryAfterMs?: number | undefined;
}

/** The rule of a model's settings; undefined where its circuits never open. */
export function circuitRuleOf({ settings }: ConfiguredModel): CircuitRule | undefined {
  const { breaker } = settings;
  if (breaker.disabled) return undefined;
  const { failurePercent, minCalls, consecutiveFailures, openFor } = breaker;
  return { failurePercent, minCalls, consecutiveFailures, openForMs: durationMs(openFor) };
}

/** The calls that count towards `failurePercent` are those of so many milliseconds. */
const windowMs = 10_000;

/** A vendor cannot have itself left alone for longer, in milliseconds. */
const maxOpenMs = 3_600_000;

/** A probe that says nothing for so long, in milliseconds, is not waited for. */
const maxProbeMs = 60_000;

/** Where a record keeps its numbers. The first four are those of the target's health. */
const openUntilAt = 4;
const openedAt = 5;
const windowFromAt = 6;
const windowCallsAt = 7;
const windowFailuresAt = 8;
const probeUntilAt = 9;
const openReasonAt = 10;

/** How a circuit stands at a time of day. */
export function circuitOf(record: NumberRecord, nowMs: number): Circuit {
  const openUntilMs = record.get(openUntilAt);
  if (openUntilMs === 0) return { state: "closed" };
  if (openUntilMs > nowMs) return { state: "open", untilMs: openUntilMs };
  const probeUntilMs = record.get(probeUntilAt);
  return probeUntilMs > nowMs
    ? { state: "probing", untilMs: probeUntilMs }
    : { state: "half_open" };
}

/** Whether it is not closed, without a look at the clock. */
export function hasOpened(record: NumberRecord): boolean {
  return record.get(openUntilAt) !== 0;
}

/** When it opened, in milliseconds since 1970; undefined where it is closed. */
export function openedMs(record: NumberRecord): number | undefined {
  return hasOpened(record) ? record.get(openedAt) : undefined;
}

/** Why it opened last, or its target was found down since; undefined where it is closed. */
export function openReason(record: NumberRecord): ErrorReason | undefined {
  return (hasOpened(record) && record.get(openReasonAt)) || undefined;
}

/** Opens it until a time, which it keeps where it is open for longer already. */
export function openCircuit(record: NumberRecord, opening: Opening, nowMs: number): void {
  const { untilMs, openedMs: sinceMs, reason } = opening;
  if (!hasOpened(record)) record.set(openedAt, Math.round(sinceMs));
  record.set(openUntilAt, Math.max(record.get(openUntilAt), Math.round(untilMs)));
  record.set(openReasonAt, reason);
  record.set(probeUntilAt, 0);
  beginWindow(record, nowMs);
}

/** Closes it, and gives whether it was not. */
export function closeCircuit(record: NumberRecord, nowMs: number): boolean {
  if (!hasOpened(record)) return false;
  record.set(openUntilAt, 0);
  record.set(probeUntilAt, 0);
  beginWindow(record, nowMs);
  return true;
}

/** How a circuit is open. Times are milliseconds since 1970. */
export interface Opening {
  readonly untilMs: number;
  readonly openedMs: number;
  readonly reason: ErrorReason;
}

/** How it is open; undefined where it is closed. */
export function openingOf(record: NumberRecord): Opening | undefined {
  if (!hasOpened(record)) return undefined;
  return {
    untilMs: record.get(openUntilAt),
    openedMs: record.get(openedAt),
    reason: record.get(openReasonAt),
  };
}

/** Begins a probe where there is to be one, and gives whether it did. */
export function beginProbe(record: NumberRecord, nowMs: number): boolean {
  if (circuitOf(record, nowMs).state !== "half_open") return false;
  record.set(probeUntilAt, Math.round(nowMs + maxProbeMs));
  return true;
}

/** Ends a probe that said nothing of the target; another may follow. */
export function endProbe(record: NumberRecord): void {
  record.set(probeUntilAt, 0);
}

/** Leaves a probe to another gateway until a time. */
export function leaveProbe(record: NumberRecord, untilMs: number): void {
  record.set(probeUntilAt, Math.round(untilMs));
}

/**
 * Notes that a probe took too long: the target is left alone again for as long as a failure would
 * have it.
 */
export function noteLateProbe(record: NumberRecord, { openForMs }: CircuitRule, nowMs: number) {
  record.set(openUntilAt, Math.round(nowMs + openForMs));
  record.set(probeUntilAt, 0);
}

/**
 * Notes an answer, which closes the circuit; gives whether it was not closed. One to a call from
 * before it opened says nothing of what came since, such as that the vendor wants to be left alone.
 */
export function noteSuccess(record: NumberRecord, nowMs: number, beganMs = nowMs): boolean {
  if (hasOpened(record) && beganMs < record.get(openedAt)) return false;
  if (closeCircuit(record, nowMs)) return true;
  countCall(record, nowMs);
  return false;
}

/**
 * Notes a failure of the target's own, the `consecutive`-th in a row; gives whether the circuit is
 * open by it.
 */
export function noteFailure(
  record: NumberRecord,
  { failure, consecutive, rule }: NotedFailure,
  nowMs: number,
): boolean {
  countCall(record, nowMs);
  const failures = record.add(windowFailuresAt, 1);
  const calls = record.get(windowCallsAt);
  const opens =
    failure.immediate ||
    hasOpened(record) ||
    consecutive >= rule.consecutiveFailures ||
    (calls >= rule.minCalls && failures * 100 >= rule.failurePercent * calls);
  if (!opens) return false;
  const openMs = Math.min(maxOpenMs, openForMs(failure, rule));
  // A failure of a call from before does not shorten what a later one has set.
  openCircuit(record, { untilMs: nowMs + openMs, openedMs: nowMs, reason: failure.reason }, nowMs);
  return true;
}

/**
 * A vendor with a rate limit that says when it takes calls again is left alone for less than the
 * config says, but for half of it: else all calls would come back at once.
 */
function openForMs({ immediate, retryAfterMs }: CircuitFailure, rule: CircuitRule): number {
  if (retryAfterMs === undefined) return rule.openForMs;
  const floorMs = immediate ? Math.min(rule.openForMs / 2, rule.openForMs) : rule.openForMs;
  return Math.max(floorMs, retryAfterMs);
}

/** A failure with the rule that says what comes of it. */
interface NotedFailure {
  readonly failure: CircuitFailure;
  readonly consecutive: number;
  readonly rule: CircuitRule;
}

function countCall(record: NumberRecord, nowMs: number): void {
  if (nowMs - record.get(windowFromAt) >= windowMs) beginWindow(record, nowMs);
  record.add(windowCallsAt, 1);
}

function beginWindow(record: NumberRecord, nowMs: number): void {
  record.set(windowFromAt, Math.round(nowMs));
  record.set(windowCallsAt, 0);
  record.set(windowFailuresAt, 0);
}
