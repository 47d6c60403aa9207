import { type Budget, BudgetWindow } from "../../gen/parlance/config/v1/key_pb.js";
import { ErrorReason } from "../../gen/parlance/error/v1/error_reason_pb.js";
import type { Settings } from "../config/settings.ts";
import type { Call, Layer, Reply } from "../core/call.ts";
import type { Tenant } from "../core/caller/tenant.ts";
import type { Stage } from "../core/compose.ts";
import { expectedPrice } from "../core/facts/call-price.ts";
import { sizeOf } from "../core/facts/call-size.ts";
import { parseUsd, printUsd } from "../core/facts/nano-usd.ts";
import { GatewayError } from "../core/faults/gateway-error.ts";
import type { PriceEntry } from "../core/money/price-entry.ts";
import { countTokens } from "../core/operation.ts";
import { costOfCall } from "../core/trace.ts";
import type { Bound, Lease, Refusal, Reservations } from "../state/reserve/reservations.ts";
import type { PriceList } from "./routing/price-list.ts";

/** What the layer needs of the world. */
export interface BudgetsWorld {
  readonly reservations: Reservations;
  readonly priceList: PriceList;
  /** The time of day in milliseconds since 1970. */
  readonly wallMs: () => number;
}

/** The stage of the layer below; undefined where nobody of the config has a budget. */
export function budgetsPolicy(settings: Settings, world: BudgetsWorld): Stage | undefined {
  const { config, keys, teams } = settings;
  const stored = config.store.kind.case === "sqlite" || config.store.kind.case === "postgres";
  const budgeted =
    keys.some((key) => key.settings.budget !== undefined) ||
    [...teams.values()].some((team) => team.budgets.length > 0);
  return stored || budgeted
    ? { name: "budgets", layer: holdToBudgets(settings, world) }
    : undefined;
}

/** A budget of a tenant, in its present window. */
interface OpenBudget {
  readonly owner: string;
  readonly bound: Bound;
}

/** What an answer without a bound is taken for, in tokens: the bound of many models. */
const unboundedAnswer = 16_384;

/**
 * Holds calls to the budgets of whom they are charged to: takes what a call may cost of all of them
 * in one step, or refuses it with BUDGET_EXCEEDED and takes of none. At its end the true cost
 * takes the place of what was expected; where that is not known, what was expected stands. A call
 * without a bound on its answer takes what is left, where that is less than it may cost.
 */
function holdToBudgets(settings: Settings, world: BudgetsWorld): Layer {
  const { reservations, priceList, wallMs } = world;
  return (next) => {
    const go = (call: Call, budgets: readonly OpenBudget[], outcome: Lease | Refusal) => {
      call.trace.budgeted(leftOf(budgets, reservations, outcome));
      if (!outcome.ok) throw exceeded(budgets[outcome.at], outcome);
      call.life.atEnd(() => {
        const cost = costOfCall(call.trace);
        const taken = cost?.kind === "priced" ? Number(cost.nanoUsd) : undefined;
        outcome.settle(budgets.map(() => taken));
      });
      return next(call);
    };
    const reserve = async (call: Call, budgets: readonly OpenBudget[]): Promise<Reply> => {
      const cost = await mayCost(settings, priceList, call);
      const bounded = sizeOf(call).maxOutputTokens !== undefined;
      const portions = budgets.map(({ bound }) => {
        const amount = bounded ? cost : Math.min(cost, bound.limit - reservations.used(bound));
        // At least one nano-USD, so that nothing is called by who has spent all.
        return { bound, amount: Math.max(1, amount) };
      });
      return go(call, budgets, await reservations.reserve(portions));
    };
    const opened = createOpenBudgets(wallMs);
    return (call) => {
      const { tenants } = call.principal ?? {};
      if (tenants === undefined || call.request.operation === countTokens) return next(call);
      const budgets = opened(tenants);
      return budgets.length === 0 ? next(call) : reserve(call, budgets);
    };
  };
}

/** What the tightest of the budgets leaves, with what the call holds taken off. */
function leftOf(
  budgets: readonly OpenBudget[],
  reservations: Reservations,
  outcome: Lease | Refusal,
): bigint {
  let left = Number.POSITIVE_INFINITY;
  for (const [at, { bound }] of budgets.entries()) {
    const used = outcome.ok ? outcome.used[at] : reservations.used(bound);
    left = Math.min(left, bound.limit - (used ?? 0));
  }
  return BigInt(Math.max(0, Math.floor(left)));
}

/** What a call may cost at the dearest of its model's targets, in nano-USD, rounded up. */
async function mayCost({ resolve }: Settings, list: PriceList, call: Call): Promise<number> {
  const { maxOutputTokens = unboundedAnswer, ...size } = sizeOf(call);
  let most = 0;
  for (const target of resolve(call.model)?.targets ?? []) {
    const entry = list.entry(target);
    const { prices }: PriceEntry = entry instanceof Promise ? await entry : entry;
    const price = expectedPrice(prices, { ...size, maxOutputTokens }, undefined);
    if (price === undefined)
      throw new GatewayError({
        reason: ErrorReason.UNPRICED,
        message: `no prices are known of ${target.provider}/${target.model}, which a budget cannot bound: set facts.prices of the model, or prices`,
      });
    most = Math.max(most, Math.ceil(price));
  }
  return most;
}

/**
 * Makes what gives the budgets of tenants in their present windows. The tenants of a caller are the
 * same list for all of its calls, so that its budgets are opened once in a window.
 */
function createOpenBudgets(
  wallMs: () => number,
): (tenants: readonly Tenant[]) => readonly OpenBudget[] {
  const known = new WeakMap<readonly Tenant[], OpenedBudgets>();
  return (tenants) => {
    const nowMs = wallMs();
    const found = known.get(tenants);
    if (found !== undefined && nowMs >= found.fromMs && nowMs < found.untilMs) return found.budgets;
    const budgets = openBudgets(tenants, nowMs);
    const spans = budgets.flatMap(({ bound: { span } }) => (span.kind === "period" ? [span] : []));
    known.set(tenants, {
      budgets,
      fromMs: spans.reduce((ms, { startMs }) => Math.max(ms, startMs), 0),
      untilMs: spans.reduce((ms, { endMs }) => Math.min(ms, endMs), Number.POSITIVE_INFINITY),
    });
    return budgets;
  };
}

/** Budgets, and from when until when all of their windows are the present ones. */
interface OpenedBudgets {
  readonly budgets: readonly OpenBudget[];
  readonly fromMs: number;
  readonly untilMs: number;
}

function openBudgets(tenants: readonly Tenant[], nowMs: number): readonly OpenBudget[] {
  return tenants.flatMap(({ kind, id, name, budgets }) =>
    budgets.map((budget) => ({
      owner: `${kind} ${name}`,
      bound: boundOf(budget, { kind, id }, nowMs),
    })),
  );
}

/** The bound that a budget is in its present window. */
export function boundOf(
  { usd, window }: Pick<Budget, "usd" | "window">,
  { kind, id }: Pick<Tenant, "kind" | "id">,
  nowMs: number,
): Bound {
  const [startMs, endMs] = periodOf(window, nowMs);
  return {
    scope: `${kind}\n${id}\nbudget\n${BudgetWindow[window]}`,
    span: { kind: "period", startMs, endMs },
    limit: Number(parseUsd(usd) ?? 0n),
  };
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** The start and the end of a window in UTC, in milliseconds since 1970; weeks begin on Mondays. */
export function periodOf(window: BudgetWindow, nowMs: number): readonly [number, number] {
  const day = Math.floor(nowMs / dayMs) * dayMs;
  const date = new Date(nowMs);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  const hour = Math.floor(nowMs / hourMs) * hourMs;
  const monday = day - ((date.getUTCDay() + 6) % 7) * dayMs;
  switch (window) {
    case BudgetWindow.HOUR:
      return [hour, hour + hourMs];
    case BudgetWindow.DAY:
      return [day, day + dayMs];
    case BudgetWindow.WEEK:
      return [monday, monday + 7 * dayMs];
    case BudgetWindow.MONTH:
      return [Date.UTC(year, month), Date.UTC(year, month + 1)];
    case BudgetWindow.TOTAL:
    case BudgetWindow.UNSPECIFIED:
      return [0, Number.POSITIVE_INFINITY];
  }
}

function exceeded(budget: OpenBudget | undefined, { used, silent }: Refusal): GatewayError {
  const { owner = "the caller", bound } = budget ?? {};
  const limit = printUsd(BigInt(bound?.limit ?? 0));
  const endMs = bound?.span.kind === "period" ? bound.span.endMs : Number.POSITIVE_INFINITY;
  const until = Number.isFinite(endMs) ? new Date(endMs).toISOString() : "never";
  const spent =
    silent === true
      ? "what gateways share is out of reach"
      : `${printUsd(BigInt(Math.round(used)))} USD are spent or held`;
  return new GatewayError({
    reason: ErrorReason.BUDGET_EXCEEDED,
    message: `budget exceeded: ${owner} may spend ${limit} USD, and ${spent}; it resets: ${until}`,
  });
}
