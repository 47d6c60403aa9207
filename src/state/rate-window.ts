/**
 * What was counted under a name in the last minute, by whole seconds. Times are milliseconds since
 * 1970. A second counts until it is over a minute ago as a whole, so that no minute has more than a
 * limit, wherever it begins.
 */
export interface RateWindow {
  /** Counts an amount where at most `limit` is counted then; else counts nothing, gives false. */
  take(amount: number, limit: number, nowMs: number): boolean;
  /** Corrects by an amount what was counted at `atMs`, unless that is over a minute ago. */
  correct(amount: number, atMs: number, nowMs: number): void;
  /** What is counted. */
  used(nowMs: number): number;
  /**
   * When an amount more could be counted: now where it could be already. Undefined: never, for it is
   * above the limit by itself.
   */
  freeAtMs(amount: number, limit: number, nowMs: number): number | undefined;
}

/** The window of a name: the same one for all who count under it. */
export type RateWindows = (name: string) => RateWindow;

/** Seconds that count: a minute, and the one that it begins in. */
const seconds = 61;

/** Windows that are kept at most; names come from the configuration. */
export const maxWindows = 8_192;

/** Makes windows of one thread. */
export function createMemoryWindows(): RateWindows {
  const windows = new Map<string, RateWindow>();
  return (name) => {
    const known = windows.get(name);
    if (known !== undefined) return known;
    if (windows.size >= maxWindows) {
      const [oldest] = windows.keys();
      if (oldest !== undefined) windows.delete(oldest);
    }
    const made = createRateWindow();
    windows.set(name, made);
    return made;
  };
}

/** Makes a window in plain memory. */
export function createRateWindow(): RateWindow {
  const cells = new Float64Array(rateCells);
  return windowOver(
    () => cells,
    (run) => run(cells),
  );
}

/** Numbers that a window is made of: the last second that was counted in, the sum, and seconds. */
export const rateCells = 2 + seconds;

const lastAt = 0;
const sumAt = 1;
const firstAt = 2;

/**
 * Makes a window over cells that nobody else touches while a function runs with them. `peek` gives
 * them as they are, for reading: what is known within a second needs no lock.
 */
export function windowOver(
  peek: () => Float64Array,
  withCells: <T>(run: (cells: Float64Array) => T) => T,
): RateWindow {
  /** The sum, where nothing of it is to be forgotten yet. */
  const sumNow = (nowMs: number): number | undefined => {
    const cells = peek();
    return read(cells, lastAt) === Math.floor(nowMs / 1000) ? read(cells, sumAt) : undefined;
  };
  return {
    take: (amount, limit, nowMs) =>
      withCells((cells) => {
        advance(cells, nowMs);
        if (read(cells, sumAt) + amount > limit) return false;
        add(cells, read(cells, lastAt), amount);
        return true;
      }),
    correct(amount, atMs, nowMs) {
      withCells((cells) => {
        advance(cells, nowMs);
        const second = Math.floor(atMs / 1000);
        const last = read(cells, lastAt);
        if (second <= last - seconds) return;
        // What a clock that was set back counted later stands in the last second.
        const at = Math.min(second, last);
        add(cells, at, Math.max(amount, -read(cells, cellOf(at))));
      });
    },
    used(nowMs) {
      return (
        sumNow(nowMs) ??
        withCells((cells) => {
          advance(cells, nowMs);
          return read(cells, sumAt);
        })
      );
    },
    freeAtMs(amount, limit, nowMs) {
      const sum = sumNow(nowMs);
      if (sum !== undefined && sum + amount <= limit) return nowMs;
      return withCells((cells) => {
        advance(cells, nowMs);
        return freeAtMs(cells, limit - amount, nowMs);
      });
    },
  };
}

/** Forgets what is over a minute ago. A clock that is set back counts in the last second. */
function advance(cells: Float64Array, nowMs: number): void {
  const now = Math.floor(nowMs / 1000);
  const last = read(cells, lastAt);
  if (now <= last) return;
  const passed = Math.min(now - last, seconds);
  for (let second = now - passed + 1; second <= now; second += 1) {
    const at = cellOf(second);
    cells[sumAt] = read(cells, sumAt) - read(cells, at);
    cells[at] = 0;
  }
  cells[lastAt] = now;
}

function freeAtMs(cells: Float64Array, room: number, nowMs: number): number | undefined {
  let sum = read(cells, sumAt);
  if (sum <= room) return nowMs;
  if (room < 0) return undefined;
  const last = read(cells, lastAt);
  for (let second = last - seconds + 1; second <= last; second += 1) {
    sum -= read(cells, cellOf(second));
    if (sum <= room) return (second + seconds) * 1000;
  }
  return undefined;
}

function add(cells: Float64Array, second: number, amount: number): void {
  const at = cellOf(second);
  cells[at] = read(cells, at) + amount;
  cells[sumAt] = read(cells, sumAt) + amount;
}

function cellOf(second: number): number {
  return firstAt + (((second % seconds) + seconds) % seconds);
}

function read(cells: Float64Array, at: number): number {
  return cells[at] ?? 0;
}
