import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Role } from "../../../gen/parlance/access/v1/access_pb.js";
import { BudgetOwner, BudgetStateSchema } from "../../../gen/parlance/admin/v1/budget_pb.js";
import type { ListBudgetStatesRequest } from "../../../gen/parlance/admin/v1/budget_service_pb.js";
import type { Budget, SharedBudget } from "../../../gen/parlance/config/v1/budget_pb.js";
import type { Settings } from "../../config/settings.ts";
import { type CallerAccess, maySee } from "../../core/caller/caller-access.ts";
import { type CountedBudget, createTenant, type Tenant } from "../../core/caller/tenant.ts";
import { partsOf } from "../../core/caller/tenant-parts.ts";
import { sharedScope } from "../../policies/budgets/budgets-of-call.ts";
import { openBudget } from "../../policies/budgets/open-budget.ts";
import type { Reservations } from "../../state/reserve/reservations.ts";
import type { StoreLink } from "../../store/store.ts";
import type { Directory } from "../tenants/directory.ts";
import { messageOf } from "../tenants/object-messages.ts";
import { tenantOf } from "../tenants/tenant-bounds.ts";
import { recentScopes } from "./recent-scopes.ts";
import { readSpending, sharedSpending } from "./spending.ts";

/** What the states of budgets are read from. */
export interface BudgetStatesWorld {
  readonly directory: Directory;
  readonly reservations: Pick<Reservations, "used" | "taken">;
  readonly store: Pick<StoreLink, "request">;
  readonly settings: () => Pick<Settings, "config" | "keys" | "teams">;
  readonly wallMs: () => number;
}

type State = MessageInitShape<typeof BudgetStateSchema>;

/** Somebody who has budgets, and its place in the list. */
interface Owner {
  readonly place: string;
  readonly states: () => Promise<readonly State[]>;
}

/** Those who spent most, of a budget of the config that counts them apart. */
const maxApart = 100;
const usualPage = 100;

/** The states of the budgets that a caller may see, by their owners. `budget`: an id; "": any. */
export async function listBudgetStates(
  world: BudgetStatesWorld,
  { pageSize, pageToken, owner, ownerId }: ListBudgetStatesRequest,
  { access, budget }: { readonly access: CallerAccess; readonly budget: string },
) {
  const fits = (kind: BudgetOwner, id: string) =>
    (owner === BudgetOwner.UNSPECIFIED || owner === kind) && (ownerId === "" || ownerId === id);
  const owners = [...ofConfig(world, access, fits), ...ofTenants(world, { access, budget, fits })]
    .filter(({ place }) => place > pageToken)
    .sort((one, other) => (one.place < other.place ? -1 : 1));
  const size = pageSize === 0 ? usualPage : pageSize;
  const page = owners.slice(0, size);
  const states: State[] = [];
  for (const one of page)
    for (const state of await one.states())
      if (budget === "" || state.budget === budget) states.push(state);
  return { states, nextPageToken: owners.length > size ? (page.at(-1)?.place ?? "") : "" };
}

type Fits = (kind: BudgetOwner, id: string) => boolean;

/** Those of `budgets` of the config, of whoever sees everything. */
function ofConfig(world: BudgetStatesWorld, { grants }: CallerAccess, fits: Fits): Owner[] {
  const seesAll = grants.some(
    ({ role, organizationId, teamId }) =>
      role === Role.ADMIN ||
      (role === Role.VIEWER && organizationId === undefined && teamId === undefined),
  );
  if (!seesAll) return [];
  return world
    .settings()
    .config.budgets.filter(({ name }) => fits(BudgetOwner.CONFIG, name))
    .map((shared) => ({
      place: `0${shared.name}`,
      states: () => sharedStates(world, shared),
    }));
}

async function sharedStates(
  world: BudgetStatesWorld,
  shared: SharedBudget,
): Promise<readonly State[]> {
  const { name, per, budget } = shared;
  if (budget === undefined) return [];
  const whose = { owner: BudgetOwner.CONFIG, ownerId: name, ownerName: name };
  const stateAt = (scope: string, apart: string) =>
    stateOf(world, { budget, scope, whose: { ...whose, apart } });
  if (per.length === 0) return [stateAt(sharedScope(name, []), "")];
  const spending = sharedSpending(shared);
  const apartOf = (scope: string) => scope.slice(sharedScope(name, [""]).length);
  const statesAt = (scopes: readonly string[]) =>
    scopes.map((scope) => stateAt(scope, apartOf(scope).replaceAll("\n", ", ")));
  if (spending !== undefined) {
    const spent = await readSpending(world.store, spending, world.wallMs());
    return statesAt([...new Set(spent.map(({ scope }) => scope))].slice(0, maxApart));
  }
  return statesAt(await recentScopes(world.store, shared))
    .filter((state) => counted(state) > 0n)
    .sort((one, other) => Number(counted(other) - counted(one)))
    .slice(0, maxApart);
}

/** What was spent and may yet be. */
function counted({ spentNanoUsd = 0n, heldNanoUsd = 0n }: State): bigint {
  return spentNanoUsd + heldNanoUsd;
}

const ownerKinds = {
  key: BudgetOwner.KEY,
  user: BudgetOwner.USER,
  team: BudgetOwner.TEAM,
  organization: BudgetOwner.ORGANIZATION,
  end_user: BudgetOwner.END_USER,
} as const;

interface TenantQuery {
  readonly access: CallerAccess;
  readonly budget: string;
  readonly fits: Fits;
}

/** Those of keys and teams of the file, and of all objects of the store, that have some. */
function ofTenants(world: BudgetStatesWorld, query: TenantQuery): readonly Owner[] {
  const { directory } = world;
  const { access, budget, fits } = query;
  const stored = (["organization", "team", "user", "key", "end_user"] as const).flatMap((kind) =>
    directory
      .all(kind)
      .filter(
        ({ settingsJson, id }) => hasBudgets(settingsJson, budget) && fits(ownerKinds[kind], id),
      )
      .filter((row) => maySee(access, row))
      .map((row) =>
        ownerOf(world, () => tenantOf(directory, kind, row, messageOf(kind, row)), kind, row.id),
      ),
  );
  return budget === "" ? [...ofFile(world, query), ...stored] : stored;
}

function ofFile(world: BudgetStatesWorld, { access, fits }: TenantQuery): readonly Owner[] {
  const { keys, teams } = world.settings();
  const none = { organizationId: "", teamId: "", userId: "" };
  const ofTeams = [...teams.values()]
    .filter(({ id }) => maySee(access, { ...none, kind: "team", id }))
    .map((team) => ({ tenant: team, kind: "team" as const }));
  const ofKeys = keys
    .filter(({ settings: { name, team } }) =>
      maySee(access, { ...none, kind: "key", id: name, teamId: team }),
    )
    .map(({ settings }) => ({ tenant: createTenant("key", settings), kind: "key" as const }));
  return [...ofTeams, ...ofKeys]
    .filter(({ tenant, kind }) => tenant.budgets.length > 0 && fits(ownerKinds[kind], tenant.id))
    .map(({ tenant, kind }) => ownerOf(world, () => tenant, kind, tenant.id));
}

function ownerOf(
  world: BudgetStatesWorld,
  make: () => Tenant,
  kind: keyof typeof ownerKinds,
  id: string,
): Owner {
  return {
    place: `1${ownerKinds[kind]}${id}`,
    states: async () => {
      const tenant = make();
      const whose = { owner: ownerKinds[kind], ownerId: id, ownerName: tenant.name };
      return partsOf(tenant).flatMap(({ scope, budgets, model = "" }) =>
        budgets.map((budget) =>
          stateOf(world, {
            budget,
            scope,
            whose: { ...whose, model, budget: budget.source ?? "" },
          }),
        ),
      );
    },
  };
}

function hasBudgets(settingsJson: string, budget: string): boolean {
  if (budget !== "") return settingsJson.includes(JSON.stringify(budget));
  return /"(budgets|budgetIds)"/.test(settingsJson);
}

function stateOf(
  { reservations, wallMs }: BudgetStatesWorld,
  {
    budget,
    scope,
    whose,
  }: { readonly budget: CountedBudget; readonly scope: string; readonly whose: State },
): State {
  const { bound, limit } = openBudget(budget, { owner: "", scope }, wallMs());
  const used = reservations.used(bound);
  const taken = reservations.taken(bound);
  const { span } = bound;
  const endMs = span.kind === "period" ? span.endMs : Number.POSITIVE_INFINITY;
  const nano = (amount: number) => BigInt(Math.max(0, Math.round(amount)));
  return create(BudgetStateSchema, {
    ...whose,
    amount: plainBudget(budget),
    limitNanoUsd: BigInt(limit),
    spentNanoUsd: nano(taken),
    heldNanoUsd: nano(used - taken),
    remainingNanoUsd: nano(limit - used),
    ...(Number.isFinite(endMs) ? { resetsAt: timestampFromMs(endMs) } : undefined),
  });
}

/** A budget as it was said. */
function plainBudget({ freshMs: _, source: __, ...budget }: CountedBudget): Budget {
  return budget;
}
