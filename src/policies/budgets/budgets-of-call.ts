import {
  type Budget,
  BudgetUnit,
  type SharedBudget,
} from "../../../gen/parlance/config/v1/budget_pb.js";
import type { Call } from "../../core/call.ts";
import { sessionOf, userOf } from "../../core/caller/caller-unit.ts";
import { tagsOf } from "../../core/caller/tags-of.ts";
import type { Tenant, TenantKind } from "../../core/caller/tenant.ts";
import { createPartsMemory, partsFor } from "../../core/caller/tenant-parts.ts";
import { createNameSet, type NameSet } from "../../core/names/name-pattern.ts";
import type { Target } from "../../core/target/target.ts";
import { type OpenBudget, type OpenedBudgets, openBudgets } from "./open-budget.ts";

/** Finds the budgets that hold for calls. */
export interface BudgetsOfCall {
  /** Those that hold whatever target is called: of whom it is charged to, and of `budgets`. */
  ofCall(call: Call): readonly OpenBudget[];
  /** Those of `budgets` that hold for a target of the call alone. */
  ofTarget(call: Call, target: Target): readonly OpenBudget[];
}

const none: readonly OpenBudget[] = [];

/** What budgets are opened by. */
export interface BudgetClock {
  /** The time of day in milliseconds since 1970. */
  readonly wallMs: () => number;
  /** Looks up what tenants have spent before their budgets were met, and is not waited for. */
  readonly recall: (tenants: readonly Tenant[]) => void;
}

/** Makes what finds budgets, by those of the config. */
export function createBudgetsOfCall(
  shared: readonly SharedBudget[],
  clock: BudgetClock,
): BudgetsOfCall {
  const { wallMs } = clock;
  const ofTenants = createTenantBudgets(clock);
  const [byTarget, byCall] = [true, false].map((wanted) =>
    shared.filter((one) => goesByTarget(one) === wanted).map((one) => createFinder(one, wallMs)),
  );
  return {
    ofCall(call) {
      const { tenants } = call.principal ?? {};
      const own = tenants === undefined ? none : ofTenants(tenants, call.model);
      const { endUser } = call;
      const served = endUser === undefined ? none : ofTenants(endUser.tenants, call.model);
      const more = all(byCall, call, undefined);
      return more.length + served.length === 0 ? own : [...own, ...served, ...more];
    },
    ofTarget: (call, target) => all(byTarget, call, target),
  };
}

function all(
  finders: readonly Finder[] | undefined,
  call: Call,
  target: Target | undefined,
): readonly OpenBudget[] {
  if (finders === undefined || finders.length === 0) return none;
  return finders.flatMap((find) => find(call, target));
}

/**
 * Makes what gives the budgets of tenants. The tenants of a caller are the same list for all of its
 * calls, so that its budgets are opened once in a window.
 */
function createTenantBudgets({
  wallMs,
  recall,
}: BudgetClock): (tenants: readonly Tenant[], model: string) => readonly OpenBudget[] {
  const known = createPartsMemory<OpenedBudgets>();
  return (tenants, model) => {
    const nowMs = wallMs();
    const found = known.get(tenants, model);
    if (found !== undefined && nowMs >= found.fromMs && nowMs < found.untilMs) return found.budgets;
    const opened = openBudgets(partsFor(tenants, model), nowMs);
    if (found === undefined && opened.budgets.length > 0) recall(tenants);
    known.set(tenants, model, opened);
    return opened.budgets;
  };
}

/** Whether a budget of the config holds by what is called, which only a try knows. */
export function goesByTarget({ targets, per }: SharedBudget): boolean {
  return (
    targets.length > 0 ||
    per.some((unit) => unit === BudgetUnit.PROVIDER || unit === BudgetUnit.TARGET)
  );
}

type Finder = (call: Call, target: Target | undefined) => readonly OpenBudget[];

/** Budgets by what is counted apart that each keeps at hand at most; the first make room. */
const maxApart = 10_000;

function createFinder(
  { name, models, targets, tags, per, budget }: SharedBudget,
  wallMs: () => number,
): Finder {
  const known = new Map<string, OpenedBudgets>();
  const ofModel = nameSetOf(models);
  const ofTarget = nameSetOf(targets);
  const open = (apart: readonly string[], one: Budget): readonly OpenBudget[] => {
    const nowMs = wallMs();
    const scope = sharedScope(name, apart);
    const found = known.get(scope);
    if (found !== undefined && nowMs >= found.fromMs && nowMs < found.untilMs) return found.budgets;
    const owner = apart.length === 0 ? `budget ${name}` : `budget ${name} of ${apart.join(", ")}`;
    const opened = openBudgets([{ owner, scope, budgets: [one] }], nowMs);
    const [oldest] = known.keys();
    if (known.size >= maxApart && oldest !== undefined) known.delete(oldest);
    known.set(scope, opened);
    return opened.budgets;
  };
  return (call, target) => {
    if (budget === undefined || ofModel?.has(call.model) === false) return none;
    if (target !== undefined && ofTarget?.has(nameOf(target)) === false) return none;
    if (tags.length > 0 && !tagsOf(call).some((tag) => tags.includes(tag))) return none;
    return apartBy(per, call, target).flatMap((apart) => open(apart, budget));
  };
}

/** What a budget of the config counts together. */
export function sharedScope(name: string, apart: readonly string[]): string {
  return ["budget", name, ...apart].join("\n");
}

function nameSetOf(names: readonly string[]): NameSet | undefined {
  return names.length === 0 ? undefined : createNameSet(names);
}

function nameOf({ provider, model }: Target): string {
  return `${provider}/${model}`;
}

/** What a call is counted apart by: once, or once for each of its tags; never where it has none. */
function apartBy(
  per: readonly BudgetUnit[],
  call: Call,
  target: Target | undefined,
): readonly (readonly string[])[] {
  let apart: readonly (readonly string[])[] = [[]];
  for (const unit of per) {
    const values = valuesOf(unit, call, target);
    apart = apart.flatMap((before) => values.map((value) => [...before, value]));
  }
  return apart;
}

const kinds: Readonly<Partial<Record<BudgetUnit, TenantKind>>> = {
  [BudgetUnit.KEY]: "key",
  [BudgetUnit.USER]: "user",
  [BudgetUnit.TEAM]: "team",
  [BudgetUnit.ORGANIZATION]: "organization",
};

function valuesOf(unit: BudgetUnit, call: Call, target: Target | undefined): readonly string[] {
  if (unit === BudgetUnit.TAG) return tagsOf(call).map((tag) => `tag ${tag}`);
  const value = unitOf(unit, call, target);
  return value === undefined ? [] : [value];
}

function unitOf(unit: BudgetUnit, call: Call, target: Target | undefined): string | undefined {
  switch (unit) {
    case BudgetUnit.MODEL:
      return `model ${call.model}`;
    case BudgetUnit.END_USER:
      return named("end user", userOf(call));
    case BudgetUnit.SESSION:
      return named("session", sessionOf(call));
    case BudgetUnit.PROVIDER:
      return named("provider", target?.provider);
    case BudgetUnit.TARGET:
      return named("target", target && nameOf(target));
    default:
      return tenantOf(kinds[unit], call);
  }
}

/** Names that begin with the same characters, so many, count as one. */
const maxName = 256;

/** What is counted apart by a name, as scopes have it; undefined where there is none. */
export function named(what: string, name: string | undefined): string | undefined {
  return name === undefined ? undefined : `${what} ${name.slice(0, maxName)}`;
}

function tenantOf(kind: TenantKind | undefined, { principal }: Call): string | undefined {
  if (kind === undefined) return undefined;
  const tenant = principal?.tenants?.find((one) => one.kind === kind);
  // Teams that only keys name are no tenants, nor are keys without bounds.
  const name = kind === "team" ? principal?.team : kind === "key" ? principal?.name : undefined;
  return named(kind, tenant?.id ?? name);
}
