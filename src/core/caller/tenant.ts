import type { Budget } from "../../../gen/parlance/config/v1/budget_pb.js";
import type { CallLimits } from "../../../gen/parlance/config/v1/call_limits_pb.js";
import type { ContentLogging } from "../../../gen/parlance/config/v1/privacy_pb.js";

/** Kinds of tenants, from the smallest to the largest, and end users, whom calls are for. */
export type TenantKind = "key" | "user" | "team" | "organization" | "end_user";

/** A budget, and since when it counts what is spent. */
export interface CountedBudget extends Budget {
  /** What was spent before, in milliseconds since 1970, does not count. Absent: all of a window. */
  readonly freshMs?: number;
  /** The budget of the store that it comes from, by id. Absent: it is the tenant's own. */
  readonly source?: string;
}

/** What somebody may take of some models. */
export interface ModelPart {
  /** The name of a model, where one `*` stands for any text. */
  readonly model: string;
  readonly limits?: CallLimits;
  readonly budgets: readonly CountedBudget[];
}

/**
 * Somebody whose calls are bounded and charged together. Made once for each that is configured, so
 * that what is compiled of it can be kept by its identity.
 */
export interface Tenant {
  readonly kind: TenantKind;
  /** Unique within its kind, and the same after a reload. For tenants of the config their name. */
  readonly id: string;
  /** What people call it. */
  readonly name: string;
  /** What its calls together may take. Absent: no bound. */
  readonly limits?: CallLimits;
  /** What its calls together may spend; all hold. Empty: no bound. */
  readonly budgets: readonly CountedBudget[];
  /** What its calls of some models may take beside. Absent: no bounds. */
  readonly models?: readonly ModelPart[];
  /** Which content of its calls is stored. Absent: as of all teams. */
  readonly content?: ContentLogging;
}

/** The tenant of what the config bounds: a key or a team. Its id is its name. */
export function createTenant(
  kind: TenantKind,
  {
    name,
    limits,
    budget,
  }: {
    readonly name: string;
    readonly limits?: CallLimits | undefined;
    readonly budget?: Budget | undefined;
  },
): Tenant {
  return {
    kind,
    id: name,
    name,
    ...(limits === undefined ? undefined : { limits }),
    budgets: budget === undefined ? [] : [budget],
  };
}
