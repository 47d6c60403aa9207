/** The numbers that a window of rates is kept in, for all threads. */
export interface RateCells {
  /** The numbers as they are, for reading. Not to be kept: the window may have to make room. */
  read(): Float64Array;
  /** Runs while no other thread changes them. It must be short. */
  change<T>(run: (cells: Float64Array) => T): T;
}

/** The cells of a window by its name, all zeros where there were none. */
export type OpenRateCells = (name: string) => RateCells;

/** How many numbers a window has. */
export const rateNumbers = 48;

/** Windows that are kept at most. */
export const maxRateWindows = 65_536;

/**
 * Makes the cells of a gateway that is one thread. Where there are too many, the first make room.
 */
export function createMemoryRateCells(): OpenRateCells {
  const known = new Map<string, RateCells>();
  return (name) => {
    const found = known.get(name);
    if (found !== undefined) return found;
    const [oldest] = known.keys();
    if (known.size >= maxRateWindows && oldest !== undefined) known.delete(oldest);
    const made = memoryRateCells();
    known.set(name, made);
    return made;
  };
}

/** Cells of one thread alone. */
export function memoryRateCells(): RateCells {
  const cells = new Float64Array(rateNumbers);
  return { read: () => cells, change: (run) => run(cells) };
}
