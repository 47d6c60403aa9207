import type { Lease, Portion, Refusal, Reservations } from "../../state/reserve/reservations.ts";
import { andThen, type Soon } from "./at-once.ts";
import type { OpenBudget } from "./open-budget.ts";

/** What is to be held. */
export interface Wanted {
  readonly budgets: readonly OpenBudget[];
  /** In nano-USD. */
  readonly amount: number;
  /** Whether less will do where so much is not left: nobody knows how much it will be. */
  readonly open: boolean;
  /** The call that waits; see Reservations. */
  readonly waiter: object;
}

/** What is held of budgets. */
export interface MoneyLease extends Lease {
  /** How much of each, in nano-USD: less than was wanted where so much was not left. */
  readonly amounts: readonly number[];
}

/** Holds an amount of all budgets, or of none: at once where reservations do not wait. */
export function holdMoney(reservations: Reservations, wanted: Wanted): Soon<MoneyLease | Refusal> {
  const left = wanted.open
    ? wanted.budgets.map(({ bound }) => bound.limit - reservations.used(bound))
    : undefined;
  return andThen(hold(reservations, wanted, left), (outcome) => {
    if (outcome.ok || left === undefined) return outcome;
    const limit = wanted.budgets[outcome.at]?.bound.limit ?? 0;
    const free = limit - outcome.used;
    if (outcome.silent === true || free < 1 || free >= (left[outcome.at] ?? 0)) return outcome;
    // What others hold was not known here.
    left[outcome.at] = free;
    return hold(reservations, wanted, left);
  });
}

function hold(
  reservations: Reservations,
  wanted: Wanted,
  left: readonly number[] | undefined,
): Soon<MoneyLease | Refusal> {
  const portions = portionsOf(wanted, left);
  return andThen(reservations.reserve(portions, wanted.waiter), (outcome) =>
    outcome.ok ? { ...outcome, amounts: portions.map(({ amount }) => amount) } : outcome,
  );
}

function portionsOf(
  { budgets, amount }: Wanted,
  left: readonly number[] | undefined,
): readonly Portion[] {
  return budgets.map(({ bound }, at) => {
    const most = left === undefined ? amount : Math.min(amount, left[at] ?? amount);
    // At least one nano-USD, so that nothing is called by who has spent all.
    return { bound, amount: amount === 0 ? 0 : Math.max(1, most) };
  });
}
