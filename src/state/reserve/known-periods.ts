import type { Bound } from "./reservations.ts";

/** What a thread remembers of a bound of a period. */
export interface KnownPeriod {
  readonly bound: Bound;
  /** Steps under way that may hold some of it. */
  pending: number;
  /** What was taken that Redis has not heard of. */
  unsent: number;
  /** What it is being sent; it still has the hold of that. */
  sending: number;
  /** What was taken when Redis fell silent. */
  base: number | undefined;
}

/** Periods that are remembered at most. */
const maxKnown = 100_000;

/** What a thread remembers of the periods that it takes of, by their scope: of each the last one. */
export class KnownPeriods {
  readonly #known = new Map<string, KnownPeriod>();

  /** What is known of a bound, or of a later period of it. */
  of(bound: Bound): KnownPeriod {
    const found = this.#known.get(bound.scope);
    if (found !== undefined && startOf(found.bound) >= startOf(bound)) return found;
    const [oldest] = this.#known.keys();
    if (this.#known.size >= maxKnown && oldest !== undefined) this.#known.delete(oldest);
    // What is to be sent of a period that is over does not count in the next one.
    const pending = found?.pending ?? 0;
    const made = { bound, pending, unsent: 0, sending: 0, base: undefined };
    this.#known.set(bound.scope, made);
    return made;
  }

  all(): readonly KnownPeriod[] {
    return [...this.#known.values()];
  }

  /** Takes note of what was taken, before it is known whether Redis hears of it. */
  note(bound: Bound, taken: number): void {
    if (!isPeriod(bound)) return;
    const known = this.of(bound);
    if (isOf(known, bound)) known.unsent += taken;
  }

  /** What is to be sent where an amount was taken: of a period all that Redis has not heard of. */
  send(bound: Bound, taken: number): number {
    if (!isPeriod(bound)) return taken;
    const known = this.of(bound);
    if (!isOf(known, bound)) return taken;
    const { unsent } = known;
    known.unsent = 0;
    known.sending += unsent;
    return unsent;
  }

  /** Takes note of what became of an amount that was sent. */
  sent(bound: Bound, amount: number, arrived: boolean): void {
    if (!isPeriod(bound)) return;
    const known = this.of(bound);
    if (!isOf(known, bound)) return;
    known.sending -= amount;
    if (!arrived) known.unsent += amount;
  }
}

/** Whether a bound counts over a period. */
export function isPeriod({ span }: Bound): boolean {
  return span.kind === "period";
}

/** Whether what is known is of the same period as a bound, and not of a later one. */
function isOf(known: KnownPeriod, bound: Bound): boolean {
  return startOf(known.bound) === startOf(bound);
}

function startOf({ span }: Bound): number {
  return span.kind === "period" ? span.startMs : 0;
}
