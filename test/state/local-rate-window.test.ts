import { once } from "node:events";
import { Worker } from "node:worker_threads";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createLocalRateWindows } from "../../src/state/local-rate-window.ts";
import {
  createSharedState,
  createStateMemory,
  releaseThread,
} from "../../src/state/shared-state.ts";
import { createMemoryState, type State } from "../../src/state/state.ts";

const kinds: readonly [title: string, states: () => readonly [State, State]][] = [
  [
    "of one thread",
    () => {
      const state = createMemoryState();
      return [state, state];
    },
  ],
  [
    "of two threads",
    () => {
      const memory = createStateMemory(2);
      return [createSharedState(memory, 0), createSharedState(memory, 1)];
    },
  ],
];

for (const [title, states] of kinds) {
  describe(`a window ${title}`, () => {
    const setUp = (windowMs = 60_000) => {
      let nowMs = 1_700_000_001_234;
      const [one, other] = states().map((state) =>
        createLocalRateWindows(state, () => nowMs).open("rpm\na\nb", windowMs),
      );
      if (one === undefined || other === undefined) throw new Error("no windows");
      const advance = (ms: number) => {
        nowMs += ms;
      };
      return { one, other, advance, nowMs: () => nowMs };
    };

    it("takes up to its limit, whoever takes", () => {
      const { one, other } = setUp();
      expect([one.take(1, 3), other.take(1, 3), one.take(1, 3), other.take(1, 3)]).toEqual([
        true,
        true,
        true,
        false,
      ]);
      expect(one.used()).toBe(3);
    });

    it("is free again when what was taken is as old as the window", () => {
      const { one, advance } = setUp();
      one.take(2, 2);
      expect(one.freeInMs(1, 2)).toBe(60_000);
      advance(59_999);
      expect(one.take(1, 2)).toBe(false);
      advance(1);
      expect(one.take(1, 2)).toBe(true);
    });

    it("never has more than its limit within any window", () => {
      const { one, advance } = setUp();
      const taken: number[] = [];
      for (let ms = 0; ms < 300_000; ms += 250) {
        if (one.take(1, 20) === true) taken.push(ms);
        advance(250);
      }
      for (const [at, ms] of taken.entries())
        expect(taken.slice(at).filter((later) => later < ms + 60_000).length).toBeLessThanOrEqual(
          20,
        );
      expect(taken.length).toBeGreaterThan(90);
    });

    it("says when an amount is free, and takes it then", () => {
      const { one, advance } = setUp(1_000);
      for (const amount of [5, 3, 2]) {
        one.take(amount, 10);
        advance(200);
      }
      const waitMs = one.freeInMs(4, 10);
      expect(waitMs).toBe(400);
      advance(waitMs - 1);
      expect(one.take(4, 10)).toBe(false);
      advance(1);
      expect(one.take(4, 10)).toBe(true);
    });

    it("takes what is above its limit only when it is empty", () => {
      const { one, other, advance } = setUp();
      expect(one.take(50, 10)).toBe(true);
      expect(other.take(1, 10)).toBe(false);
      advance(60_000);
      other.add(1);
      expect(one.take(50, 10)).toBe(false);
    });

    it("counts what is added, and gives back what was too much", () => {
      const { one, other } = setUp();
      one.take(100, 100);
      one.add(-60);
      expect(other.used()).toBe(40);
      other.add(100);
      expect(one.used()).toBe(140);
      expect(one.take(1, 100)).toBe(false);
    });

    it("is corrected where it was taken, and not when that is over", () => {
      const { one, other, advance, nowMs } = setUp();
      const takenMs = nowMs();
      one.take(100, 100);
      advance(30_000);
      other.take(10, 1000);
      one.add(-90, takenMs);
      expect(one.used()).toBe(20);
      advance(30_000);
      // What was given back does not stand for what was taken later.
      expect(one.used()).toBe(10);
      one.add(50, takenMs);
      one.add(-50, takenMs);
      expect(one.used()).toBe(10);
    });

    it("never has more than its limit, whatever is taken and when", () => {
      const step = fc.record({
        pauseMs: fc.integer({ min: 0, max: 20_000 }),
        amount: fc.integer({ min: 1, max: 4 }),
      });
      fc.assert(
        fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
          const { one, other, advance, nowMs } = setUp();
          const taken: { atMs: number; amount: number }[] = [];
          for (const [at, { pauseMs, amount }] of steps.entries()) {
            advance(pauseMs);
            const freeInMs = one.freeInMs(amount, 5);
            const took = (at % 2 === 0 ? one : other).take(amount, 5);
            expect(took).toBe(freeInMs === 0);
            if (took === true) taken.push({ atMs: nowMs(), amount });
          }
          for (const { atMs } of taken) {
            const within = taken.filter((each) => each.atMs >= atMs && each.atMs < atMs + 60_000);
            expect(within.reduce((sum, { amount }) => sum + amount, 0)).toBeLessThanOrEqual(5);
          }
        }),
      );
    });
  });
}

describe("a window that threads share", () => {
  const startMs = 1_764_000_000_000;

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
    const windows = createLocalRateWindows(createSharedState(memory, 0), () => startMs);
    expect(windows.open("w", 60_000).used()).toBe(limit);
  });

  it("is not held by a thread that has ended", () => {
    const memory = createStateMemory(2);
    const state = createSharedState(memory, 0);
    const window = createLocalRateWindows(state, () => startMs).open("w", 60_000);
    void window.take(1, 10);
    // As if thread 1 had ended with the lock of every window.
    const words = new Int32Array(memory.rates.buffer);
    const { numbers } = memory.rates.shape;
    const locks: number[] = [];
    for (let row = 2; row < words.length; row += 4 + 2 * numbers)
      locks.push(row + 4 + 2 * (numbers - 1));
    for (const lock of locks) words[lock] = 2;
    releaseThread(memory, 1);
    expect(locks.every((lock) => words[lock] === 0)).toBe(true);
    expect(window.take(1, 10)).toBe(true);
    expect(window.used()).toBe(2);
  });
});
