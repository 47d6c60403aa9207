import type { PreparedRequest } from "./lane.ts";
import { openLanes } from "./open-lanes.ts";
import { percentile } from "./statistics.ts";
import type { Subject } from "./subject.ts";

/** What one round of load on one subject measured. */
export interface Round {
  readonly requests: number;
  /** CPU time of the subject's process for each request, user and system, all threads. */
  readonly cpuUsPerRequest: number;
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Resident memory of the subject's process at the end of the round. */
  readonly residentBytes: number;
  /**
   * Bytes that minor collections of the subject moved into the old generation, in all of the round.
   */
  readonly promotedBytes: number;
}

/** How hard and for how long to drive a subject. */
export interface Load {
  /** Callers; each sends its next request when the reply to the last is complete. */
  readonly concurrency: number;
  /** No request begins after this time; those under way are waited for. */
  readonly durationMs: number;
  /** No request begins after so many. Absent: the time alone ends the round. */
  readonly maxRequests?: number;
  /** Least body bytes of a reply that counts as whole. */
  readonly leastBytes: number;
}

/**
 * Drives a subject for a time and charges it the CPU time it used meanwhile. Connections are made
 * before the clock starts. Rejects when a reply is not a success or is too short: a gateway that
 * fails fast must not look fast.
 */
export async function runRound(
  subject: Subject,
  request: PreparedRequest,
  load: Load,
): Promise<Round> {
  const lanes = await openLanes(subject.origin, request, load.concurrency);
  const latenciesMs: number[] = [];
  const before = await subject.usage();
  const startedMs = performance.now();
  const deadlineMs = startedMs + load.durationMs;
  let left = load.maxRequests ?? Number.POSITIVE_INFINITY;
  const drive = async (lane: (typeof lanes)[number]) => {
    for (let nowMs = performance.now(); nowMs < deadlineMs && left > 0; ) {
      left -= 1;
      const { ok, bytes } = await lane.exchange();
      if (!ok || bytes < load.leastBytes)
        throw new Error(`${subject.name} failed on ${request.path} (${bytes} bytes)`);
      const endMs = performance.now();
      latenciesMs.push(endMs - nowMs);
      nowMs = endMs;
    }
  };
  try {
    await Promise.all(lanes.map(drive));
    const elapsedMs = performance.now() - startedMs;
    const after = await subject.usage();
    return {
      requests: latenciesMs.length,
      cpuUsPerRequest: (after.cpuUs - before.cpuUs) / latenciesMs.length,
      requestsPerSecond: (latenciesMs.length * 1000) / elapsedMs,
      p50Ms: percentile(latenciesMs, 0.5),
      p99Ms: percentile(latenciesMs, 0.99),
      residentBytes: after.residentBytes,
      promotedBytes: after.promotedBytes - before.promotedBytes,
    };
  } finally {
    for (const lane of lanes) lane.close();
  }
}
