import { Strategy } from "../../../gen/parlance/config/v1/strategy_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Settings } from "../../config/settings.ts";
import { attemptOf } from "../../core/attempt.ts";
import type { Call, Layer } from "../../core/call.ts";
import type { Stage } from "../../core/compose.ts";
import type { End } from "../../core/life.ts";
import type { Target } from "../../core/target/target.ts";
import { isOutpaced } from "./hedge.ts";

/** How fast a target is. */
export interface Latency {
  /**
   * What a call like this is expected to wait, in milliseconds: for the first token of a stream, or
   * for each token of another answer. Undefined: nothing is known.
   */
  expectedMs(target: Target, stream: boolean): number | undefined;
  /**
   * The time in which 95 of the last 100 calls had their first token, of streams, or else their
   * answer, in milliseconds. Undefined where fewer than 20 are known.
   */
  p95Ms(target: Target, stream: boolean): number | undefined;
  /** Notes an attempt that has ended. */
  note(sample: LatencySample): void;
}

/** What an attempt says of the speed of its target. Times are in milliseconds. */
export interface LatencySample {
  readonly target: Target;
  readonly stream: boolean;
  /** Until the first token of a stream, or the answer; for as long as was waited where none came. */
  readonly waitedMs: number;
  /** Whether it was answered. False: it took longer than `waitedMs`. */
  readonly answered: boolean;
  /**
   * Of one without an answer: it was given up because it took long, for it timed out or a later try
   * was faster. Absent: its caller left.
   */
  readonly late?: boolean;
  /** Tokens of the answer, where they are known. */
  readonly outputTokens: number | undefined;
}

/** An average loses all but 37 % of itself in so many milliseconds. */
const decayMs = 10_000;

/** Waits that are kept for the 95th percentile. */
const keptWaits = 100;

/**
 * What is waited for in vain counts twice as long for each time in a row, so that a target which
 * answers none is tried ever more seldom; so many times at most.
 */
const maxDoublings = 6;

/** With fewer waits there is no percentile. */
const minWaits = 20;

/** Targets that are remembered; `provider/model` names make their number the callers' to choose. */
const maxTargets = 10_000;

/**
 * A moving average that rises to a higher value at once and falls to a lower one slowly, so that a
 * target that became slow is left at once: peak EWMA, as in Finagle
 * (https://twitter.github.io/finagle/guide/Clients.html#power-of-two-choices-p2c-peak-ewma).
 */
class PeakAverage {
  #ms: number | undefined;
  #atMs = 0;

  add(ms: number, nowMs: number): void {
    const before = this.at(nowMs);
    const kept = Math.exp(-(nowMs - this.#atMs) / decayMs);
    this.#ms = before === undefined || ms > before ? ms : before * kept + ms * (1 - kept);
    this.#atMs = nowMs;
  }

  /** The average decays while nothing is heard, so that the target is tried again. */
  at(nowMs: number): number | undefined {
    return this.#ms === undefined
      ? undefined
      : this.#ms * Math.exp(-Math.max(0, nowMs - this.#atMs) / decayMs);
  }
}

/** What is known of one kind of calls to one target. */
interface Known {
  readonly average: PeakAverage;
  readonly waits: number[];
  next: number;
  /** How many calls in a row were late. */
  late: number;
  /** The percentile of the waits; undefined where it must be computed anew. */
  p95: number | undefined;
}

/** Makes a memory that goes by a monotonic clock in milliseconds. It is of one thread. */
export function createLatency(nowMs: () => number): Latency {
  const targets = new Map<string, Known>();
  const find = ({ provider, model }: Target, stream: boolean) =>
    targets.get(keyOf(provider, model, stream));
  const open = ({ provider, model }: Target, stream: boolean): Known => {
    const key = keyOf(provider, model, stream);
    const known = targets.get(key);
    if (known !== undefined) return known;
    if (targets.size >= maxTargets) targets.clear();
    const made = { average: new PeakAverage(), waits: [], next: 0, late: 0, p95: undefined };
    targets.set(key, made);
    return made;
  };
  return {
    expectedMs: (target, stream) => find(target, stream)?.average.at(nowMs()),
    p95Ms(target, stream) {
      const known = find(target, stream);
      return known === undefined ? undefined : p95Of(known);
    },
    note({ target, stream, waitedMs, answered, late = false, outputTokens = 1 }) {
      const known = open(target, stream);
      const ms = stream ? waitedMs : waitedMs / Math.max(1, outputTokens);
      if (answered) {
        known.late = 0;
        known.average.add(ms, nowMs());
        keep(known, waitedMs);
        return;
      }
      // It says only that it takes longer, and nothing where more was expected.
      if (late) known.late = Math.min(known.late + 1, maxDoublings);
      const boundMs = ms * 2 ** known.late;
      if (boundMs > (known.average.at(nowMs()) ?? 0)) known.average.add(boundMs, nowMs());
      if (late || waitedMs > (p95Of(known) ?? Number.POSITIVE_INFINITY)) keep(known, waitedMs);
    },
  };
}

function p95Of(known: Known): number | undefined {
  if (known.waits.length < minWaits) return undefined;
  known.p95 ??= percentile95(known.waits);
  return known.p95;
}

function keep(known: Known, waitedMs: number): void {
  known.waits[known.next] = waitedMs;
  known.next = (known.next + 1) % keptWaits;
  known.p95 = undefined;
}

function percentile95(waits: readonly number[]): number {
  const sorted = waits.toSorted((one, other) => one - other);
  return sorted[Math.ceil(sorted.length * 0.95) - 1] ?? 0;
}

function keyOf(provider: string, model: string, stream: boolean): string {
  return `${stream ? "s" : "w"}\n${provider}\n${model}`;
}

/** The stage of the layer below; undefined where nothing goes by latency. */
export function latencyPolicy(
  { models }: Settings,
  { latency }: { readonly latency: Latency },
): Stage | undefined {
  const goesBy = [...models.values()].some(
    ({ settings: { strategy, hedge } }) =>
      strategy === Strategy.LOWEST_LATENCY || (hedge !== undefined && hedge.after === undefined),
  );
  return goesBy ? { name: "latency", layer: watchLatency(latency) } : undefined;
}

/** Notes the latency of each attempt at its end, also of those that were left or timed out. */
export function watchLatency(latency: Latency): Layer {
  return (next) => (call) => {
    call.life.atEnd((end) => noteEnd(latency, call, end));
    return next(call);
  };
}

function noteEnd(latency: Latency, call: Call, end: End): void {
  const { target, record } = attemptOf(call);
  const answered = record.firstTokenUs !== undefined;
  const { stream } = call.request;
  const late = end.kind === "left" ? isOutpaced(call) : isTimeout(end);
  if (!answered && !late && end.kind !== "left") return;
  const tokens = end.usage?.outputTokens;
  latency.note({
    target,
    stream,
    waitedMs: record.durationUs / 1000,
    answered,
    late,
    outputTokens: tokens === undefined ? undefined : Number(tokens),
  });
}

/** Whether an attempt was given up because it took too long. */
function isTimeout(end: End): boolean {
  if (end.kind !== "broken") return false;
  const { reason } = end.fault;
  return reason === ErrorReason.UPSTREAM_TIMEOUT || reason === ErrorReason.DEADLINE_EXCEEDED;
}
