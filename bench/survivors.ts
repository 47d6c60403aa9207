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
      promoted += promotedIn(profiler.stop()?.statistics ?? []);
      profiler.start();
      return promoted;
    },
  };
}

/**
 * What these collections promoted. A sweep that a major collection left behind may end within a
 * minor one; the old spaces then shrink by what it freed, which takes nothing from the sum.
 */
export function promotedIn(collections: readonly Collection[]): number {
  return collections
    .filter(({ gcType }) => gcType === "Scavenge")
    .map(({ beforeGC, afterGC }) => oldBytes(afterGC) - oldBytes(beforeGC))
    .reduce((sum, grown) => sum + Math.max(0, grown), 0);
}

function oldBytes({ heapSpaceStatistics }: Spaces): number {
  return heapSpaceStatistics
    .filter(({ spaceName }) => !spaceName.startsWith("new_"))
    .reduce((sum, { spaceUsedSize }) => sum + spaceUsedSize, 0);
}

/** The part of `spaceUsedSize` by space that a sum of the old spaces needs. */
interface Spaces {
  readonly heapSpaceStatistics: readonly { spaceName: string; spaceUsedSize: number }[];
}

interface Collection {
  readonly gcType: string;
  readonly beforeGC: Spaces;
  readonly afterGC: Spaces;
}
