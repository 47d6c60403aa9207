import { BudgetUnit, type SharedBudget } from "../../../gen/parlance/config/v1/budget_pb.js";
import type { ModelPart, Tenant } from "../../core/caller/tenant.ts";
import { createNameSet } from "../../core/names/name-pattern.ts";
import { spanOf, type Window } from "../../policies/budgets/budget-span.ts";
import { sharedScope } from "../../policies/budgets/budgets-of-call.ts";
import { rateBucketMs } from "../../state/local-rate-window.ts";
import type { UsageDimension, UsageQuery } from "../../store/ledger/usage-query.ts";
import type { StoreLink } from "../../store/store.ts";

/** What was spent, and what counts it. */
export interface Spending {
  readonly window: Window;
  readonly dimension: UsageDimension;
  /** Only these values of it. Absent: all. */
  readonly values?: readonly string[];
  /** Only calls of these. Absent: all. */
  readonly of?: Pick<UsageQuery, "organizations" | "teams" | "users" | "keys" | "filter">;
  /** Whether a value counts. Absent: each does. */
  readonly fits?: (value: string) => boolean;
  /** What counts a value. */
  readonly scopeOf: (value: string) => string;
}

/** What was spent about a time. */
export interface Spent {
  readonly scope: string;
  readonly atMs: number;
  readonly nanoUsd: bigint;
}

/** How long the store may take for each of the sums, in milliseconds. */
const deadlineMs = 5_000;

/** Of so many spenders of a kind the spending is read, those with the highest. */
const maxSpenders = 10_000;

const hourMs = 3_600_000;

/** What the ledger says of a kind of spending in its present window. */
export async function readSpending(
  store: Pick<StoreLink, "request">,
  { window, dimension, values, of, fits, scopeOf }: Spending,
  nowMs: number,
): Promise<readonly Spent[]> {
  const span = spanOf(window, nowMs);
  const startMs = span.kind === "period" ? span.startMs : nowMs - span.ms;
  const widthMs = span.kind === "period" ? Number.POSITIVE_INFINITY : rateBucketMs(span.ms);
  const query = {
    dimension,
    bucket: span.kind === "period" ? "all" : "hour",
    toMs: nowMs + 1,
    top: maxSpenders,
    ...of,
    ...(values === undefined ? undefined : { values }),
  } as const;
  const spent = new Map<string, Spent>();
  for (const times of timesOf(startMs, window.freshMs, nowMs)) {
    const sums = await store.request("usage.spent", { ...query, ...times }, deadlineMs);
    for (const { value, bucketMs, sums: added } of sums) {
      const isNamed = value !== "" || dimension === "total";
      if (added.cost_nano_usd <= 0n || !isNamed || fits?.(value) === false) continue;
      // What was spent at the end of the hour slides away last.
      const atMs = Math.min(nowMs, bucketMs + hourMs - 1);
      const key = `${scopeOf(value)}\n${Math.floor(atMs / widthMs)}`;
      const nanoUsd = (spent.get(key)?.nanoUsd ?? 0n) + added.cost_nano_usd;
      spent.set(key, { scope: scopeOf(value), atMs, nanoUsd });
    }
  }
  return [...spent.values()];
}

/** Sums are of whole hours; of the hour in which a budget was reset the calls are read. */
function timesOf(startMs: number, freshMs = 0, nowMs: number) {
  if (freshMs <= startMs) return [{ fromMs: startMs }];
  const hourEndMs = Math.ceil(freshMs / hourMs) * hourMs;
  const first = { fromMs: freshMs, toMs: Math.min(hourEndMs, nowMs + 1), exact: true };
  return hourEndMs > nowMs ? [first] : [first, { fromMs: hourEndMs }];
}

/**
 * What the ledger is asked about a budget of the config; undefined for one that goes by more than
 * one thing at a time: what was spent by these is not summed.
 */
export function sharedSpending(shared: SharedBudget): Spending | undefined {
  const { name, models, targets, tags, per, budget } = shared;
  const chosen = [
    ...(models.length > 0 ? (["model"] as const) : []),
    ...(targets.length > 0 ? (["target"] as const) : []),
    ...(tags.length > 0 ? (["tag"] as const) : []),
  ];
  const [unit] = per;
  const apart = unit === undefined ? undefined : unitDimensions[unit];
  if (budget === undefined || chosen.length > 1 || per.length > 1) return undefined;
  if (unit !== undefined && apart === undefined) return undefined;
  const dimension = chosen[0] ?? apart?.dimension ?? "total";
  if (apart !== undefined && dimension !== apart.dimension) return undefined;
  const patterns = [...models, ...targets];
  const fitting = patterns.length === 0 ? undefined : createNameSet(patterns);
  return {
    window: budget,
    dimension,
    fits: (value) => fitting?.has(value) ?? (tags.length === 0 || tags.includes(value)),
    scopeOf: (value) => sharedScope(name, apart === undefined ? [] : [`${apart.words} ${value}`]),
  };
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

/** What the ledger is asked about what a tenant has spent with some models. */
export function modelSpending(
  { kind, id }: Pick<Tenant, "kind" | "id">,
  { model }: Pick<ModelPart, "model">,
  { window, scope }: { readonly window: Window; readonly scope: string },
): Spending {
  const fitting = createNameSet([model]);
  const lists = {
    key: { keys: [id] },
    user: { users: [id] },
    team: { teams: [id] },
    organization: { organizations: [id] },
    end_user: { filter: { endUsers: [id] } },
  } as const;
  return {
    window,
    dimension: "model",
    of: lists[kind],
    fits: (value) => fitting.has(value),
    scopeOf: () => scope,
  };
}
