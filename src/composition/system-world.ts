import { randomUUID } from "node:crypto";
import { lookup } from "node:dns/promises";
import { Metrics } from "../core/metrics/metrics.ts";
import { createMemoryState } from "../state/state.ts";
import { readFactFile } from "./fact-book.ts";
import { timeOrderedId } from "./time-ordered-id.ts";
import type { World } from "./world.ts";

/**
 * The world of a real process: its clocks, its randomness and its timers. Records of calls, notices
 * and bugs are discarded unless the options receive them.
 */
export function createSystemWorld(
  loads: Pick<World, "loadConfig" | "loadStored" | "loadApplied">,
  own: Partial<World> = {},
): World {
  return {
    nowMs: () => performance.now(),
    wallMs: () => Date.now(),
    random: () => Math.random(),
    newId: () => timeOrderedId(Date.now()),
    schedule: systemSchedule,
    readFacts: readFactFile,
    lookup: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
    record: ignore,
    notice: ignore,
    onBug: ignore,
    ...loads,
    metrics: new Metrics(),
    instanceId: randomUUID(),
    state: createMemoryState(),
    ...own,
  };
}

/** Calls `run` after a time; gives a function that calls it off. */
export function systemSchedule(run: () => void, delayMs: number): () => void {
  const timer = setTimeout(run, Math.min(delayMs, longestTimerMs));
  return () => clearTimeout(timer);
}

/**
 * Longer timers would fire at once:
 * https://nodejs.org/api/timers.html#settimeoutcallback-delay-args
 */
const longestTimerMs = 2 ** 31 - 1;

function ignore(): void {
  // Records are discarded.
}
