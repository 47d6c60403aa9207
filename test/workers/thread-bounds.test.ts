import { describe, expect, it } from "vitest";
import { heapMbOfWorker, restartDelayMs } from "../../src/workers/thread-bounds.ts";

const gib = 1024 ** 3;

describe("the heap of a worker", () => {
  for (const [title, workers, heapBytes, memoryBytes, expected] of [
    ["is that of a process where memory is plenty", 4, 4 * gib, 64 * gib, 4096],
    ["is its part of three quarters of the memory, where that is less", 4, 2 * gib, 4 * gib, 768],
    ["follows --max-old-space-size", 2, 0.25 * gib, 64 * gib, 256],
    ["is enough to serve at all", 64, 2 * gib, gib, 128],
  ] as const) {
    it(title, () => expect(heapMbOfWorker(workers, heapBytes, memoryBytes)).toBe(expected));
  }
});

describe("a worker that ends at once", () => {
  it("that has served is started anew without any wait, and the next three times within 1 s", () => {
    expect(restartDelayMs(1)).toBe(0);
    expect([2, 3, 4].map(restartDelayMs).every((delayMs) => delayMs <= 1_000)).toBe(true);
  });

  it("is started anew at once, then later and later, up to half a minute", () => {
    const delays = [1, 2, 3, 4, 8, 9, 10, 1_000].map(restartDelayMs);
    expect(delays).toEqual([0, 250, 500, 1_000, 16_000, 30_000, 30_000, 30_000]);
  });
});
