import type { Call } from "../../core/call.ts";
import { printUsd } from "../../core/facts/nano-usd.ts";
import type { Notice } from "../../core/notice.ts";
import type { Reservations } from "../../state/reserve/reservations.ts";
import type { MoneyLease } from "./hold-money.ts";
import type { OpenBudget } from "./open-budget.ts";

/** Warns of budgets that are spent as far as they say. */
export interface BudgetWarnings {
  /** Notes for the caller what is spent, but for what the call itself holds. */
  begin(
    call: Call,
    budgets: readonly OpenBudget[],
    held: Pick<MoneyLease, "used" | "amounts">,
  ): void;
  /** Tells the log what a call has spent, of each window once. */
  end(budgets: readonly OpenBudget[]): void;
}

/** Windows that are remembered as warned of; the first make room. */
const maxWarned = 10_000;

/** Makes what warns through the log and the headers of replies. */
export function createBudgetWarnings(
  reservations: Reservations,
  notice: (notice: Notice) => void,
): BudgetWarnings {
  /** What was warned of, by what is counted: the start of its window. */
  const warned = new Map<string, number>();
  const warn = (budget: OpenBudget): void => {
    const { bound, warnsAt, owner } = budget;
    const used = reservations.used(bound);
    const startMs = bound.span.kind === "period" ? bound.span.startMs : 0;
    const name = `${bound.scope}\n${warnsAt}`;
    if (used < warnsAt) {
      if (bound.span.kind === "sliding") warned.delete(name);
      return;
    }
    if (warned.get(name) === startMs) return;
    const [oldest] = warned.keys();
    if (warned.size >= maxWarned && oldest !== undefined) warned.delete(oldest);
    warned.set(name, startMs);
    notice({
      event: "budget_soft_exceeded",
      message: `${words(budget, used)}; calls pass until its limit, if it has one`,
      details: { owner, limit_usd: usd(warnsAt), spent_usd: usd(used) },
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
      for (const budget of budgets) if (Number.isFinite(budget.warnsAt)) warn(budget);
    },
  };
}

function words({ owner, warnsAt }: OpenBudget, used: number): string {
  return `${owner} has spent ${usd(used)} USD of ${usd(warnsAt)}`;
}

function usd(nanoUsd: number): string {
  return printUsd(BigInt(Math.max(0, Math.round(nanoUsd))));
}
