import type { AttemptRecord } from "../../core/attempt-record.ts";
import { knownOf } from "../../core/money/cost.ts";
import type { Funds } from "../../core/money/funds.ts";
import type { Target } from "../../core/target/target.ts";
import { costOfCall, type Trace } from "../../core/trace.ts";
import type { Lease, Reservations } from "../../state/reserve/reservations.ts";
import { exceeded } from "./budget-refusal.ts";
import { holdMoney } from "./hold-money.ts";
import type { OpenBudget } from "./open-budget.ts";

/** What is held for a call when it begins. */
export interface FirstHold {
  readonly reservations: Reservations;
  readonly budgets: readonly OpenBudget[];
  readonly trace: Trace;
  readonly lease: Lease;
  /** What its tries may cost by it, in nano-USD. */
  readonly covers: number;
  /** Whether nobody knows how much its tries may cost. */
  readonly open: boolean;
}

/** A try, and what it may cost. */
interface Try {
  readonly record: AttemptRecord;
  readonly mayCost: number;
}

/** What is held of budgets of a target. */
export interface TargetHold {
  readonly lease: Lease;
  readonly budgets: readonly OpenBudget[];
  readonly target: Target;
}

/** The money that is held for a call, of which more is held where its tries need it. */
export class HeldMoney implements Funds {
  readonly trace: Trace;
  readonly strict: OpenBudget | undefined;
  readonly #first: FirstHold;
  readonly #leases: Lease[];
  readonly #tries = new Set<Try>();
  readonly #ofTargets: TargetHold[] = [];
  #covers: number;

  constructor(first: FirstHold) {
    this.trace = first.trace;
    this.strict = first.budgets.find((budget) => !budget.unpriced);
    this.#first = first;
    this.#leases = [first.lease];
    this.#covers = first.covers;
  }

  cover(record: AttemptRecord, mayCost: number): undefined | Promise<void> {
    const one = { record, mayCost };
    this.#tries.add(one);
    let needed = 0;
    for (const each of this.#tries) needed += costOf(each);
    const missing = needed - this.#covers;
    return missing > 0 ? this.#hold(missing, one) : undefined;
  }

  async #hold(amount: number, one: Try): Promise<void> {
    const { reservations, budgets, open } = this.#first;
    // At once, so that tries which begin together do not count on the same money.
    this.#covers += amount;
    const outcome = await holdMoney(reservations, { budgets, amount, open, waiter: this.trace });
    if (outcome.ok) {
      this.#leases.push(outcome);
      return;
    }
    this.#covers -= amount;
    this.#tries.delete(one);
    const budget = budgets[outcome.at];
    if (budget === undefined) throw new Error("budgets: refused by none of them");
    throw exceeded(budget, outcome, { heldBack: true });
  }

  /** Takes what is held for a try of budgets of its target, to be settled with the rest. */
  add(hold: TargetHold): void {
    this.#ofTargets.push(hold);
  }

  /** Puts what the call cost in place of what was held; what is not known stays as held. */
  settle(): void {
    const { budgets } = this.#first;
    const cost = costOfCall(this.trace);
    const isKnown = cost?.kind === "priced" || (cost !== undefined && this.strict === undefined);
    const taken = isKnown ? Number(knownOf(cost)) : undefined;
    for (const [at, lease] of this.#leases.entries())
      lease.settle(budgets.map(() => (at === 0 || taken === undefined ? taken : 0)));
    this.#settleTargets();
  }

  /** Tries may have been split: what counts is what the trace has of each target. */
  #settleTargets(): void {
    const settled = new Set<string>();
    for (const { lease, budgets, target } of this.#ofTargets) {
      const name = nameOf(target);
      const attempts = this.trace.attempts.filter((one) => nameOf(one.target) === name);
      const cost = costOfCall({ attempts });
      const taken = cost?.kind === "priced" ? Number(cost.nanoUsd) : undefined;
      const again = settled.has(name) && taken !== undefined;
      lease.settle(budgets.map(() => (again ? 0 : taken)));
      settled.add(name);
    }
  }
}

function nameOf({ provider, model }: Target): string {
  return `${provider}/${model}`;
}

function costOf({ record: { cost }, mayCost }: Try): number {
  return cost?.kind === "priced" ? Number(cost.nanoUsd) : mayCost;
}
