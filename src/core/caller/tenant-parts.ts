import type { CallLimits } from "../../../gen/parlance/config/v1/call_limits_pb.js";
import { createNameSet } from "../names/name-pattern.ts";
import type { CountedBudget, Tenant } from "./tenant.ts";

/** What a tenant is bounded by for all calls, or for those of some models. */
export interface TenantPart {
  /** Whose bounds they are, in words: `key dev`, `key dev for gpt-*`. */
  readonly owner: string;
  /** What is counted together. */
  readonly scope: string;
  readonly limits?: CallLimits;
  readonly budgets: readonly CountedBudget[];
  /** The models, as in ModelPart. Absent: all. */
  readonly model?: string;
}

/** All parts of a tenant, that for all calls first. */
export function partsOf({ kind, id, name, limits, budgets, models = [] }: Tenant): TenantPart[] {
  const owner = `${kind.replace("_", " ")} ${name}`;
  const scope = `${kind}\n${id}`;
  const whole = { owner, scope, budgets, ...(limits === undefined ? undefined : { limits }) };
  const ofModels = models.map((part) => ({
    ...part,
    owner: `${owner} for ${part.model}`,
    scope: `${scope}\nmodel\n${part.model}`,
  }));
  return [whole, ...ofModels];
}

/** The kind of an owner in words such as `key dev` or `limit far of team shop`. */
export function kindOfOwner(owner: string): string {
  const [kind = ""] = /^(?:end user|\S+)/.exec(owner) ?? [];
  return kind.replace(" ", "_");
}

/** The parts that hold for a call of a model, by the name that the caller used. */
export function partsFor(tenants: readonly Tenant[], model: string): readonly TenantPart[] {
  return tenants.flatMap((tenant) =>
    partsOf(tenant).filter(
      (part) => part.model === undefined || createNameSet([part.model]).has(model),
    ),
  );
}

/** Models whose parts are kept for the tenants of a caller at most. */
const maxModels = 1_000;

/**
 * Makes what keeps something that is made of the parts for a model. The tenants of a caller are the
 * same list for all of its calls, of which the model matters only where one has bounds for it.
 */
export function createPartsMemory<Made>(): {
  readonly get: (tenants: readonly Tenant[], model: string) => Made | undefined;
  readonly set: (tenants: readonly Tenant[], model: string, made: Made) => void;
} {
  const known = new WeakMap<readonly Tenant[], Map<string, Made>>();
  const nameOf = (tenants: readonly Tenant[], model: string) =>
    tenants.some(({ models }) => models !== undefined) ? model : "";
  return {
    get: (tenants, model) => known.get(tenants)?.get(nameOf(tenants, model)),
    set(tenants, model, made) {
      const ofModels = known.get(tenants) ?? new Map<string, Made>();
      if (ofModels.size >= maxModels) ofModels.clear();
      known.set(tenants, ofModels.set(nameOf(tenants, model), made));
    },
  };
}
