import { BudgetWindow, type SharedBudget } from "../../../gen/parlance/config/v1/budget_pb.js";
import type { Settings } from "../../config/settings.ts";
import type { CountedBudget, Tenant, TenantKind } from "../../core/caller/tenant.ts";
import { partsOf } from "../../core/caller/tenant-parts.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import { nameOfWindow, spanOf, type Window } from "../../policies/budgets/budget-span.ts";
import { scopeOf } from "../../policies/budgets/open-budget.ts";
import type { Reservations } from "../../state/reserve/reservations.ts";
import type { StoreLink } from "../../store/store.ts";
import { modelSpending, readSpending, type Spending, sharedSpending } from "./spending.ts";

/** What budgets are seeded with. */
export interface SeedWorld {
  readonly store: StoreLink | undefined;
  readonly reservations: Reservations;
  /** The time of day in milliseconds since 1970. */
  readonly wallMs: () => number;
}

/** Budgets that there are. */
interface KnownBudgets {
  /** Those of tenants. */
  readonly ofTenants: Iterable<CountedBudget>;
  /** The kinds of tenants that there are. */
  readonly kinds: readonly TenantKind[];
  /** Tenants with budgets for some models. */
  readonly byModel: Iterable<Tenant>;
  /** Those of the config. */
  readonly shared: readonly SharedBudget[];
}

/** What spending goes on by. */
export interface SpendingWorld extends SeedWorld {
  readonly tenants: {
    /** The budgets that there are in the store. */
    readonly budgets: () => Iterable<CountedBudget>;
    /** Those who have budgets for some models. */
    readonly byModel: () => Iterable<Tenant>;
    readonly hasEndUsers: () => boolean;
  };
  /** Gets what is none of the store's failures. */
  readonly onBug: (error: unknown) => void;
}

/** Budgets go on where the ledger of a database says that they were; else they begin at 0. */
export async function goOnSpending(
  { store, config, keys, teams }: Settings,
  { tenants, onBug, ...world }: SpendingWorld,
): Promise<void> {
  if (store === undefined) return;
  const ofTenants = [
    ...keys.flatMap((key) => key.settings.budget ?? []),
    ...[...teams.values()].flatMap((team) => team.budgets),
    ...tenants.budgets(),
  ];
  const known = {
    ofTenants,
    kinds: tenants.hasEndUsers() ? [...kinds, "end_user" as const] : kinds,
    byModel: tenants.byModel(),
    shared: config.budgets,
  };
  await seedBudgets(world, known).catch((error: unknown) => {
    if (!(error instanceof GatewayError)) onBug(error);
  });
}

/** Whose budgets there are. */
const kinds = ["key", "user", "team", "organization"] as const;

/** Windows of tenants' budgets that are seeded whoever has one: somebody may get one later. */
const usualWindows: readonly Window[] = [
  BudgetWindow.HOUR,
  BudgetWindow.DAY,
  BudgetWindow.WEEK,
  BudgetWindow.MONTH,
  BudgetWindow.TOTAL,
].map((window) => ({ window, timeZone: "" }));

/**
 * Has budgets go on where they were before a restart: what the ledger says was spent in the present
 * windows counts, unless more is known. Rejects with STORE_UNAVAILABLE where the store does not
 * answer; counts begin at 0 then.
 */
async function seedBudgets(world: SeedWorld, known: KnownBudgets): Promise<void> {
  if (world.store === undefined) return;
  const windows = new Map<string, Window>();
  for (const window of [...usualWindows, ...known.ofTenants])
    windows.set(nameOfWindow(window), window);
  for (const window of windows.values())
    for (const kind of known.kinds)
      await seed(world, { window, dimension: kind, scopeOf: (id) => `${kind}\n${id}` });
  for (const tenant of known.byModel)
    for (const one of spendingByModel(tenant)) await seed(world, one);
  for (const budget of known.shared) await seed(world, sharedSpending(budget));
}

/** What the ledger is asked about the budgets of a tenant for some models. */
function spendingByModel(tenant: Tenant): readonly Spending[] {
  return partsOf(tenant).flatMap(({ model, scope, budgets }) =>
    model === undefined
      ? []
      : budgets.map((window) => modelSpending(tenant, { model }, { window, scope })),
  );
}

/** Tenants whose spending was looked up; those that were first make room. */
const maxRecalled = 100_000;

/**
 * Makes what looks up what tenants have spent whose budgets are first met: they may have been made
 * after the gateway began. Nobody waits for it. `onBug` gets what is none of the store's failures.
 */
export function createRecall(
  world: SeedWorld,
  onBug: (error: unknown) => void,
): (tenants: readonly Tenant[]) => void {
  const recalled = new Set<string>();
  const recall = async (tenant: Tenant): Promise<void> => {
    const { kind, id, budgets } = tenant;
    const scope = `${kind}\n${id}`;
    const whole = budgets.map((window) => ({
      ...{ window, dimension: kind, values: [id] },
      scopeOf: () => scope,
    }));
    for (const spending of [...whole, ...spendingByModel(tenant)]) {
      const name = `${spending.scopeOf(id)}\n${nameOfWindow(spending.window)}`;
      if (recalled.has(name)) continue;
      const [oldest] = recalled;
      if (recalled.size >= maxRecalled && oldest !== undefined) recalled.delete(oldest);
      recalled.add(name);
      await seed(world, spending);
    }
  };
  return (tenants) => {
    if (world.store === undefined) return;
    for (const tenant of tenants)
      void recall(tenant).catch((error: unknown) => {
        if (!(error instanceof GatewayError)) onBug(error);
      });
  };
}

/** Has what the ledger says of a kind of spending count. */
async function seed(
  { store, reservations, wallMs }: SeedWorld,
  spending: Spending | undefined,
): Promise<void> {
  if (store === undefined || spending === undefined) return;
  const nowMs = wallMs();
  const { window } = spending;
  const span = spanOf(window, nowMs);
  for (const { scope, atMs, nanoUsd } of await readSpending(store, spending, nowMs))
    reservations.seed({ scope: scopeOf(scope, window), span, limit: 0 }, Number(nanoUsd), atMs);
}
