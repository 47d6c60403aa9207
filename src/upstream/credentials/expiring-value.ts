/** A value that is loaded when it is needed and again before it expires. */
export interface ExpiringValue<T> {
  /** The value. Callers that come while it is being loaded share the one load. */
  get(): Promise<T>;
  /**
   * Makes the next `get` load anew, for this value was refused. Another value, which was loaded
   * meanwhile, is kept.
   */
  forget(refused: T): void;
}

/** A value and when it ends, in milliseconds since 1970; undefined: never. */
export interface Loaded<T> {
  readonly value: T;
  readonly expiresAtMs: number | undefined;
}

/** How an expiring value is kept. */
export interface ExpiringValueOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /**
   * How long before its end a value is loaded anew, in milliseconds, but at most a quarter of its
   * life; default 5 minutes.
   */
  readonly refreshAheadMs?: number;
}

const REFRESH_AHEAD_MS = 300_000;

/**
 * Keeps one value. Ahead of its end it is loaded anew in the background while callers still get the
 * old one; once it has ended they wait. A load that fails rejects for those who waited for it, is
 * not remembered, and never takes a value away that still holds.
 */
export function createExpiringValue<T>(
  load: () => Promise<Loaded<T>>,
  options: ExpiringValueOptions,
): ExpiringValue<T> {
  const aheadMs = options.refreshAheadMs ?? REFRESH_AHEAD_MS;
  let kept: (Loaded<T> & { readonly aheadMs: number }) | undefined;
  let running: Promise<T> | undefined;

  const refresh = (): Promise<T> => {
    if (running !== undefined) return running;
    const mine = load().then(
      (loaded) => {
        if (running === mine) {
          const lifeMs = (loaded.expiresAtMs ?? Number.POSITIVE_INFINITY) - options.now();
          kept = { ...loaded, aheadMs: Math.min(aheadMs, lifeMs / 4) };
          running = undefined;
        }
        return loaded.value;
      },
      (error: unknown) => {
        if (running === mine) running = undefined;
        throw error;
      },
    );
    running = mine;
    return mine;
  };

  return {
    get() {
      if (kept === undefined) return refresh();
      const leftMs =
        kept.expiresAtMs === undefined
          ? Number.POSITIVE_INFINITY
          : kept.expiresAtMs - options.now();
      if (leftMs <= 0) return refresh();
      if (leftMs <= kept.aheadMs) refresh().catch(ignore);
      return Promise.resolve(kept.value);
    },
    forget(refused) {
      if (kept?.value === refused) kept = undefined;
    },
  };
}

/** A refresh ahead of time may fail: the load after the end rejects for its callers. */
function ignore(): undefined {
  return undefined;
}
