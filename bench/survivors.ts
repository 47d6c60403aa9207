import { GCProfiler } from "node:v8";

/** Counts what outlives minor collections of this process. */
export interface SurvivorCount {
  /** Bytes that minor collections moved into the old generation since the count began. */
  promotedBytes(): number;
}

/**
 * Begins to count. The program stands still in a collection, so what the old spaces grow by within
 * one was promoted: the same figure as `promoted` of V8's `--trace-gc-nvp`, without its lines in
 * the program's output.
 */
export function countSurvivors(): SurvivorCount {
  const profiler = new GCProfiler();
  let promoted = 0;
  profiler.start();
  return {
    promotedBytes() {
      for (const { gcType, beforeGC, afterGC } of profiler.stop()?.statistics ?? []) {
        if (gcType === "Scavenge") promoted += oldBytes(afterGC) - oldBytes(beforeGC);
      }
      profiler.start();
      return promoted;
    },
  };
}

function oldBytes({ heapSpaceStatistics }: Collection["beforeGC"]): number {
  return heapSpaceStatistics
    .filter(({ spaceName }) => !spaceName.startsWith("new_"))
    .reduce((sum, { spaceUsedSize }) => sum + spaceUsedSize, 0);
}

type Collection = NonNullable<ReturnType<GCProfiler["stop"]>>["statistics"][number];
