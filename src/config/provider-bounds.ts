/** Bounds on an upstream call, in milliseconds. */
export interface TimeoutsPlan {
  /** Until connected, the wait for a connection to come free included. Default 10 seconds. */
  readonly connectMs: number;
  /** To the first content of a stream, or the head of a whole reply. Default 600 seconds. */
  readonly firstTokenMs: number;
  /** Then, between two frames with data, or two chunks of a whole reply. Default 120 seconds. */
  readonly idleMs: number;
  /** For the whole call. Default none. */
  readonly totalMs?: number;
}

/** How many calls a provider gets at once. */
export interface ConnectionsPlan {
  /** In all. Default 256. */
  readonly total: number;
  /**
   * Of one key, from 1 to `total`. Default half of them, and all where there is one key or none.
   */
  readonly perKey: number;
}
