/** A clock that stands until it is moved. */
export interface FakeClock {
  readonly nowMs: () => number;
  readonly schedule: (run: () => void, delayMs: number) => () => void;
  /** Moves the clock; timers that become due run in their order, each at its own time. */
  advance(ms: number): void;
  /** How many timers wait. */
  waiting(): number;
}

/** Makes a clock that begins at 0. */
export function createFakeClock(): FakeClock {
  let nowMs = 0;
  const timers = new Map<object, { readonly dueMs: number; readonly run: () => void }>();
  const nextDue = (untilMs: number) =>
    [...timers]
      .filter(([, { dueMs }]) => dueMs <= untilMs)
      .toSorted(([, one], [, other]) => one.dueMs - other.dueMs)[0];
  return {
    nowMs: () => nowMs,
    schedule(run, delayMs) {
      const id = {};
      timers.set(id, { dueMs: nowMs + delayMs, run });
      return () => void timers.delete(id);
    },
    advance(ms) {
      const untilMs = nowMs + ms;
      for (let due = nextDue(untilMs); due !== undefined; due = nextDue(untilMs)) {
        const [id, { dueMs, run }] = due;
        timers.delete(id);
        nowMs = dueMs;
        run();
      }
      nowMs = untilMs;
    },
    waiting: () => timers.size,
  };
}
