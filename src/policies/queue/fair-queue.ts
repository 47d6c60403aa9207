/** Whose turn it is at one level of a queue, such as a team's or a key's. */
export interface Share {
  readonly name: string;
  /** Its part of the turns, relative to the others of the level; above 0. */
  readonly weight: number;
}

/** What waits. */
export interface Place {
  /** The number of its priority; lower ones have their turn first. */
  readonly priority: number;
  /** Whose it is: at the first level, then within that. At least one. */
  readonly shares: readonly [Share, ...Share[]];
}

/**
 * What waits for its turn. All of a lower number of priority goes first. Among those of one number
 * each share has turns in proportion to its weight while it has anything that waits, by virtual
 * time (start-time fair queueing, https://doi.org/10.1109/90.649569), and what a share does not use
 * is not saved up. Of one share the first that came is the first to go.
 */
export class FairQueue<T extends Place> {
  readonly #classes = new Map<number, Level<T>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(item: T): void {
    const { priority, shares } = item;
    let level = this.#classes.get(priority);
    if (level === undefined) {
      level = new Level(0);
      this.#classes.set(priority, level);
    }
    level.add(item, shares);
    this.#size += 1;
  }

  /** Takes the next out that may go; undefined where none may. */
  take(mayGo: (item: T) => boolean): T | undefined {
    for (const priority of [...this.#classes.keys()].sort((one, other) => one - other)) {
      const taken = this.#classes.get(priority)?.take(mayGo);
      if (taken === undefined) continue;
      this.#removed(priority);
      return taken;
    }
    return undefined;
  }

  /** One that waits; undefined where none does. */
  first(): T | undefined {
    for (const level of this.#classes.values()) return level.first();
    return undefined;
  }

  /** Takes out what waits no longer; false where it did not wait. */
  remove(item: T): boolean {
    const { priority, shares } = item;
    const removed = this.#classes.get(priority)?.remove(item, shares) === true;
    if (removed) this.#removed(priority);
    return removed;
  }

  /** How many would probably have their turn before another that came now. */
  ahead({ priority, shares }: Place): number {
    let ahead = 0;
    for (const [other, level] of this.#classes) {
      if (other < priority) ahead += level.size;
      else if (other === priority) ahead += level.ahead(shares);
    }
    return ahead;
  }

  #removed(priority: number): void {
    this.#size -= 1;
    if (this.#classes.get(priority)?.size === 0) this.#classes.delete(priority);
  }
}

/** A share with what waits of it, and the virtual time of its next turn. */
interface Flow<T extends Place> {
  readonly share: Share;
  nextTime: number;
  /** Of shares within it, or in the order in which they came. */
  readonly waiting: Level<T> | Set<T>;
}

class Level<T extends Place> {
  readonly #depth: number;
  /** Those that wait, and those whose last turn reaches beyond the present. */
  readonly #flows = new Map<string, Flow<T>>();
  #time = 0;
  #size = 0;

  constructor(depth: number) {
    this.#depth = depth;
  }

  get size(): number {
    return this.#size;
  }

  add(item: T, shares: readonly Share[]): void {
    const share = shares[this.#depth];
    if (share === undefined) throw new Error("fair queue: an item lacks a share");
    const isLeaf = this.#depth === shares.length - 1;
    // A share of a team and a key of the same name are not the same.
    const name = `${isLeaf ? "leaf" : "inner"}\n${share.name}`;
    let flow = this.#flows.get(name);
    if (flow === undefined) {
      const waiting = isLeaf ? new Set<T>() : new Level<T>(this.#depth + 1);
      flow = { share, nextTime: this.#time, waiting };
      this.#flows.set(name, flow);
    }
    if (flow.waiting.size === 0) flow.nextTime = Math.max(flow.nextTime, this.#time);
    if (flow.waiting instanceof Set) flow.waiting.add(item);
    else flow.waiting.add(item, shares);
    this.#size += 1;
  }

  take(mayGo: (item: T) => boolean): T | undefined {
    const waiting = [...this.#flows.values()].filter((flow) => flow.waiting.size > 0);
    waiting.sort((one, other) => one.nextTime - other.nextTime);
    for (const flow of waiting) {
      const taken = takeOf(flow, mayGo);
      if (taken === undefined) continue;
      this.#size -= 1;
      this.#time = Math.max(this.#time, flow.nextTime);
      flow.nextTime += 1 / flow.share.weight;
      this.#forget();
      return taken;
    }
    return undefined;
  }

  first(): T | undefined {
    for (const { waiting } of this.#flows.values()) {
      const [first] = waiting instanceof Set ? waiting : [waiting.first()];
      if (first !== undefined) return first;
    }
    return undefined;
  }

  remove(item: T, shares: readonly Share[]): boolean {
    for (const { waiting } of this.#flows.values()) {
      const removed = waiting instanceof Set ? waiting.delete(item) : waiting.remove(item, shares);
      if (!removed) continue;
      this.#size -= 1;
      this.#forget();
      return true;
    }
    return false;
  }

  /** By its weight, a share waits for its own and for as much of each of the others'. */
  ahead(shares: readonly Share[]): number {
    const share = shares[this.#depth];
    const own = [...this.#flows.values()].find((flow) => flow.share.name === share?.name);
    const mine = own === undefined ? 0 : own.waiting.size;
    let ahead = mine;
    for (const flow of this.#flows.values()) {
      if (flow === own) continue;
      const turns = ((mine + 1) * flow.share.weight) / (share?.weight ?? 1);
      ahead += Math.min(flow.waiting.size, Math.ceil(turns));
    }
    return ahead;
  }

  /** A share that nothing waits of is kept until its last turn is over. */
  #forget(): void {
    for (const [name, { waiting, nextTime }] of this.#flows)
      if (waiting.size === 0 && (nextTime <= this.#time || this.#size === 0))
        this.#flows.delete(name);
  }
}

function takeOf<T extends Place>({ waiting }: Flow<T>, mayGo: (item: T) => boolean): T | undefined {
  if (!(waiting instanceof Set)) return waiting.take(mayGo);
  for (const item of waiting) {
    if (!mayGo(item)) continue;
    waiting.delete(item);
    return item;
  }
  return undefined;
}
