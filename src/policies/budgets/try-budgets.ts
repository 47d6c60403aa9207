import type { Settings } from "../../config/settings.ts";
import { attemptOf } from "../../core/attempt.ts";
import type { Call, Layer } from "../../core/call.ts";
import type { Plan, Stage } from "../../core/compose.ts";
import type { GatewayError } from "../../core/faults/gateway-error.ts";
import type { Funds } from "../../core/money/funds.ts";
import { countTokens } from "../../core/operation.ts";
import { exceeded, unpricedTarget } from "./budget-refusal.ts";
import { type BudgetOptions, type BudgetsWorld, budgetOptions, mayHaveBudgets } from "./budgets.ts";
import { isBounded } from "./call-costs.ts";
import { HeldMoney } from "./held-money.ts";
import { holdMoney } from "./hold-money.ts";
import type { OpenBudget } from "./open-budget.ts";

/** The stage of the layer below; undefined where nobody has a budget. */
export function tryBudgetsPolicy(settings: Settings, world: BudgetsWorld): Stage | undefined {
  if (!mayHaveBudgets(settings)) return undefined;
  const options = budgetOptions(settings, world);
  return { name: "try_budgets", layer: holdTries(options), plan: planTries(options) };
}

/**
 * Has the money that a try may cost held before it is made: a retry at a dearer target, a fallback,
 * a try beside a slow one. One that budgets have no room for is not made, and the next target is
 * tried. Budgets of targets hold here, and those of callers for calls that nobody waits for, such
 * as copies.
 */
function holdTries(options: BudgetOptions): Layer {
  return (next) => (call) => {
    if (call.request.operation === countTokens) return next(call);
    const bounds = boundsOf(options, call);
    if (bounds === undefined) return next(call);
    const cost = options.costs.at(call, attemptOf(call).target);
    const waiting =
      cost instanceof Promise || bounds.budgets.length > 0
        ? hold(options, call, { ...bounds, cost })
        : cover(call, bounds, cost);
    return waiting === undefined ? next(call) : waiting.then(() => next(call));
  };
}

/** Whether the budgets of a target would refuse a try of it now. Holds nothing. */
function planTries(options: BudgetOptions) {
  return async (call: Call): Promise<Plan | undefined> => {
    const { target } = attemptOf(call);
    const ofTarget = options.budgets.ofTarget(call, target);
    if (ofTarget.length === 0 || call.request.operation === countTokens) return undefined;
    const cost = await options.costs.at(call, target);
    for (const budget of ofTarget) {
      const refusal = refusalBy(options, call, { budget, cost });
      if (refusal !== undefined) return { call, report: [], refusal };
    }
    return undefined;
  };
}

function refusalBy(
  { reservations }: BudgetOptions,
  call: Call,
  { budget, cost }: { readonly budget: OpenBudget; readonly cost: number | undefined },
): GatewayError | undefined {
  if (cost === undefined)
    return budget.unpriced ? undefined : unpricedTarget(attemptOf(call).target, budget);
  const used = reservations.used(budget.bound);
  const least = isBounded(call) ? cost : 1;
  if (used + least <= budget.bound.limit) return undefined;
  return exceeded(budget, { ok: false, at: 0, used, freeInMs: undefined });
}

/** Undefined: nothing. Copies of a call have a trace of their own, and nothing is held for them. */
function boundsOf({ budgets }: BudgetOptions, call: Call): Bounds | undefined {
  const ofTarget = budgets.ofTarget(call, attemptOf(call).target);
  if (call.funds?.trace === call.trace) return { funds: call.funds, budgets: ofTarget };
  const all = [...budgets.ofCall(call), ...ofTarget];
  return all.length === 0 ? undefined : { funds: undefined, budgets: all };
}

/** What a try is held to. */
interface Bounds {
  /** What is held for its call. Undefined: nothing. */
  readonly funds: Funds | undefined;
  /** Budgets of which nothing is held for its call. */
  readonly budgets: readonly OpenBudget[];
}

async function hold(
  options: BudgetOptions,
  call: Call,
  bounds: Bounds & { readonly cost: number | undefined | Promise<number | undefined> },
): Promise<void> {
  const { funds, budgets } = bounds;
  const cost = await bounds.cost;
  await cover(call, bounds, cost);
  if (budgets.length === 0) return;
  const { reservations } = options;
  const open = !isBounded(call);
  const outcome = await holdMoney(reservations, {
    budgets,
    amount: cost ?? 0,
    open,
    waiter: call.trace,
  });
  if (!outcome.ok) {
    const budget = budgets[outcome.at];
    if (budget === undefined) throw new Error("budgets: refused by none of them");
    options.warnings.refused(budget, outcome);
    throw exceeded(budget, outcome, { heldBack: true });
  }
  const { target, record } = attemptOf(call);
  if (funds instanceof HeldMoney) {
    funds.add({ lease: outcome, budgets, target });
    return;
  }
  call.life.atEnd(() => {
    const taken = record.cost?.kind === "priced" ? Number(record.cost.nanoUsd) : undefined;
    outcome.settle(budgets.map(() => taken));
    options.warnings.end(budgets);
  });
}

/** Refuses a try of unknown cost, else has it covered by what is held for its call. */
function cover(
  call: Call,
  { funds, budgets }: Bounds,
  cost: number | undefined,
): undefined | Promise<void> {
  const { target, record } = attemptOf(call);
  if (cost !== undefined) return funds?.cover(record, cost);
  const strict = budgets.find((budget) => !budget.unpriced) ?? funds?.strict;
  if (strict !== undefined) throw unpricedTarget(target, strict, { heldBack: true });
  return undefined;
}
