import { createMemoryState, type Slots, type State } from "../state/state.ts";

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

/** What one key has of the slots, in this thread. */
interface KeyShare<U> {
  /** What it holds over all threads counts against its share. */
  readonly slots: Slots;
  held: number;
  /** In the order in which they came. Undefined as long as none has waited. */
  waiting: Set<U> | undefined;
}

/**
 * The connections to a provider, shared out among its callers' keys. A key holds at most its share,
 * whether others wait or not, so that one is free for whoever comes next. Calls that find none
 * wait: first come, first served within a key, and one of each key in turn. A call that finds a
 * free slot costs a look into a map.
 *
 * Where several threads serve, both bounds hold for all of them together, and what comes back goes
 * to another thread whose calls wait, one thread after the other, before it goes to this one's.
 */
export class ConnectionSlots<U extends SlotUser> {
  #bounds: SlotBounds;
  readonly #state: Pick<State, "slots">;
  readonly #name: string;
  readonly #total: Slots;
  /** Of this thread. */
  #taken = 0;
  #waiting = 0;
  readonly #shares = new Map<string, KeyShare<U>>();
  /** Keys with calls that wait, as far as is known only for a slot to come back, in their turn. */
  readonly #next = new Set<KeyShare<U>>();
  /** Keys with calls that wait, and that hold their share. */
  readonly #full = new Set<KeyShare<U>>();
  #granting = false;
  readonly #onQuiet: (() => void)[] = [];

  /** `name` is the provider's, by which `state` counts its slots. */
  constructor(bounds: SlotBounds, state: State = createMemoryState(), name = "") {
    this.#bounds = bounds;
    this.#state = state;
    this.#name = name;
    this.#total = state.slots(name);
    state.onFreed(() => this.#retry());
  }

  /** Calls of this thread that hold a slot, and calls that wait for one. */
  get counts(): { readonly taken: number; readonly waiting: number; readonly keys: number } {
    return { taken: this.#taken, waiting: this.#waiting, keys: this.#shares.size };
  }

  /**
   * Starts a call of a key as soon as there is a slot for it. It must leave in the end, whatever
   * becomes of it.
   */
  enter(key: string, user: U): void {
    const share = this.#shares.get(key) ?? this.#open(key);
    if (share.waiting === undefined && !this.#total.othersWait() && this.#take(share)) {
      this.#start(share, user);
      return;
    }
    share.waiting ??= new Set();
    share.waiting.add(user);
    this.#waiting += 1;
    if (!this.#full.has(share)) this.#next.add(share);
    this.#publish();
    // Threads that waited before are first. They wake this one when they wait no longer.
    if (!this.#total.othersWait()) this.#grant();
  }

  /** A call of a key is over, or waits no longer. To be called once for each that entered. */
  leave(key: string, user: U): void {
    const share = this.#shares.get(key);
    if (share === undefined) throw new Error(`connections: key ${key} has none to give back`);
    if (share.waiting?.delete(user) === true) {
      this.#settle(share);
      this.#publish();
      this.#waited();
    } else {
      share.held -= 1;
      this.#taken -= 1;
      if (!share.slots.give() && this.#full.delete(share)) this.#next.add(share);
      if (this.#total.give()) this.#publish();
      else this.#grant();
    }
    if (share.held === 0 && share.waiting === undefined) this.#shares.delete(key);
  }

  /** Other bounds from now on. Calls that hold more than them keep what they have. */
  resize(bounds: SlotBounds): void {
    this.#bounds = bounds;
    this.#full.clear();
    this.#next.clear();
    for (const share of this.#shares.values())
      if (share.waiting !== undefined) this.#next.add(share);
    this.#grant();
  }

  /** Why a call of a key waits, to go on after the address of the provider. */
  whyBusy(key: string): string {
    const { total, perKey } = this.#bounds;
    const held = this.#shares.get(key)?.slots.held() ?? 0;
    return perKey < total && held >= perKey
      ? `all ${perKey} of ${total} connections that one key may have are busy; send less at once, or raise max_connections_per_key_percent`
      : `all ${total} connections are busy; send less at once, or raise max_connections`;
  }

  /** Resolves when no call of this thread waits. */
  quiet(): Promise<void> {
    if (this.#waiting === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onQuiet.push(resolve);
    });
  }

  /** The calls of this thread that wait. */
  waiting(): readonly U[] {
    return Array.from(this.#shares.values(), ({ waiting }) => [...(waiting ?? [])]).flat();
  }

  #open(key: string): KeyShare<U> {
    const slots = this.#state.slots(`${this.#name}\n${key}`);
    const share: KeyShare<U> = { slots, held: 0, waiting: undefined };
    this.#shares.set(key, share);
    return share;
  }

  /** Takes a slot for a key, of its share and of all. */
  #take(share: KeyShare<U>): boolean {
    if (!share.slots.take(this.#bounds.perKey)) return false;
    if (this.#total.take(this.#bounds.total)) return true;
    share.slots.give();
    return false;
  }

  #start(share: KeyShare<U>, user: U): void {
    share.held += 1;
    this.#taken += 1;
    user.start();
  }

  /** Another thread has given back what may have been waited for here. */
  #retry(): void {
    for (const share of this.#full) this.#next.add(share);
    this.#full.clear();
    this.#grant();
  }

  /**
   * Hands free slots to those that wait. A call that ends as it starts is seen to by the loop that
   * started it.
   */
  #grant(): void {
    if (this.#granting || this.#next.size === 0) return;
    this.#granting = true;
    this.#total.wait(true);
    for (const share of this.#next) {
      if (!this.#mayHold(share)) continue;
      if (!this.#total.take(this.#bounds.total)) {
        share.slots.give();
        break;
      }
      const [user] = share.waiting ?? [];
      if (user === undefined) throw new Error("connections: a key waits without a call");
      share.waiting?.delete(user);
      // To the end, for the other keys are next.
      this.#next.delete(share);
      this.#next.add(share);
      this.#settle(share);
      this.#start(share, user);
      this.#waited();
    }
    this.#granting = false;
    this.#publish();
  }

  /** Takes a slot of a key's share; where it is full, the key waits for one of its own. */
  #mayHold(share: KeyShare<U>): boolean {
    const { perKey } = this.#bounds;
    if (!share.slots.take(perKey)) {
      share.slots.wait(true);
      if (!share.slots.take(perKey)) {
        this.#next.delete(share);
        this.#full.add(share);
        return false;
      }
    }
    share.slots.wait(false);
    return true;
  }

  /** Sees to a key one of whose calls waits no longer. */
  #settle(share: KeyShare<U>): void {
    if (share.waiting?.size !== 0) return;
    share.waiting = undefined;
    this.#next.delete(share);
    this.#full.delete(share);
    share.slots.wait(false);
  }

  /** Lets the other threads know whether this one waits. */
  #publish(): void {
    this.#total.wait(this.#next.size > 0);
  }

  #waited(): void {
    this.#waiting -= 1;
    if (this.#waiting > 0) return;
    for (const resolve of this.#onQuiet.splice(0)) resolve();
  }
}
