import { type Limit, LimitUnit } from "../../../gen/parlance/config/v1/limit_pb.js";
import type { Call } from "../../core/call.ts";
import { userOf } from "../../core/caller/caller-unit.ts";
import { maxEndUserName } from "../../core/caller/end-user.ts";
import { tagsOf } from "../../core/caller/tags-of.ts";
import type { Tenant, TenantKind } from "../../core/caller/tenant.ts";
import { createPartsMemory, partsFor } from "../../core/caller/tenant-parts.ts";
import { createNameSet, type NameSet } from "../../core/names/name-pattern.ts";
import { type CallBound, callBounds } from "./call-bounds.ts";

/** The bounds that hold for a call; empty: none. */
export type BoundsOfCall = (call: Call) => readonly CallBound[];

/** Bounds by what is counted apart that a limit keeps at hand at most; the first make room. */
const maxApart = 10_000;

const none: readonly CallBound[] = [];

/** Makes what finds the bounds for calls: those of whom they are charged to, and of `limits`. */
export function createBoundsOfCall(limits: readonly Limit[]): BoundsOfCall {
  const ofTenants = createTenantBounds();
  const shared = limits.map(createLimit);
  return (call) => {
    const { tenants } = call.principal ?? {};
    const own = tenants === undefined ? none : ofTenants(tenants, call.model);
    const { endUser } = call;
    if (shared.length === 0 && endUser === undefined) return own;
    const served = endUser === undefined ? none : ofTenants(endUser.tenants, call.model);
    const more = shared.flatMap((find) => find(call));
    return more.length + served.length === 0 ? own : [...own, ...served, ...more];
  };
}

/** Makes what gives the bounds of tenants for a model. */
function createTenantBounds(): (tenants: readonly Tenant[], model: string) => readonly CallBound[] {
  const known = createPartsMemory<readonly CallBound[]>();
  return (tenants, model) => {
    const found = known.get(tenants, model);
    if (found !== undefined) return found;
    const made = partsFor(tenants, model).flatMap(({ limits, owner, scope }) =>
      limits === undefined ? [] : callBounds(limits, owner, scope),
    );
    known.set(tenants, model, made);
    return made;
  };
}

/** Whether a limit counts tries at targets and not calls. */
export function countsTries({ per, targets }: Limit): boolean {
  return targets.length > 0 || per.includes(LimitUnit.TARGET);
}

/** Makes what finds the bounds for tries, of the limits that count those. */
export function createBoundsOfTry(limits: readonly Limit[]): BoundsOfCall {
  const finders = limits.map(createLimit);
  return (call) => finders.flatMap((find) => find(call));
}

/** Finds the bounds of a limit of the config for a call; none where it does not hold for it. */
function createLimit(limit: Limit): BoundsOfCall {
  const { name, per, limits } = limit;
  const known = new Map<string, readonly CallBound[]>();
  const holdsFor = createHoldsFor(limit);
  return (call) => {
    if (limits === undefined || !holdsFor(call)) return none;
    const units = unitsOf(call, per);
    if (units === undefined) return none;
    const scope = ["limit", name, ...units].join("\n");
    const found = known.get(scope);
    if (found !== undefined) return found;
    const owner = units.length === 0 ? `limit ${name}` : `limit ${name} of ${units.join(", ")}`;
    const made = callBounds(limits, owner, scope);
    const [oldest] = known.keys();
    if (known.size >= maxApart && oldest !== undefined) known.delete(oldest);
    known.set(scope, made);
    return made;
  };
}

/** Whether a limit holds for a call, whatever it is counted apart by. */
function createHoldsFor({ models, targets, tags }: Limit): (call: Call) => boolean {
  const named: NameSet | undefined = models.length === 0 ? undefined : createNameSet(models);
  const placed: NameSet | undefined = targets.length === 0 ? undefined : createNameSet(targets);
  return (call) =>
    named?.has(call.model) !== false &&
    placed?.has(targetOf(call)) !== false &&
    (tags.length === 0 || tagsOf(call).some((tag) => tags.includes(tag)));
}

/** What a call is counted apart by. Undefined: it has none of one of the units. */
function unitsOf(call: Call, per: readonly LimitUnit[]): readonly string[] | undefined {
  const units: string[] = [];
  for (const unit of per) {
    const value = unitOf(call, unit);
    if (value === undefined) return undefined;
    units.push(value);
  }
  return units;
}

const kinds: Readonly<Partial<Record<LimitUnit, TenantKind>>> = {
  [LimitUnit.KEY]: "key",
  [LimitUnit.USER]: "user",
  [LimitUnit.TEAM]: "team",
  [LimitUnit.ORGANIZATION]: "organization",
};

function unitOf(call: Call, unit: LimitUnit): string | undefined {
  if (unit === LimitUnit.MODEL) return `model ${call.model}`;
  if (unit === LimitUnit.TARGET) return `target ${targetOf(call)}`;
  if (unit === LimitUnit.END_USER) {
    const user = userOf(call);
    return user === undefined ? undefined : `end user ${user.slice(0, maxEndUserName)}`;
  }
  const kind = kinds[unit];
  const tenant = call.principal?.tenants?.find((one) => one.kind === kind);
  // Teams that only keys name are no tenants.
  const team = kind === "team" ? call.principal?.team : undefined;
  const id = tenant?.id ?? team;
  return id === undefined ? undefined : `${kind} ${id}`;
}

function targetOf({ attempt }: Call): string {
  return attempt === undefined ? "" : `${attempt.target.provider}/${attempt.target.model}`;
}
