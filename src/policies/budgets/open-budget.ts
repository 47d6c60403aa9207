import { UnpricedCalls } from "../../../gen/parlance/config/v1/budget_pb.js";
import { OnStateDown } from "../../../gen/parlance/config/v1/call_limits_pb.js";
import type { CountedBudget } from "../../core/caller/tenant.ts";
import { parseUsd } from "../../core/facts/nano-usd.ts";
import { readTime } from "../../core/time/read-time.ts";
import type { Bound } from "../../state/reserve/reservations.ts";
import { nameOfWindow, spanOf } from "./budget-span.ts";

/** Budgets that count the same, in their present window. */
export interface OpenBudget {
  /** Whose they are, in words: `key dev`. */
  readonly owner: string;
  /** What is counted. Its limit is that of the tightest hard one, else as good as none. */
  readonly bound: Bound;
  /** The tightest of them, in nano-USD: also where it only warns. */
  readonly limit: number;
  /** What is warned of when it is spent, in nano-USD; Infinity: nothing. */
  readonly warnsAt: number;
  /** The model that calls go to for which there is no room. "": they are refused. */
  readonly fallback: string;
  /** Whether calls of unknown cost pass. */
  readonly unpriced: boolean;
}

/** Budgets, and from when until when they are these. */
export interface OpenedBudgets {
  readonly budgets: readonly OpenBudget[];
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Who has budgets. */
export interface BudgetOwner {
  /** In words: `key dev`. */
  readonly owner: string;
  /** What is counted together. */
  readonly scope: string;
  readonly budgets: readonly CountedBudget[];
}

/** What no budget reaches: 9 million dollars, to which amounts are exact. */
export const unlimited = Number.MAX_SAFE_INTEGER;

/** Opens budgets in the windows of a time. Those of one owner that count the same become one. */
export function openBudgets(owners: readonly BudgetOwner[], nowMs: number): OpenedBudgets {
  const opened = new Map<string, OpenBudget>();
  let [fromMs, untilMs] = [0, Number.POSITIVE_INFINITY];
  for (const { owner, scope, budgets } of owners)
    for (const budget of budgets) {
      const one = openBudget(budget, { owner, scope }, nowMs);
      const { span, scope: name } = one.bound;
      const known = opened.get(name);
      opened.set(name, known === undefined ? one : joined(known, one));
      const changes = changesOf(budget, nowMs);
      fromMs = Math.max(fromMs, changes.fromMs, span.kind === "period" ? span.startMs : 0);
      untilMs = Math.min(untilMs, changes.untilMs, span.kind === "period" ? span.endMs : untilMs);
    }
  return { budgets: [...opened.values()], fromMs, untilMs };
}

/** Opens a budget in the window of a time. */
export function openBudget(
  budget: CountedBudget,
  { owner, scope }: Pick<BudgetOwner, "owner" | "scope">,
  nowMs: number,
): OpenBudget {
  const limit = limitOf(budget, nowMs);
  const soft = parseUsd(budget.softUsd);
  const { fallback, unpriced } = budget;
  // One with a fallback bounds the calls of other models alone.
  const refuses = !budget.soft;
  return {
    owner,
    bound: {
      scope: scopeOf(scope, budget),
      span: spanOf(budget, nowMs),
      limit: refuses ? limit : unlimited,
      onSilence: budget.onStateDown === OnStateDown.DENY ? "DENY" : "SHARE",
    },
    limit,
    warnsAt: soft === undefined ? (refuses ? Number.POSITIVE_INFINITY : limit) : Number(soft),
    fallback,
    unpriced: unpriced === UnpricedCalls.UNSPECIFIED ? !refuses : unpriced === UnpricedCalls.ALLOW,
  };
}

/** The name of what a budget counts. */
export function scopeOf(scope: string, budget: Parameters<typeof nameOfWindow>[0]): string {
  return `${scope}\nbudget\n${nameOfWindow(budget)}`;
}

/** What a budget allows at a time, in nano-USD. */
export function limitOf({ usd, increases }: CountedBudget, nowMs: number): number {
  let limit = parseUsd(usd) ?? 0n;
  for (const { usd: more, since, until } of increases) {
    if ((readTime(since) ?? 0) > nowMs) continue;
    if ((readTime(until) ?? 0) > nowMs) limit += parseUsd(more) ?? 0n;
  }
  return Number(limit);
}

/** Since when and until when the increases of a budget are what they are. */
function changesOf({ increases }: CountedBudget, nowMs: number) {
  let [fromMs, untilMs] = [0, Number.POSITIVE_INFINITY];
  for (const { since, until } of increases)
    for (const time of [since, until]) {
      const ms = readTime(time);
      if (ms === undefined) continue;
      if (ms <= nowMs) fromMs = Math.max(fromMs, ms);
      else untilMs = Math.min(untilMs, ms);
    }
  return { fromMs, untilMs };
}

/** Both of two that count the same: what the tighter of them refuses is refused. */
function joined(one: OpenBudget, other: OpenBudget): OpenBudget {
  const tighter = one.bound.limit <= other.bound.limit ? one : other;
  const denies = one.bound.onSilence === "DENY" || other.bound.onSilence === "DENY";
  return {
    ...tighter,
    bound: { ...tighter.bound, onSilence: denies ? "DENY" : "SHARE" },
    limit: Math.min(one.limit, other.limit),
    warnsAt: Math.min(one.warnsAt, other.warnsAt),
    unpriced: one.unpriced && other.unpriced,
  };
}
