import type { OpenAttempt } from "../attempt-record.ts";

/** A call's duration by its parts, which add up to it; in milliseconds. */
export interface CallTimes {
  /** Waiting for a turn. */
  readonly queueMs: number;
  /** The gateway's own, but for `translateMs`. */
  readonly policyMs: number;
  /** Encoding requests for vendors, and reading their whole answers. */
  readonly translateMs: number;
  /** Waiting for vendors, for the rest of their streams too. */
  readonly upstreamMs: number;
  /** Waiting for the caller to take more of a stream. */
  readonly writeMs: number;
}

/** What the times of a call are found by. Times are monotonic, in milliseconds. */
export interface TimedCall {
  readonly startedMs: number;
  readonly nowMs: number;
  readonly queuedMs: number;
  /** Whether its answer is streamed: what follows the first content is waited for too. */
  readonly stream: boolean;
  /** In the order of their beginnings. */
  readonly attempts: readonly OpenAttempt[];
}

/** Divides the time that a call has taken until now. */
export function callTimes(call: TimedCall): CallTimes {
  const { startedMs, nowMs, queuedMs: queueMs, attempts } = call;
  let translateMs = 0;
  let writeMs = 0;
  for (const attempt of attempts) {
    translateMs += attempt.translatedMs;
    writeMs += attempt.heldUpMs;
  }
  const streamedMs = call.stream ? timeOfStreams(attempts, nowMs) : 0;
  const upstreamMs = Math.max(0, waitedMs(call) + streamedMs - translateMs - writeMs);
  const rest = nowMs - startedMs - queueMs - translateMs - upstreamMs - writeMs;
  return { queueMs, policyMs: Math.max(0, rest), translateMs, upstreamMs, writeMs };
}

/** Until the first content. Attempts that run side by side are waited for once. */
function waitedMs({ startedMs, attempts }: TimedCall): number {
  let waited = 0;
  let untilMs = startedMs;
  for (const attempt of attempts) {
    const sinceMs = Math.max(untilMs, attempt.waitedSinceMs);
    untilMs = Math.max(untilMs, attempt.waitedUntilMs);
    waited += Math.max(0, untilMs - sinceMs);
  }
  return waited;
}

/** From the first content of each attempt that answered to the next attempt, or to the end. */
function timeOfStreams(attempts: readonly OpenAttempt[], nowMs: number): number {
  let streamed = 0;
  let untilMs = nowMs;
  for (const attempt of attempts.toReversed()) {
    if (attempt.wasted) continue;
    if (attempt.firstTokenUs !== undefined)
      streamed += Math.max(0, untilMs - attempt.waitedUntilMs);
    untilMs = attempt.waitedSinceMs;
  }
  return streamed;
}
