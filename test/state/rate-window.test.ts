import { once } from "node:events";
import { Worker } from "node:worker_threads";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  createSharedState,
  createStateMemory,
  releaseThread,
} from "../../src/state/shared-state.ts";
import { createMemoryState, type State } from "../../src/state/state.ts";

const kinds: readonly (readonly [title: string, open: () => State])[] = [
  ["in memory", createMemoryState],
  ["shared", () => createSharedState(createStateMemory(2), 1)],
];
const startMs = 1_764_000_000_000;

for (const [title, open] of kinds) {
  const state = open();
  let names = 0;
  const fresh = () => {
    names += 1;
    return state.rateWindow(`w${names}`);
  };

  describe(`a window of rates ${title}`, () => {
    it("takes up to its limit, and again when the minute is over", () => {
      const window = fresh();
      expect([1, 2, 3].map(() => window.take(1, 2, startMs + 999))).toEqual([true, true, false]);
      expect(window.freeAtMs(1, 2, startMs + 999)).toBe(startMs + 61_000);
      expect(window.take(1, 2, startMs + 60_998)).toBe(false);
      expect(window.take(1, 2, startMs + 61_000)).toBe(true);
      expect(window.used(startMs + 61_000)).toBe(1);
    });

    it("never has more than its limit within a minute, wherever that begins", () => {
      const step = fc.record({
        pauseMs: fc.integer({ min: 0, max: 20_000 }),
        amount: fc.integer({ min: 1, max: 4 }),
      });
      fc.assert(
        fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
          const window = fresh();
          const taken: { atMs: number; amount: number }[] = [];
          let nowMs = startMs;
          for (const { pauseMs, amount } of steps) {
            nowMs += pauseMs;
            const freeMs = window.freeAtMs(amount, 5, nowMs);
            const took = window.take(amount, 5, nowMs);
            expect(took).toBe(freeMs === nowMs);
            if (took) taken.push({ atMs: nowMs, amount });
          }
          for (const { atMs } of taken) {
            const within = taken.filter((one) => one.atMs >= atMs && one.atMs <= atMs + 60_000);
            expect(within.reduce((sum, { amount }) => sum + amount, 0)).toBeLessThanOrEqual(5);
          }
        }),
      );
    });

    it("says truly when an amount is free", () => {
      const window = fresh();
      for (let at = 0; at < 10; at += 1) window.take(1, 10, startMs + at * 5_000);
      const nowMs = startMs + 50_000;
      const freeMs = window.freeAtMs(3, 10, nowMs);
      expect(freeMs).toBe(startMs + 71_000);
      expect(window.take(3, 10, (freeMs ?? 0) - 1)).toBe(false);
      expect(window.take(3, 10, freeMs ?? 0)).toBe(true);
      expect(window.freeAtMs(11, 10, nowMs)).toBeUndefined();
    });

    it("is corrected where it was taken, while that counts", () => {
      const window = fresh();
      window.take(100, 100, startMs);
      window.correct(-60, startMs, startMs + 30_000);
      expect(window.used(startMs + 30_000)).toBe(40);
      window.correct(50, startMs, startMs + 30_000);
      expect(window.used(startMs + 30_000)).toBe(90);
      expect(window.used(startMs + 61_000)).toBe(0);
      window.correct(50, startMs, startMs + 61_000);
      expect(window.used(startMs + 61_000)).toBe(0);
    });

    it("is never less than nothing", () => {
      const window = fresh();
      window.take(1, 10, startMs);
      window.correct(-5, startMs, startMs);
      expect(window.used(startMs)).toBe(0);
    });

    it("goes on where the clock is set back", () => {
      const window = fresh();
      window.take(2, 10, startMs);
      expect(window.take(2, 10, startMs - 3_600_000)).toBe(true);
      expect(window.used(startMs - 3_600_000)).toBe(4);
      expect(window.used(startMs + 61_000)).toBe(0);
    });
  });
}

describe("a window that threads share", () => {
  it("takes exactly its limit over all of them", async () => {
    const memory = createStateMemory(4);
    const limit = 5_000;
    const workers = [1, 2, 3].map(
      (thread) =>
        new Worker(new URL("rate-load.ts", import.meta.url), {
          workerData: { memory, thread, limit, nowMs: startMs },
        }),
    );
    const taken = await Promise.all(
      workers.map(async (worker) => (await once(worker, "message"))[0]),
    );
    expect(taken.reduce((sum, one) => sum + one, 0)).toBe(limit);
    expect(createSharedState(memory, 0).rateWindow("w").used(startMs)).toBe(limit);
  });

  it("is not held by a thread that has ended", () => {
    const memory = createStateMemory(2);
    const mine = createSharedState(memory, 0).rateWindow("w");
    mine.take(1, 10, startMs);
    // As if thread 1 had ended with the lock of every window.
    const words = new Int32Array(memory.rates.buffer);
    const { numbers } = memory.rates.shape;
    const rowWords = 4 + 2 * numbers;
    for (let row = 2; row < words.length; row += rowWords) words[row + 4 + 2 * (numbers - 1)] = 2;
    releaseThread(memory, 1);
    const since = performance.now();
    expect(mine.take(1, 10, startMs)).toBe(true);
    expect(mine.used(startMs)).toBe(2);
    expect(performance.now() - since).toBeLessThan(10_000);
  });
});
