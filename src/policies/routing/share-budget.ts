/** The time over which calls are counted, in milliseconds. */
const windowMs = 10_000;

/** Extra tries that are always allowed within the window. */
const alwaysAllowed = 3;

/** The models whose calls are counted at most; names come from callers. */
const maxModels = 10_000;

/**
 * Bounds how many calls get another try, so that tries do not add to what is too much already.
 * Counts the calls of each model in this thread.
 */
export interface ShareBudget {
  /** Counts a call. */
  called(model: string): void;
  /** Whether a call may have another try; counts it where it may. */
  take(model: string, percent: number): boolean;
}

interface Count {
  fromMs: number;
  calls: number;
  extra: number;
  /** What the window before had. */
  before: number;
}

/** Makes a budget that goes by a monotonic clock in milliseconds. */
export function createShareBudget(nowMs: () => number): ShareBudget {
  const counts = new Map<string, Count>();
  const countOf = (model: string): Count => {
    const now = nowMs();
    const known = counts.get(model);
    if (known === undefined) {
      if (counts.size >= maxModels) counts.clear();
      const made = { fromMs: now, calls: 0, extra: 0, before: 0 };
      counts.set(model, made);
      return made;
    }
    const passed = now - known.fromMs;
    if (passed < windowMs) return known;
    known.before = passed < 2 * windowMs ? known.calls : 0;
    known.calls = 0;
    known.extra = 0;
    known.fromMs = now;
    return known;
  };
  return {
    called(model) {
      countOf(model).calls += 1;
    },
    take(model, percent) {
      const count = countOf(model);
      // The calls of the last 10 seconds: all of this window, and the part of the one before.
      const left = 1 - (nowMs() - count.fromMs) / windowMs;
      const calls = count.calls + count.before * Math.max(0, left);
      if (count.extra >= Math.max(alwaysAllowed, (calls * percent) / 100)) return false;
      count.extra += 1;
      return true;
    },
  };
}
