import type { Call } from "../../core/call.ts";
import { printUsd } from "../../core/facts/nano-usd.ts";
import type { Notice } from "../../core/notice.ts";
import type { Refusal, Reservations } from "../../state/reserve/reservations.ts";
import type { MoneyLease } from "./hold-money.ts";
import type { OpenBudget } from "./open-budget.ts";

/** Warns of budgets that are spent as far as they say, and says which are used up. */
export interface BudgetWarnings {
  /** Notes for the caller what is spent, but for what the call itself holds. */
  begin(
    call: Call,
    budgets: readonly OpenBudget[],
    held: Pick<MoneyLease, "used" | "amounts">,
  ): void;
  /** Tells the log what a call has spent, of each window once. */
  end(budgets: readonly OpenBudget[]): void;
  /** Tells the log that a budget has no room for a call, of each window once. */
  refused(budget: OpenBudget, refusal: Pick<Refusal, "used" | "silent">): void;
}

/** Windows that are remembered; the first make room. */
const maxSaid = 10_000;

/** Makes what warns through the log and the headers of replies. */
export function createBudgetWarnings(
  reservations: Reservations,
  notice: (notice: Notice) => void,
): BudgetWarnings {
  /** What was said, by what is counted: the start of its window. */
  const said = new Map<string, number>();
  /** Whether something is said of a window for the first time. */
  const isNew = (name: string, { span }: OpenBudget["bound"]): boolean => {
    const startMs = span.kind === "period" ? span.startMs : 0;
    if (said.get(name) === startMs) return false;
    const [oldest] = said.keys();
    if (said.size >= maxSaid && oldest !== undefined) said.delete(oldest);
    said.set(name, startMs);
    return true;
  };
  const warn = (budget: OpenBudget): void => {
    const { bound, warnsAt } = budget;
    const used = reservations.used(bound);
    const name = `${bound.scope}\n${warnsAt}`;
    if (used < warnsAt) {
      if (bound.span.kind === "sliding") said.delete(name);
    } else if (isNew(name, bound))
      notice({
        event: "budget_soft_exceeded",
        message: `${words(budget, used)}; calls pass until its limit, if it has one`,
        details: { ...detailsOf(budget, used), limit_usd: usd(warnsAt) },
      });
  };
  return {
    begin(call, budgets, { used, amounts }) {
      const spent = budgets.flatMap((budget, at) => {
        const before = (used[at] ?? 0) - (amounts[at] ?? 0);
        return before >= budget.warnsAt ? [words(budget, before)] : [];
      });
      if (spent.length > 0) call.trace.warnOfBudgets(spent.join(", "));
    },
    end(budgets) {
      for (const budget of budgets) {
        if (Number.isFinite(budget.warnsAt)) warn(budget);
        const { bound } = budget;
        // What slides away makes room, and what comes then is another refusal.
        if (bound.span.kind === "sliding" && reservations.used(bound) < 0.9 * bound.limit)
          said.delete(refusedName(budget));
      }
    },
    refused(budget, { used, silent }) {
      const { owner, bound, limit } = budget;
      if (silent === true || !isNew(refusedName(budget), bound)) return;
      notice({
        event: "budget_exceeded",
        message: `${owner} has no room for a call: ${usd(used)} USD of ${usd(limit)} are spent or held`,
        details: { ...detailsOf(budget, used), limit_usd: usd(limit) },
      });
    },
  };
}

function refusedName({ bound }: OpenBudget): string {
  return `${bound.scope}\nrefused`;
}

function detailsOf({ owner, bound: { span } }: OpenBudget, used: number) {
  const since = span.kind === "period" && span.startMs > 0 ? new Date(span.startMs) : undefined;
  return {
    owner,
    spent_usd: usd(used),
    ...(since === undefined ? undefined : { since: since.toISOString() }),
  };
}

function words({ owner, warnsAt }: OpenBudget, used: number): string {
  return `${owner} has spent ${usd(used)} USD of ${usd(warnsAt)}`;
}

function usd(nanoUsd: number): string {
  return printUsd(BigInt(Math.max(0, Math.round(nanoUsd))));
}
