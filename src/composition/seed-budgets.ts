import {
  type Budget,
  BudgetUnit,
  BudgetWindow,
  type SharedBudget,
} from "../../gen/parlance/config/v1/budget_pb.js";
import type { Settings } from "../config/settings.ts";
import type { Tenant } from "../core/caller/tenant.ts";
import { GatewayError } from "../core/faults/gateway-error.ts";
import { createNameSet } from "../core/names/name-pattern.ts";
import { nameOfWindow, spanOf, type Window } from "../policies/budgets/budget-span.ts";
import { sharedScope } from "../policies/budgets/budgets-of-call.ts";
import { scopeOf } from "../policies/budgets/open-budget.ts";
import { rateBucketMs } from "../state/local-rate-window.ts";
import type { Reservations } from "../state/reserve/reservations.ts";
import type { UsageDimension } from "../store/ledger/usage-query.ts";
import type { StoreLink } from "../store/store.ts";

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
  readonly ofTenants: Iterable<Budget>;
  /** Those of the config. */
  readonly shared: readonly SharedBudget[];
}

/** What spending goes on by. */
export interface SpendingWorld extends SeedWorld {
  readonly tenants: { readonly budgets: () => Iterable<Budget> };
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
  await seedBudgets(world, { ofTenants, shared: config.budgets }).catch((error: unknown) => {
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

/** How long the store may take for each of the sums, in milliseconds. */
const deadlineMs = 5_000;

/** Of so many spenders of a kind the spending is read, those with the highest. */
const maxSpenders = 10_000;

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
    for (const kind of kinds)
      await seed(world, { window, dimension: kind, scopeOf: (id) => `${kind}\n${id}` });
  for (const budget of known.shared) await seedShared(world, budget);
}

/**
 * The budgets of the config are seeded that go by one thing at a time: what others have spent
 * before a restart is not known by what they go by.
 */
async function seedShared(
  world: SeedWorld,
  { name, models, targets, tags, per, budget }: SharedBudget,
): Promise<void> {
  const chosen = [
    ...(models.length > 0 ? (["model"] as const) : []),
    ...(targets.length > 0 ? (["target"] as const) : []),
    ...(tags.length > 0 ? (["tag"] as const) : []),
  ];
  const [unit] = per;
  const apart = unit === undefined ? undefined : unitDimensions[unit];
  if (budget === undefined || chosen.length > 1 || per.length > 1) return;
  if (unit !== undefined && apart === undefined) return;
  const dimension = chosen[0] ?? apart?.dimension ?? "total";
  if (apart !== undefined && dimension !== apart.dimension) return;
  const patterns = [...models, ...targets];
  const fitting = patterns.length === 0 ? undefined : createNameSet(patterns);
  await seed(world, {
    window: budget,
    dimension,
    fits: (value) => fitting?.has(value) ?? (tags.length === 0 || tags.includes(value)),
    scopeOf: (value) => sharedScope(name, apart === undefined ? [] : [`${apart.words} ${value}`]),
  });
}

const unitDimensions: Readonly<
  Partial<Record<BudgetUnit, { readonly dimension: UsageDimension; readonly words: string }>>
> = {
  [BudgetUnit.KEY]: { dimension: "key", words: "key" },
  [BudgetUnit.USER]: { dimension: "user", words: "user" },
  [BudgetUnit.TEAM]: { dimension: "team", words: "team" },
  [BudgetUnit.ORGANIZATION]: { dimension: "organization", words: "organization" },
  [BudgetUnit.END_USER]: { dimension: "end_user", words: "end user" },
  [BudgetUnit.SESSION]: { dimension: "session", words: "session" },
  [BudgetUnit.TAG]: { dimension: "tag", words: "tag" },
  [BudgetUnit.MODEL]: { dimension: "model", words: "model" },
  [BudgetUnit.PROVIDER]: { dimension: "provider", words: "provider" },
  [BudgetUnit.TARGET]: { dimension: "target", words: "target" },
};

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
  const recall = async ({ kind, id, budgets }: Tenant): Promise<void> => {
    for (const window of budgets) {
      const name = `${kind}\n${id}\n${nameOfWindow(window)}`;
      if (recalled.has(name)) continue;
      const [oldest] = recalled;
      if (recalled.size >= maxRecalled && oldest !== undefined) recalled.delete(oldest);
      recalled.add(name);
      await seed(world, { window, dimension: kind, values: [id], scopeOf: () => `${kind}\n${id}` });
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

/** What was spent, and what counts it. */
interface Spending {
  readonly window: Window;
  readonly dimension: UsageDimension;
  /** Only these values of it. Absent: all. */
  readonly values?: readonly string[];
  /** Whether a value counts. Absent: each does. */
  readonly fits?: (value: string) => boolean;
  /** What counts a value. */
  readonly scopeOf: (value: string) => string;
}

/** Has what the ledger says of a kind of spending count. */
async function seed(
  { store, reservations, wallMs }: SeedWorld,
  { window, dimension, values, fits, scopeOf: scope }: Spending,
): Promise<void> {
  if (store === undefined) return;
  const nowMs = wallMs();
  const span = spanOf(window, nowMs);
  const fromMs = span.kind === "period" ? span.startMs : nowMs - span.ms;
  const query = {
    dimension,
    bucket: span.kind === "period" ? "all" : "hour",
    fromMs,
    toMs: nowMs + 1,
    top: maxSpenders,
    ...(values === undefined ? undefined : { values }),
  } as const;
  const sums = await store.request("usage.spent", query, deadlineMs);
  const widthMs = span.kind === "period" ? Number.POSITIVE_INFINITY : rateBucketMs(span.ms);
  const spent = new Map<string, Spent>();
  for (const { value, bucketMs, sums: added } of sums) {
    const isNamed = value !== "" || dimension === "total";
    if (added.cost_nano_usd <= 0n || !isNamed || fits?.(value) === false) continue;
    // What was spent at the end of the hour slides away last.
    const atMs = Math.min(nowMs, bucketMs + hourMs - 1);
    const key = `${scope(value)}\n${Math.floor(atMs / widthMs)}`;
    const nanoUsd = (spent.get(key)?.nanoUsd ?? 0n) + added.cost_nano_usd;
    spent.set(key, { scope: scope(value), atMs, nanoUsd });
  }
  for (const { scope: name, atMs, nanoUsd } of spent.values())
    reservations.seed({ scope: scopeOf(name, window), span, limit: 0 }, Number(nanoUsd), atMs);
}

/** What was spent about a time. */
interface Spent {
  readonly scope: string;
  readonly atMs: number;
  readonly nanoUsd: bigint;
}

const hourMs = 3_600_000;
