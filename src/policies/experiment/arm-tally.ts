import type { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Numbers } from "../../state/shared-tallies.ts";
import type { Tally } from "../../state/state.ts";
import type { Moments } from "./difference.ts";
import { bucketCount, bucketOf, quantileMs } from "./log-buckets.ts";

/** A call of an arm when it is over. */
export interface CountedCall {
  /** Why it failed. Undefined: it did not, or its caller left. */
  readonly failure: ErrorReason | undefined;
  readonly left: boolean;
  readonly durationMs: number;
  /** To the first content of a stream. Undefined: there was none, or no stream. */
  readonly firstTokenMs: number | undefined;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

// The places of a tally.
const wholes = 0;
const broken = 1;
const left = 2;
const inputTokens = 3;
const outputTokens = 4;
const unpriced = 5;
/** Three places each: how many, their sum, the sum of their squares. */
const total = 6;
const first = 9;
const cost = 12;
/** A place for each reason of a failure. */
const reasons = 16;
const maxReason = 64;
const totalBuckets = reasons + maxReason;
const firstBuckets = totalBuckets + bucketCount;

/** Counts a call. Times are those of calls that were answered whole. */
export function countCall(tally: Tally, call: CountedCall): void {
  tally.add(inputTokens, call.inputTokens);
  tally.add(outputTokens, call.outputTokens);
  if (call.left) {
    tally.add(left, 1);
    return;
  }
  if (call.failure !== undefined) {
    tally.add(broken, 1);
    tally.add(reasons + Math.min(call.failure, maxReason - 1), 1);
    return;
  }
  tally.add(wholes, 1);
  addTo(tally, total, call.durationMs);
  tally.add(totalBuckets + bucketOf(call.durationMs), 1);
  if (call.firstTokenMs === undefined) return;
  addTo(tally, first, call.firstTokenMs);
  tally.add(firstBuckets + bucketOf(call.firstTokenMs), 1);
}

/** Counts what a call cost, in nano-USD; undefined: what it took has no known price. */
export function countCost(tally: Tally, nanoUsd: bigint | undefined): void {
  if (nanoUsd === undefined) tally.add(unpriced, 1);
  else addTo(tally, cost, Number(nanoUsd));
}

function addTo(tally: Tally, place: number, value: number): void {
  tally.add(place, 1);
  tally.add(place + 1, value);
  tally.add(place + 2, value * value);
}

/** What is known of an arm. */
export interface ArmCounts {
  /** Answered whole. */
  readonly whole: number;
  readonly broken: number;
  readonly left: number;
  readonly reasons: readonly (readonly [reason: ErrorReason, count: number])[];
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly total: Times;
  readonly first: Times;
  /** In nano-USD. */
  readonly cost: Moments;
  readonly unpriced: number;
}

/** Times in milliseconds. */
export interface Times extends Moments {
  /** The time below which a share of them lies; undefined where there are none. */
  readonly quantile: (share: number) => number | undefined;
}

/** Reads what was counted. */
export function readCounts(tally: Numbers): ArmCounts {
  const found: (readonly [ErrorReason, number])[] = [];
  for (let reason: ErrorReason = 0; reason < maxReason; reason += 1) {
    const count = tally.get(reasons + reason);
    if (count > 0) found.push([reason, count]);
  }
  return {
    whole: tally.get(wholes),
    broken: tally.get(broken),
    left: tally.get(left),
    reasons: found,
    inputTokens: tally.get(inputTokens),
    outputTokens: tally.get(outputTokens),
    total: timesAt(tally, total, totalBuckets),
    first: timesAt(tally, first, firstBuckets),
    cost: momentsAt(tally, cost),
    unpriced: tally.get(unpriced),
  };
}

function timesAt(tally: Numbers, place: number, buckets: number): Times {
  const quantile = (share: number) => quantileMs((bucket) => tally.get(buckets + bucket), share);
  return { ...momentsAt(tally, place), quantile };
}

function momentsAt(tally: Numbers, place: number): Moments {
  return {
    count: tally.get(place),
    sum: tally.get(place + 1),
    sumOfSquares: tally.get(place + 2),
  };
}
