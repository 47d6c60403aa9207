import type { WeightedTarget } from "../../../config/settings.ts";

/** Targets with the sums of their weights, made once so that a draw takes a binary search. */
export interface WeightedList {
  /** All have a weight. */
  readonly targets: readonly WeightedTarget[];
  /** The sum of the weights before each target. */
  readonly starts: readonly number[];
  /** The sum of all weights. */
  readonly total: number;
}

/** Sums the weights of targets; takes time linear in their number. */
export function listByWeight(targets: readonly WeightedTarget[]): WeightedList {
  const starts: number[] = [];
  let total = 0;
  for (const { weight } of targets) {
    starts.push(total);
    total += weight;
  }
  return { targets, starts, total };
}

/** Whether a target may be chosen; notes why not. Asked once for each target. */
export type Admits = (target: WeightedTarget) => boolean;

/**
 * Draws targets by weight without replacement, one at a time: a call that needs the first alone
 * pays for no other. Those that are not admitted are passed over.
 */
export class Draws {
  readonly #random: () => number;
  readonly #admits: Admits;
  #list: WeightedList;
  /** Places in the list that were drawn or passed over, ascending. */
  #holes: number[] = [];
  #left: number;
  #total = 0;
  /** Whether all of the list has been admitted. */
  #admitted = false;

  constructor(list: WeightedList, random: () => number, admits: Admits) {
    this.#list = list;
    this.#left = list.total;
    this.#random = random;
    this.#admits = admits;
  }

  /** The sum of the weights that the last draw was made among, those passed over later included. */
  get total(): number {
    return this.#total;
  }

  /** The next target; undefined: no more. */
  next(): WeightedTarget | undefined {
    while (this.#left > 0) {
      if (this.#holes.length >= maxHoles) this.#compact();
      if (this.#left <= 0) return undefined;
      this.#total = this.#left;
      const target = this.#take(Math.floor(this.#random() * this.#left));
      if (target === undefined) return undefined;
      if (this.#admitted || this.#admits(target)) return target;
    }
    return undefined;
  }

  /** Takes the target whose share of the weights that are left a point falls into: a whole number. */
  #take(point: number): WeightedTarget | undefined {
    const { starts, targets } = this.#list;
    let shifted = point;
    let before = 0;
    for (const hole of this.#holes) {
      if (shifted < (starts[hole] ?? 0)) break;
      shifted += targets[hole]?.weight ?? 0;
      before += 1;
    }
    const at = placeOf(starts, shifted);
    const target = targets[at];
    if (target === undefined) return undefined;
    this.#holes.splice(before, 0, at);
    this.#left -= target.weight;
    return target;
  }

  /** Begins a list without the holes and without those that are not admitted. */
  #compact(): void {
    const { targets } = this.#list;
    const holes = new Set(this.#holes);
    const left = targets.filter(
      (target, at) => !holes.has(at) && (this.#admitted || this.#admits(target)),
    );
    this.#admitted = true;
    this.#list = listByWeight(left);
    this.#left = this.#list.total;
    this.#holes = [];
  }
}

/** With more holes than this a draw takes longer than a list without them, for each that follows. */
const maxHoles = 16;

/** The last place that begins at or before a point. */
function placeOf(starts: readonly number[], point: number): number {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((starts[middle] ?? 0) <= point) low = middle;
    else high = middle - 1;
  }
  return low;
}
