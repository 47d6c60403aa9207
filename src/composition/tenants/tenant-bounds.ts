import { clone, create } from "@bufbuild/protobuf";
import type { ModelBounds } from "../../../gen/parlance/admin/v1/model_bounds_pb.js";
import {
  type Budget,
  BudgetSchema,
  BudgetWindow,
} from "../../../gen/parlance/config/v1/budget_pb.js";
import {
  type CallLimits,
  CallLimitsSchema,
  OnStateDown,
} from "../../../gen/parlance/config/v1/call_limits_pb.js";
import type { ContentLogging } from "../../../gen/parlance/config/v1/privacy_pb.js";
import type { CountedBudget, ModelPart, Tenant, TenantKind } from "../../core/caller/tenant.ts";
import type { DirectoryRow } from "../../store/directory/directory-row.ts";
import type { Directory } from "./directory.ts";
import { messageOf } from "./object-messages.ts";

/** What an object of the store says of its bounds. */
export interface BoundsMessage {
  readonly limits?: CallLimits | undefined;
  readonly budgets: readonly Budget[];
  readonly budgetIds: readonly string[];
  readonly modelBounds: readonly ModelBounds[];
  /** Of a team: which content of its calls is stored. */
  readonly content?: ContentLogging | undefined;
}

/**
 * The tenant of an object of the store: its own bounds, and those of the budgets that it points to,
 * which hold as if they were its own.
 */
export function tenantOf(
  directory: Directory,
  kind: TenantKind,
  { id, name }: Pick<DirectoryRow, "id" | "name">,
  message: BoundsMessage,
): Tenant {
  const sources = [asSource(message), ...message.budgetIds.map((one) => pointed(directory, one))];
  const limits = tightest(sources.map((source) => source.limits));
  const models = joined(sources.flatMap((source) => source.models));
  return {
    kind,
    id,
    name: name === "" ? id : name,
    ...(limits === undefined ? undefined : { limits }),
    budgets: sources.flatMap(({ budgets }) => budgets),
    ...(models.length === 0 ? undefined : { models }),
    ...(message.content === undefined ? undefined : { content: message.content }),
  };
}

interface Source {
  readonly limits?: CallLimits | undefined;
  readonly budgets: readonly CountedBudget[];
  readonly models: readonly ModelPart[];
}

function asSource({ limits, budgets, modelBounds }: Omit<BoundsMessage, "budgetIds">): Source {
  return { limits, budgets, models: modelBounds.map((one) => partOf(one)) };
}

function partOf({ model, limits, budgets }: ModelBounds, row?: DirectoryRow): ModelPart {
  const part = { model, budgets: budgets.map((budget) => counted(budget, row)) };
  return limits === undefined ? part : { ...part, limits };
}

/**
 * What a budget of the store bounds. The store keeps one for as long as somebody points to it; of
 * one that was not read yet nothing may be spent.
 */
function pointed(directory: Directory, id: string): Source {
  const row = directory.get("budget", id);
  if (row === undefined) return { budgets: [unknownBudget(id)], models: [] };
  const { amount, limits, modelBounds } = messageOf("budget", row);
  return {
    limits,
    budgets: amount === undefined ? [] : [counted(amount, row)],
    models: modelBounds.map((one) => partOf(one, row)),
  };
}

function unknownBudget(source: string): CountedBudget {
  return { ...create(BudgetSchema, { usd: "0", window: BudgetWindow.TOTAL }), source };
}

function counted(budget: Budget, row: DirectoryRow | undefined): CountedBudget {
  if (row === undefined) return budget;
  const { id: source, resetMs } = row;
  return { ...budget, source, ...(resetMs === 0 ? undefined : { freshMs: resetMs }) };
}

/** Parts by model: what several say of one is one. */
function joined(parts: readonly ModelPart[]): readonly ModelPart[] {
  const byModel = new Map<string, ModelPart>();
  for (const part of parts) {
    const known = byModel.get(part.model);
    const limits = tightest([known?.limits, part.limits]);
    const budgets = [...(known?.budgets ?? []), ...part.budgets];
    const one = { model: part.model, budgets };
    byModel.set(part.model, limits === undefined ? one : { ...one, limits });
  }
  return [...byModel.values()];
}

const fields = [
  "requestsPerMinute",
  "tokensPerMinute",
  "inputTokensPerMinute",
  "outputTokensPerMinute",
  "requestsPerDay",
  "concurrent",
] as const;

/** Limits of which each is the tightest; undefined for none. */
function tightest(all: readonly (CallLimits | undefined)[]): CallLimits | undefined {
  const [first, ...others] = all.filter((one) => one !== undefined);
  if (first === undefined || others.length === 0) return first;
  const limits = clone(CallLimitsSchema, first);
  for (const other of others) {
    for (const field of fields) {
      const least = Math.min(limits[field] ?? Infinity, other[field] ?? Infinity);
      if (Number.isFinite(least)) limits[field] = least;
    }
    if (other.onStateDown === OnStateDown.DENY) limits.onStateDown = OnStateDown.DENY;
  }
  return limits;
}
