import { type AccountCells, accountHeld, accountStart, accountTaken } from "../account-cells.ts";
import { LocalRateWindow } from "../local-rate-window.ts";
import type { State } from "../state.ts";
import type { Bound, Lease, Portion, Refusal, Reservations } from "./reservations.ts";

/** What local counts are kept in. */
export interface LocalWorld {
  readonly state: Pick<State, "accounts" | "alone" | "rateCells">;
  /** The time of day in milliseconds since 1970. */
  readonly wallMs: () => number;
}

/** What counts a bound. */
interface Counter {
  /** What is used and held of it. */
  used(bound: Bound): number;
  /** What was taken, without what is held. Of what slides both are one. */
  taken(bound: Bound): number;
  /** What this thread holds of it; 0 of what slides. */
  own(bound: Bound): number;
  /** Holds an amount. */
  hold(bound: Bound, amount: number): void;
  /** Settles an amount that was held at a time. */
  settle(bound: Bound, held: number, taken: number, heldMs: number): void;
  /** How long until so much is free. */
  freeInMs(bound: Bound, amount: number): number;
  /** What was taken before a time; what is known to be more stays. */
  seed(bound: Bound, taken: number, takenMs: number): void;
}

/** Counters that a thread keeps at hand at most; the state has them all. */
const maxCounters = 100_000;

/** Counts for all threads of this gateway, which never wait. */
export class LocalReservations implements Reservations {
  readonly #world: LocalWorld;
  readonly #counters = new Map<string, Counter>();
  /** The same by bounds, which policies keep: a name costs more to put together than to count. */
  readonly #ofBounds = new WeakMap<Bound, Counter>();

  constructor(world: LocalWorld) {
    this.#world = world;
  }

  reserve(portions: readonly Portion[]): Lease | Refusal {
    const counters = portions.map(({ bound }) => this.#counter(bound));
    return this.#world.state.alone(() => this.#take(portions, counters));
  }

  used(bound: Bound): number {
    const counter = this.#counter(bound);
    return this.#world.state.alone(() => counter.used(bound));
  }

  seed(bound: Bound, taken: number, takenMs = this.#world.wallMs()): void {
    const counter = this.#counter(bound);
    this.#world.state.alone(() => counter.seed(bound, taken, takenMs));
  }

  /** Holds portions for which there is room elsewhere, whatever is counted here. */
  hold(portions: readonly Portion[]): Lease {
    const counters = portions.map(({ bound }) => this.#counter(bound));
    return this.#world.state.alone(() => this.#hold(portions, counters));
  }

  taken(bound: Bound): number {
    const counter = this.#counter(bound);
    return this.#world.state.alone(() => counter.taken(bound));
  }

  /** What this thread holds of a period. */
  heldHere(bound: Bound): number {
    const counter = this.#counter(bound);
    return this.#world.state.alone(() => counter.own(bound));
  }

  #take(portions: readonly Portion[], counters: readonly Counter[]): Lease | Refusal {
    for (const [at, { bound, amount }] of portions.entries()) {
      const used = counters[at]?.used(bound) ?? 0;
      if (amount <= 0 || used + amount <= bound.limit) continue;
      const never = amount > bound.limit;
      const freeInMs = never ? undefined : counters[at]?.freeInMs(bound, amount);
      return { ok: false, at, used, freeInMs };
    }
    return this.#hold(portions, counters);
  }

  #hold(portions: readonly Portion[], counters: readonly Counter[]): Lease {
    const used = portions.map(({ bound, amount }, at) => {
      counters[at]?.hold(bound, amount);
      return counters[at]?.used(bound) ?? amount;
    });
    return this.#lease(portions, counters, used);
  }

  #lease(
    portions: readonly Portion[],
    counters: readonly Counter[],
    used: readonly number[],
  ): Lease {
    const { state, wallMs } = this.#world;
    const heldMs = Math.round(wallMs());
    let settled = false;
    return {
      ok: true,
      used,
      settle(taken) {
        if (settled) return;
        settled = true;
        state.alone(() => {
          for (const [at, { bound, amount }] of portions.entries())
            counters[at]?.settle(bound, amount, taken[at] ?? amount, heldMs);
        });
      },
    };
  }

  #counter(bound: Bound): Counter {
    const known = this.#ofBounds.get(bound);
    if (known !== undefined) return known;
    const found = this.#named(bound);
    this.#ofBounds.set(bound, found);
    return found;
  }

  #named({ scope, span }: Bound): Counter {
    const name = span.kind === "sliding" ? `${scope}\n${span.ms}` : scope;
    const known = this.#counters.get(name);
    if (known !== undefined) return known;
    const [oldest] = this.#counters.keys();
    if (this.#counters.size >= maxCounters && oldest !== undefined) this.#counters.delete(oldest);
    const { state, wallMs } = this.#world;
    const made =
      span.kind === "sliding"
        ? new SlidingCounter(
            new LocalRateWindow(state, wallMs, { scope: `bound\n${name}`, windowMs: span.ms }),
          )
        : new PeriodCounter(state.accounts(scope), wallMs);
    this.#counters.set(name, made);
    return made;
  }
}

/** Counts what slides out of a window. */
class SlidingCounter implements Counter {
  readonly #window: LocalRateWindow;

  constructor(window: LocalRateWindow) {
    this.#window = window;
  }

  used(): number {
    return this.#window.used();
  }

  taken(): number {
    return this.#window.used();
  }

  own(): number {
    return 0;
  }

  hold(_: Bound, amount: number): void {
    if (amount !== 0) this.#window.add(amount);
  }

  settle(_: Bound, held: number, taken: number, heldMs: number): void {
    if (taken !== held) this.#window.add(taken - held, heldMs);
  }

  freeInMs({ limit }: Bound, amount: number): number {
    return Math.max(1, this.#window.freeInMs(amount, limit));
  }

  seed(_: Bound, taken: number, takenMs: number): void {
    this.#window.seed(taken, takenMs);
  }
}

/** Counts what is taken in a period, and what is held. What is held outlives the period. */
class PeriodCounter implements Counter {
  readonly #account: AccountCells;
  readonly #wallMs: () => number;

  constructor(account: AccountCells, wallMs: () => number) {
    this.#account = account;
    this.#wallMs = wallMs;
  }

  used(bound: Bound): number {
    const cells = this.#cells(bound);
    let sum = cells[accountTaken] ?? 0;
    for (let at = accountHeld; at < cells.length; at += 1) sum += cells[at] ?? 0;
    return sum;
  }

  taken(bound: Bound): number {
    return this.#cells(bound)[accountTaken] ?? 0;
  }

  own(bound: Bound): number {
    return this.#cells(bound)[this.#account.own] ?? 0;
  }

  hold(bound: Bound, amount: number): void {
    const cells = this.#cells(bound);
    const { own } = this.#account;
    cells[own] = (cells[own] ?? 0) + amount;
  }

  settle(bound: Bound, held: number, taken: number): void {
    const cells = this.#cells(bound);
    const { own } = this.#account;
    cells[own] = Math.max(0, (cells[own] ?? 0) - held);
    // What was reserved in a period is charged to it, and that one may be over.
    if (cells[accountStart] !== startOf(bound)) return;
    cells[accountTaken] = Math.max(0, (cells[accountTaken] ?? 0) + taken);
  }

  freeInMs({ span }: Bound): number {
    const endMs = span.kind === "period" ? span.endMs : 0;
    return Number.isFinite(endMs) ? Math.max(1, endMs - this.#wallMs()) : 1_000;
  }

  seed(bound: Bound, taken: number): void {
    const cells = this.#cells(bound);
    if (cells[accountStart] === startOf(bound))
      cells[accountTaken] = Math.max(cells[accountTaken] ?? 0, taken);
  }

  /** The numbers, at the start of the period where a later one has begun. */
  #cells(bound: Bound): Float64Array {
    const cells = this.#account.read();
    const startMs = startOf(bound);
    if (startMs > (cells[accountStart] ?? 0)) {
      cells[accountStart] = startMs;
      cells[accountTaken] = 0;
    }
    return cells;
  }
}

function startOf({ span }: Bound): number {
  return span.kind === "period" ? span.startMs : 0;
}
