import type { Settings } from "../../config/settings.ts";
import { type CountedBudget, createTenant, type Tenant } from "../../core/caller/tenant.ts";
import { partsOf } from "../../core/caller/tenant-parts.ts";
import { families } from "../../core/metrics/families.ts";
import type { Reading } from "../../core/metrics/summed-metrics.ts";
import { nameOfWindow } from "../../policies/budgets/budget-span.ts";
import { sharedScope } from "../../policies/budgets/budgets-of-call.ts";
import { openBudget } from "../../policies/budgets/open-budget.ts";
import type { Reservations } from "../../state/reserve/reservations.ts";

const nanoPerUsd = 1_000_000_000;

/** What the budgets of the config leave now; as many as the metric has series. */
export function* readBudgets(
  settings: Settings,
  reservations: Pick<Reservations, "used">,
  nowMs: number,
): Generator<Reading> {
  let left: number = families.budgetRemaining.maxSeries;
  for (const { labels, scope, budget } of budgetsOf(settings)) {
    if (left === 0) return;
    left -= 1;
    const { bound, limit } = openBudget(budget, { owner: "", scope }, nowMs);
    const value = Math.max(0, limit - reservations.used(bound)) / nanoPerUsd;
    const all = [...labels, nameOfWindow(budget).toLowerCase()];
    yield { metric: "budgetRemaining", labels: all, value };
  }
}

interface NamedBudget {
  /** Whose it is: the kind and the name. */
  readonly labels: readonly [scope: string, name: string];
  /** What is counted together. */
  readonly scope: string;
  readonly budget: CountedBudget;
}

/** Those of keys, of teams, and of all calls that they hold for together. */
function* budgetsOf({ keys, teams, config }: Settings): Generator<NamedBudget, void> {
  for (const { settings } of keys)
    if (settings.budget !== undefined) yield* ofTenant(createTenant("key", settings));
  for (const team of teams.values()) yield* ofTenant(team);
  for (const { name, per, budget } of config.budgets)
    if (budget !== undefined && per.length === 0)
      yield { labels: ["budget", name], scope: sharedScope(name, []), budget };
}

function* ofTenant(tenant: Tenant): Generator<NamedBudget, void> {
  for (const { scope, budgets, model } of partsOf(tenant))
    for (const budget of model === undefined ? budgets : [])
      yield { labels: [tenant.kind, tenant.name], scope, budget };
}
