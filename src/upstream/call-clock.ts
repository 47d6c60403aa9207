/** The time as calls to upstreams see it. */
export interface Clock {
  /** Monotonic, in milliseconds. */
  readonly nowMs: () => number;
  /** Calls `run` after a time; gives a function that calls it off. */
  readonly schedule: (run: () => void, delayMs: number) => () => void;
}

/** Time bounds of one call, in milliseconds; 0 switches one off. */
export interface UpstreamTimeouts {
  /** Until the request can be written: in wait of a connection, and for its TLS handshake. */
  readonly connectMs: number;
  /**
   * From the request written to the first content of a stream, which its reader tells, or to the
   * head of a reply that is read whole.
   */
  readonly firstTokenMs: number;
  /**
   * After that, between two parts of the body: of a stream those that its reader tells. Does not
   * run while our reader is the slow one.
   */
  readonly idleMs: number;
}

/** Which bound of a call has passed. */
export type Bound = "connect" | "first_token" | "idle";

/**
 * The bounds of one call, of which one holds at a time. The pauses of a body are added up and
 * looked at by one timer, so that a chunk costs two looks at the clock and no timer of its own.
 */
export class CallClock {
  readonly #timeouts: UpstreamTimeouts;
  readonly #clock: Clock;
  readonly #onPassed: (bound: Bound) => void;
  #bound: Bound | undefined;
  /** When the bound that holds passes, but for that on pauses, and when the timer runs. */
  #dueMs = Number.POSITIVE_INFINITY;
  #timerMs = Number.POSITIVE_INFINITY;
  #callOff: (() => void) | undefined;
  /** How long the reader has waited for the vendor since it got on, but for the wait that runs. */
  #waitedMs = 0;
  #waitsSinceMs: number | undefined;

  constructor(timeouts: UpstreamTimeouts, clock: Clock, onPassed: (bound: Bound) => void) {
    this.#timeouts = timeouts;
    this.#clock = clock;
    this.#onPassed = onPassed;
  }

  /** There is no connection yet. */
  connecting(): void {
    this.#hold("connect", this.#timeouts.connectMs);
  }

  /** The request is written. */
  sent(): void {
    const { firstTokenMs, idleMs } = this.#timeouts;
    // The timer of the shorter bound will do for the one on pauses, which holds next.
    this.#hold("first_token", firstTokenMs, idleMs > 0 ? idleMs : firstTokenMs);
  }

  /** The vendor got on with its answer. */
  progressed(): void {
    this.#waitedMs = 0;
    if (this.#waitsSinceMs !== undefined) this.#waitsSinceMs = this.#clock.nowMs();
    if (this.#bound === "first_token") this.#hold("idle", this.#timeouts.idleMs);
  }

  /** The reader begins or ceases to wait for more of the body. */
  waits(waiting: boolean): void {
    if (waiting) this.#waitsSinceMs = this.#clock.nowMs();
    else if (this.#waitsSinceMs !== undefined) {
      this.#waitedMs += this.#clock.nowMs() - this.#waitsSinceMs;
      this.#waitsSinceMs = undefined;
    }
  }

  /** The call is over. */
  stop(): void {
    this.#bound = undefined;
    this.#disarm();
  }

  /** A timer that runs earlier is left as it is: it looks again, and most calls end before. */
  #hold(bound: Bound, boundMs: number, timerMs = boundMs): void {
    this.#bound = bound;
    if (boundMs <= 0) {
      this.#disarm();
      return;
    }
    const nowMs = this.#clock.nowMs();
    this.#dueMs = nowMs + boundMs;
    if (this.#timerMs < this.#dueMs) return;
    this.#disarm();
    const delayMs = Math.min(boundMs, timerMs);
    this.#timerMs = nowMs + delayMs;
    this.#callOff = this.#clock.schedule(this.#look, delayMs);
  }

  #disarm(): void {
    this.#callOff?.();
    this.#callOff = undefined;
    this.#timerMs = Number.POSITIVE_INFINITY;
  }

  readonly #look = (): void => {
    this.#disarm();
    const bound = this.#bound;
    if (bound === undefined) return;
    const leftMs =
      bound === "idle"
        ? this.#timeouts.idleMs - this.#pauseMs()
        : this.#dueMs - this.#clock.nowMs();
    if (leftMs > 0) this.#hold(bound, leftMs);
    else this.#onPassed(bound);
  };

  #pauseMs(): number {
    const running = this.#waitsSinceMs === undefined ? 0 : this.#clock.nowMs() - this.#waitsSinceMs;
    return this.#waitedMs + running;
  }
}
