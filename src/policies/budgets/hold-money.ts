import type { Lease, Portion, Refusal, Reservations } from "../../state/reserve/reservations.ts";
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

/** Holds an amount of all budgets, or of none. */
export async function holdMoney(
  reservations: Reservations,
  wanted: Wanted,
): Promise<Lease | Refusal> {
  const left = wanted.open
    ? wanted.budgets.map(({ bound }) => bound.limit - reservations.used(bound))
    : undefined;
  const outcome = await reservations.reserve(portionsOf(wanted, left), wanted.waiter);
  if (outcome.ok || left === undefined) return outcome;
  const limit = wanted.budgets[outcome.at]?.bound.limit ?? 0;
  const free = limit - outcome.used;
  if (outcome.silent === true || free < 1 || free >= (left[outcome.at] ?? 0)) return outcome;
  // What others hold was not known here.
  left[outcome.at] = free;
  return reservations.reserve(portionsOf(wanted, left), wanted.waiter);
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
