/**
 * What is taken within a time that slides on, such as the calls or the tokens of the last minute.
 * Within any such time no more is taken than the limit; what was taken is free again when it is as
 * old as the window, or a twentieth of it later.
 */
export interface RateWindow {
  /**
   * Takes an amount where the window then has no more than `limit`, and gives whether it did. An
   * amount above the limit is taken where the window is empty. Where a Redis is shared it is
   * awaited, for no longer than `waiter`, such as the call's `life`, may still wait; while Redis
   * is silent, this gateway's own window counts.
   */
  take(amount: number, limit: number, waiter?: object): boolean | Promise<boolean>;
  /**
   * Adds what was used whatever the limit; less than 0 gives back. Never waits. `takenMs`, in
   * milliseconds since 1970: corrects what was taken then, for as long as that counts. Absent: it
   * is used now.
   */
  add(amount: number, takenMs?: number): void;
  /** What the window has, as far as this gateway knows. */
  used(): number;
  /**
   * How long until an amount can be taken, in milliseconds; 0: now. `nowMs`: the time of day, in
   * milliseconds since 1970, where it has just been read; default: it is read.
   */
  freeInMs(amount: number, limit: number, nowMs?: number): number;
}

/** Opens the windows of a gateway. */
export interface RateWindows {
  /**
   * The window of a scope, such as `rpm\nprovider\nmodel`, over the last `windowMs` milliseconds.
   * To be kept: it costs more to open one than to use it.
   */
  open(scope: string, windowMs: number): RateWindow;
}
