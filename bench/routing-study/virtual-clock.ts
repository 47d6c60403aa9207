import type { Clock } from "../../src/core/life.ts";

/** A clock whose time passes only as fast as there is something to do. */
export interface VirtualClock extends Clock {
  /**
   * Runs every timer, each at its own time and in the order in which they were set, until none is
   * left. What a timer sets off is over, but for what waits for another timer, before the next one
   * runs.
   */
  run(): Promise<void>;
}

interface Timer {
  readonly dueMs: number;
  /** Timers that are due at the same time run in the order of their numbers. */
  readonly number: number;
  run: (() => void) | undefined;
}

/** Makes a clock that begins at 0. */
export function createVirtualClock(): VirtualClock {
  const timers = new TimerHeap();
  let nowMs = 0;
  let count = 0;
  return {
    nowMs: () => nowMs,
    schedule(run, delayMs) {
      count += 1;
      const timer: Timer = { dueMs: nowMs + Math.max(0, delayMs), number: count, run };
      timers.add(timer);
      return () => {
        timer.run = undefined;
      };
    },
    async run() {
      for (let timer = timers.take(); timer !== undefined; timer = timers.take()) {
        if (timer.run === undefined) continue;
        nowMs = timer.dueMs;
        timer.run();
        // All promises that can settle without a timer settle before this one.
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}

/** Timers, of which the first that is due is at hand: a binary heap. */
class TimerHeap {
  readonly #timers: Timer[] = [];

  add(timer: Timer): void {
    let at = this.#timers.length;
    this.#timers.push(timer);
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!this.#isBefore(at, above)) return;
      this.#swap(at, above);
      at = above;
    }
  }

  take(): Timer | undefined {
    const [first] = this.#timers;
    const last = this.#timers.pop();
    if (last === undefined || first === last) return first;
    this.#timers[0] = last;
    let at = 0;
    for (;;) {
      const below = 2 * at + 1;
      const smaller = this.#isBefore(below + 1, below) ? below + 1 : below;
      if (!this.#isBefore(smaller, at)) return first;
      this.#swap(smaller, at);
      at = smaller;
    }
  }

  #isBefore(at: number, other: number): boolean {
    const [one, two] = [this.#timers[at], this.#timers[other]];
    if (one === undefined || two === undefined) return false;
    return one.dueMs < two.dueMs || (one.dueMs === two.dueMs && one.number < two.number);
  }

  #swap(at: number, other: number): void {
    const [one, two] = [this.#timers[at], this.#timers[other]];
    if (one === undefined || two === undefined) return;
    this.#timers[at] = two;
    this.#timers[other] = one;
  }
}
