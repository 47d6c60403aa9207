import type { Settings } from "../../config/settings.ts";
import type { Call, Layer } from "../../core/call.ts";
import type { PlannedBound } from "../../core/caller/planned-bound.ts";
import type { Plan, Stage } from "../../core/compose.ts";
import { printUsd } from "../../core/facts/nano-usd.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import type { Notice } from "../../core/notice.ts";
import { countTokens, guardTexts } from "../../core/operation.ts";
import type { Target } from "../../core/target/target.ts";
import type { Lease, Refusal, Reservations } from "../../state/reserve/reservations.ts";
import { type AdmitOptions, mayChoose, mayUse } from "../admit.ts";
import { mayMakeTenants } from "../made-tenants.ts";
import { withArm } from "../routing/route.ts";
import { andThen, type Soon } from "./at-once.ts";
import { exceeded, unpricedTarget } from "./budget-refusal.ts";
import { type BudgetClock, type BudgetsOfCall, createBudgetsOfCall } from "./budgets-of-call.ts";
import { type CallCosts, type CostSources, createCallCosts, isBounded } from "./call-costs.ts";
import { HeldMoney } from "./held-money.ts";
import { holdMoney, type MoneyLease } from "./hold-money.ts";
import { type OpenBudget, unlimited } from "./open-budget.ts";
import { type BudgetWarnings, createBudgetWarnings } from "./soft-budgets.ts";

/** What the layers need of the world. */
export interface BudgetsWorld
  extends CostSources,
    BudgetClock,
    Pick<AdmitOptions, "routingMembers"> {
  readonly reservations: Reservations;
  /** Takes what whoever runs the gateway should hear of beside calls. */
  readonly notice: (notice: Notice) => void;
}

/** What money is held with. */
export interface BudgetOptions extends AdmitOptions {
  readonly reservations: Reservations;
  readonly resolve: Settings["resolve"];
  readonly budgets: BudgetsOfCall;
  readonly costs: CallCosts;
  readonly warnings: BudgetWarnings;
}

/** The stage of the layer below; undefined where nobody of the config has a budget. */
export function budgetsPolicy(settings: Settings, world: BudgetsWorld): Stage | undefined {
  if (!mayHaveBudgets(settings)) return undefined;
  const options = budgetOptions(settings, world);
  return { name: "budgets", layer: holdToBudgets(options), plan: planBudgets(options) };
}

/** Whether somebody has a budget, or may get one while the gateway runs. */
export function mayHaveBudgets(settings: Settings): boolean {
  const { config, keys, teams } = settings;
  return (
    mayMakeTenants(settings) ||
    config.budgets.length > 0 ||
    keys.some((key) => key.settings.budget !== undefined) ||
    [...teams.values()].some((team) => team.budgets.length > 0)
  );
}

/** What money is held with, by the settings and the world. */
export function budgetOptions(
  { config, resolve }: Settings,
  { routingMembers, reservations, notice, wallMs, recall, ...sources }: BudgetsWorld,
): BudgetOptions {
  return {
    reservations,
    resolve,
    routingMembers,
    budgets: createBudgetsOfCall(config.budgets, { wallMs, recall }),
    costs: createCallCosts(sources),
    warnings: createBudgetWarnings(reservations, notice),
  };
}

/**
 * Holds calls to the budgets of whom they are charged to: takes what a call may cost of all of them
 * in one step, or refuses it with BUDGET_EXCEEDED and takes of none. At its end the true cost
 * takes the place of what was held; where that is not known, what was held stands. A call without a
 * bound on its answer takes what is left, where that is less than it may cost.
 */
function holdToBudgets(options: BudgetOptions): Layer {
  return (next) => (call) => {
    if (isFree(call)) return next(call);
    const budgets = options.budgets.ofCall(call);
    if (budgets.length === 0) return next(call);
    const held = holdFor(options, call, budgets);
    return held instanceof Promise ? held.then(next) : next(held);
  };
}

/** What would be held of budgets for a call, or that it would be refused now. Holds nothing. */
function planBudgets(options: BudgetOptions): (call: Call) => Promise<Plan | undefined> {
  return async (call) => {
    if (isFree(call)) return undefined;
    const budgets = options.budgets.ofCall(call);
    if (budgets.length === 0) return undefined;
    try {
      const planned = await planFor(options, call, budgets);
      if (!("budget" in planned)) return planned;
      const cheaper = fallbackFor(options, call, planned);
      if (cheaper === undefined) throw exceeded(planned.budget, planned.outcome);
      const counting = options.budgets.ofCall(cheaper).map(countOnly);
      const second = await planFor(options, cheaper, counting);
      if ("budget" in second) throw exceeded(second.budget, second.outcome);
      return second;
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      return { call, report: [], refusal: error };
    }
  };
}

async function planFor(
  options: BudgetOptions,
  call: Call,
  budgets: readonly OpenBudget[],
): Promise<Plan | Full> {
  const { reservations } = options;
  const { min, max } = await rangeOf(options, call, budgets);
  const used = budgets.map(({ bound }) => reservations.used(bound));
  const has = (at: number, amount: number) =>
    (used[at] ?? 0) + amount <= (budgets[at]?.bound.limit ?? 0);
  const least = isBounded(call) ? min : 1;
  const full = budgets.findIndex((_, at) => !has(at, least));
  const budget = budgets[full];
  if (budget !== undefined)
    return { budget, outcome: { ok: false, at: full, used: used[full] ?? 0, freeInMs: undefined } };
  const holds = budgets.every((_, at) => has(at, max)) ? max : min;
  return {
    call,
    report: [],
    bounds: budgets.map((one, at) => plannedOf(one, used[at] ?? 0, holds)),
  };
}

function plannedOf(
  { owner, bound, limit }: OpenBudget,
  used: number,
  wanted: number,
): PlannedBound {
  const left = Math.max(0, limit - used);
  const holds = bound.limit === unlimited ? wanted : Math.min(wanted, left);
  const usd = (nanoUsd: number) => printUsd(BigInt(Math.max(0, Math.round(nanoUsd))));
  return {
    owner,
    allows: `${usd(limit)} USD${bound.limit === unlimited ? ", counted only" : ""}`,
    used: usd(used),
    holds: usd(holds),
    remains: usd(left - holds),
  };
}

/** The call with what is held for it, or with another model that there is room for. */
function holdFor(options: BudgetOptions, call: Call, budgets: readonly OpenBudget[]): Soon<Call> {
  return andThen(tryToHold(options, call, budgets), (held) =>
    "call" in held ? held.call : holdForCheaper(options, call, { budgets, held }),
  );
}

async function holdForCheaper(
  options: BudgetOptions,
  call: Call,
  { budgets, held }: { readonly budgets: readonly OpenBudget[]; readonly held: Full },
): Promise<Call> {
  const cheaper = fallbackFor(options, call, held);
  if (cheaper !== undefined) {
    // It is the same budget, of which calls of this model are counted only.
    const counting = options.budgets.ofCall(cheaper).map(countOnly);
    const second = await tryToHold(options, cheaper, counting);
    if ("call" in second) return second.call;
  }
  note(options, call, budgets, { outcome: held.outcome, covers: 0 });
  options.warnings.refused(held.budget, held.outcome);
  throw exceeded(held.budget, held.outcome);
}

/** Whether a call costs nothing, whatever its model is; what guards ask of models are other calls. */
function isFree({ request: { operation } }: Call): boolean {
  return operation === countTokens || operation === guardTexts;
}

function countOnly(budget: OpenBudget): OpenBudget {
  if (budget.fallback === "") return budget;
  return { ...budget, bound: { ...budget.bound, limit: unlimited } };
}

/** A budget that has no room. */
interface Full {
  readonly budget: OpenBudget;
  readonly outcome: Refusal;
}

/** Holds what a call may cost at the dearest of its targets, else what it may at the cheapest. */
function tryToHold(
  options: BudgetOptions,
  call: Call,
  budgets: readonly OpenBudget[],
): Soon<{ readonly call: Call } | Full> {
  const { reservations } = options;
  const open = !isBounded(call);
  const hold = (amount: number) =>
    holdMoney(reservations, { budgets, amount, open, waiter: call.trace });
  const heldOrFull = (lease: MoneyLease | Refusal, covers: number) => {
    if (lease.ok) return { call: withFunds(options, call, { budgets, lease, covers, open }) };
    const budget = budgets[lease.at];
    if (budget === undefined) throw new Error("budgets: refused by none of them");
    return { budget, outcome: lease };
  };
  return andThen(rangeOf(options, call, budgets), ({ min, max }) =>
    andThen(hold(max), (dearest) =>
      dearest.ok || min >= max || dearest.silent === true
        ? heldOrFull(dearest, max)
        : andThen(hold(min), (cheapest) => heldOrFull(cheapest, min)),
    ),
  );
}

function withFunds(
  options: BudgetOptions,
  call: Call,
  hold: {
    readonly budgets: readonly OpenBudget[];
    readonly lease: MoneyLease;
    readonly covers: number;
    readonly open: boolean;
  },
): Call {
  const { reservations, warnings } = options;
  const { budgets, lease, covers } = hold;
  const funds = new HeldMoney({ ...hold, reservations, trace: call.trace });
  note(options, call, budgets, { outcome: lease, covers });
  warnings.begin(call, budgets, lease);
  call.life.atEnd(() => {
    funds.settle();
    warnings.end(budgets);
  });
  return { ...call, funds };
}

/** What a call may cost at the cheapest and at the dearest of its model's targets. */
function rangeOf(
  { resolve, costs }: BudgetOptions,
  call: Call,
  budgets: readonly OpenBudget[],
): Soon<Range> {
  const model = resolve(call.model);
  const { targets } = (call.arm && model && withArm(model, call.arm.name)) ?? model ?? nothing;
  const known = targets.map((target) => costs.at(call, target));
  return known.every(isKnown)
    ? rangeIn(known, targets, budgets)
    : Promise.all(known).then((all) => rangeIn(all, targets, budgets));
}

/** In nano-USD. */
interface Range {
  readonly min: number;
  readonly max: number;
}

function isKnown<T>(value: Soon<T>): value is T {
  return !(value instanceof Promise);
}

function rangeIn(
  costs: readonly (number | undefined)[],
  targets: readonly Target[],
  budgets: readonly OpenBudget[],
): Range {
  let [min, max] = [Number.POSITIVE_INFINITY, 0];
  for (const cost of costs) {
    if (cost === undefined) continue;
    min = Math.min(min, cost);
    max = Math.max(max, cost);
  }
  const gap = targets[costs.indexOf(undefined)];
  if (gap === undefined || Number.isFinite(min)) return { min: Math.min(min, max), max };
  const strict = budgets.find((budget) => !budget.unpriced);
  if (strict !== undefined) throw unpricedTarget(gap, strict);
  return { min: 0, max: 0 };
}

const nothing = { targets: [] };

/** The call to the model that a full budget falls back to; undefined: to none that it may use. */
function fallbackFor(options: BudgetOptions, call: Call, { budget }: Full): Call | undefined {
  const { fallback, owner } = budget;
  const model = fallback === "" ? undefined : options.resolve(fallback);
  if (model === undefined || fallback === call.model) return undefined;
  if (call.principal !== undefined && !mayUse(call.principal, fallback)) return undefined;
  if (!mayChoose(options, call, model)) return undefined;
  const { arm: _, ...rest } = call;
  const { rules = [], why = "", tried } = call.ruling ?? {};
  const reason = `the budget of ${owner} has no room for ${call.model} and falls back to ${fallback}`;
  const ruling = { rules, why: why === "" ? reason : `${why}; ${reason}` };
  return { ...rest, model: fallback, ruling: tried === undefined ? ruling : { ...ruling, tried } };
}

/** Notes what the tightest of the budgets leaves, and what the call holds of it. */
function note(
  { reservations }: BudgetOptions,
  call: Call,
  budgets: readonly OpenBudget[],
  { outcome, covers }: { readonly outcome: Lease | Refusal; readonly covers: number },
): void {
  let left = Number.POSITIVE_INFINITY;
  for (const [at, { bound, limit }] of budgets.entries()) {
    const used = outcome.ok ? outcome.used[at] : reservations.used(bound);
    left = Math.min(left, limit - (used ?? 0));
  }
  // Where nothing is left, less may be held than the call may cost.
  call.trace.budgeted(BigInt(Math.floor(left)), BigInt(left > 0 ? Math.ceil(covers) : 0));
}
