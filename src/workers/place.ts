import { type HangWatch, watchForHang } from "./hang-watch.ts";
import type { Thread } from "./thread.ts";

/** One of the workers: its thread, which is another one after it has ended. */
export interface Place {
  readonly index: number;
  thread: Thread | undefined;
  /** Whether it listens. */
  up: boolean;
  /** Resolves when it listens, or has ended first, once it was asked to. */
  listening: Promise<void>;
  /** Since when it listens. */
  upMs: number;
  /** Looks whether its thread answers, from when it listens. */
  hang: HangWatch | undefined;
  /** Ends in a row, each of them soon after the start. */
  ends: number;
  /** Whether its thread is stopped because it began with a config that is no longer in force. */
  outdated: boolean;
  /** For the start of its next thread. */
  timer: NodeJS.Timeout | undefined;
}

/** A place whose worker has not started. */
export function createPlace(index: number): Place {
  return {
    index,
    thread: undefined,
    up: false,
    listening: Promise.resolve(),
    upMs: 0,
    hang: undefined,
    ends: 0,
    outdated: false,
    timer: undefined,
  };
}

/** Notes that a worker listens, and that it is to answer from now on. */
export function goUp(place: Place, thread: Thread): void {
  place.up = true;
  place.upMs = performance.now();
  place.hang = watchForHang(() => thread.ask({ kind: "ping" }, "pong"));
}
