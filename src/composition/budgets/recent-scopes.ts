import { BudgetUnit, type SharedBudget } from "../../../gen/parlance/config/v1/budget_pb.js";
import type { LedgerRow } from "../../core/ledger/ledger-row.ts";
import { named, sharedScope } from "../../policies/budgets/budgets-of-call.ts";
import type { StoreLink } from "../../store/store.ts";

/** How many of the newest calls are looked at. */
const maxCalls = 5_000;

/** What the newest calls may be counted by, in a budget of the config; each scope once. */
export async function recentScopes(
  store: Pick<StoreLink, "request">,
  { name, per }: SharedBudget,
): Promise<readonly string[]> {
  const { calls } = await store.request("calls.page", { limit: maxCalls });
  const scopes = new Set<string>();
  for (const row of calls)
    for (const apart of apartBy(per, row)) scopes.add(sharedScope(name, apart));
  return [...scopes];
}

/** As calls are counted: once for each tag and attempt, and never without one of the units. */
function apartBy(per: readonly BudgetUnit[], row: LedgerRow): readonly (readonly string[])[] {
  const places = row.attempts.length === 0 ? [row] : row.attempts;
  return places.flatMap((place) => {
    let apart: readonly (readonly string[])[] = [[]];
    for (const unit of per) {
      const values = valuesOf(unit, row, place).filter((one) => one !== undefined);
      apart = apart.flatMap((before) => values.map((value) => [...before, value]));
    }
    return apart;
  });
}

function valuesOf(
  unit: BudgetUnit,
  row: LedgerRow,
  { target, provider }: Pick<LedgerRow, "target" | "provider">,
): readonly (string | undefined)[] {
  const one = (what: string, text: string) => [named(what, text === "" ? undefined : text)];
  switch (unit) {
    case BudgetUnit.KEY:
      return one("key", row.key);
    case BudgetUnit.USER:
      return one("user", row.user);
    case BudgetUnit.TEAM:
      return one("team", row.team);
    case BudgetUnit.ORGANIZATION:
      return one("organization", row.organization);
    case BudgetUnit.END_USER:
      return one("end user", row.endUser);
    case BudgetUnit.SESSION:
      return one("session", row.session);
    case BudgetUnit.TAG:
      return row.tags.map((tag) => `tag ${tag}`);
    case BudgetUnit.MODEL:
      return [`model ${row.model}`];
    case BudgetUnit.PROVIDER:
      return one("provider", provider);
    case BudgetUnit.TARGET:
      return one("target", target);
    case BudgetUnit.UNSPECIFIED:
      return [];
  }
}
