import { describe, expect, it } from "vitest";
import { createLocalRateWindows } from "../../src/state/local-rate-window.ts";
import { createSharedState, createStateMemory } from "../../src/state/shared-state.ts";
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
      return { one, other, advance };
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
  });
}
