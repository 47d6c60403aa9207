/** How many calls may have a connection at once. */
export interface SlotBounds {
  /** In all. */
  readonly total: number;
  /** Of one key, from 1 to `total`. */
  readonly perKey: number;
}

/** A call that needs a connection. */
export interface SlotUser {
  /** There is a connection for the call: once, at once or later. */
  start(): void;
}

/** What one key has of the slots. */
interface KeyShare<U> {
  held: number;
  /** In the order in which they came. */
  readonly waiting: Set<U>;
}

/**
 * The connections to a provider, shared out among its callers' keys. A key holds at most its share,
 * whether others wait or not, so that one is free for whoever comes next. Calls that find none
 * wait: first come, first served within a key, and one of each key in turn. A call that finds a
 * free slot costs a look into a map.
 */
export class ConnectionSlots<U extends SlotUser> {
  #bounds: SlotBounds;
  #taken = 0;
  #waiting = 0;
  readonly #shares = new Map<string, KeyShare<U>>();
  /** Keys with calls that wait only for a slot to come back, in their turn. */
  readonly #next = new Set<KeyShare<U>>();
  #granting = false;
  readonly #onQuiet: (() => void)[] = [];

  constructor(bounds: SlotBounds) {
    this.#bounds = bounds;
  }

  /** Calls that hold a slot, and calls that wait for one. */
  get counts(): { readonly taken: number; readonly waiting: number; readonly keys: number } {
    return { taken: this.#taken, waiting: this.#waiting, keys: this.#shares.size };
  }

  /**
   * Starts a call of a key as soon as there is a slot for it. It must leave in the end, whatever
   * becomes of it.
   */
  enter(key: string, user: U): void {
    const share = this.#shares.get(key) ?? this.#open(key);
    const mayHold = share.held < this.#bounds.perKey;
    if (mayHold && share.waiting.size === 0 && this.#taken < this.#bounds.total) {
      this.#start(share, user);
      return;
    }
    share.waiting.add(user);
    this.#waiting += 1;
    if (mayHold) this.#next.add(share);
  }

  /** A call of a key is over, or waits no longer. To be called once for each that entered. */
  leave(key: string, user: U): void {
    const share = this.#shares.get(key);
    if (share === undefined) throw new Error(`connections: key ${key} has none to give back`);
    if (share.waiting.delete(user)) {
      if (share.waiting.size === 0) this.#next.delete(share);
      this.#waited();
    } else {
      share.held -= 1;
      this.#taken -= 1;
      if (share.waiting.size > 0 && share.held < this.#bounds.perKey) this.#next.add(share);
      this.#grant();
    }
    if (share.held === 0 && share.waiting.size === 0) this.#shares.delete(key);
  }

  /** Other bounds from now on. Calls that hold more than them keep what they have. */
  resize(bounds: SlotBounds): void {
    this.#bounds = bounds;
    this.#next.clear();
    for (const share of this.#shares.values()) {
      if (share.waiting.size > 0 && share.held < bounds.perKey) this.#next.add(share);
    }
    this.#grant();
  }

  /** Why a call of a key waits, to go on after the address of the provider. */
  whyBusy(key: string): string {
    const { total, perKey } = this.#bounds;
    const held = this.#shares.get(key)?.held ?? 0;
    return perKey < total && held >= perKey
      ? `all ${perKey} of ${total} connections that one key may have are busy; send less at once, or raise max_connections_per_key_percent`
      : `all ${total} connections are busy; send less at once, or raise max_connections`;
  }

  /** Resolves when no call waits. */
  quiet(): Promise<void> {
    if (this.#waiting === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onQuiet.push(resolve);
    });
  }

  /** The calls that wait. */
  waiting(): readonly U[] {
    return Array.from(this.#shares.values(), ({ waiting }) => [...waiting]).flat();
  }

  #open(key: string): KeyShare<U> {
    const share: KeyShare<U> = { held: 0, waiting: new Set() };
    this.#shares.set(key, share);
    return share;
  }

  #start(share: KeyShare<U>, user: U): void {
    share.held += 1;
    this.#taken += 1;
    user.start();
  }

  /**
   * Hands free slots to those that wait. A call that ends as it starts is seen to by the loop that
   * started it.
   */
  #grant(): void {
    if (this.#granting) return;
    this.#granting = true;
    while (this.#taken < this.#bounds.total) {
      const [share] = this.#next;
      const [user] = share?.waiting ?? [];
      if (share === undefined || user === undefined) break;
      this.#next.delete(share);
      share.waiting.delete(user);
      // To the end, for the other keys are next.
      if (share.waiting.size > 0 && share.held + 1 < this.#bounds.perKey) this.#next.add(share);
      this.#start(share, user);
      this.#waited();
    }
    this.#granting = false;
  }

  #waited(): void {
    this.#waiting -= 1;
    if (this.#waiting > 0) return;
    for (const resolve of this.#onQuiet.splice(0)) resolve();
  }
}
