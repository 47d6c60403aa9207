/**
 * How large the heap of each worker may grow, in MiB: as large as that of a process of one thread,
 * and no more than its part of three quarters of the machine's memory, so that a worker that needs
 * too much ends before the system ends all. At least 128.
 */
export function heapMbOfWorker(workers: number, heapBytes: number, memoryBytes: number): number {
  const part = (memoryBytes * 0.75) / workers;
  return Math.max(128, Math.floor(Math.min(heapBytes, part) / (1024 * 1024)));
}

/**
 * How long to wait before a worker is started anew, in milliseconds, after so many ends in a row
 * none of which came after 10 s of service: not at all at first, then 0.25 s, twice as long each
 * time, at most 30 s.
 */
export function restartDelayMs(endsInRow: number): number {
  return endsInRow <= 1 ? 0 : Math.min(30_000, 250 * 2 ** Math.min(endsInRow - 2, 20));
}

/** A worker that has served for so long, in milliseconds, has not ended at once. */
export const settledMs = 10_000;
