import { clone, create } from "@bufbuild/protobuf";
import type { ModelBounds } from "../../../../../gen/parlance/admin/v1/model_bounds_pb.js";
import {
  type Budget,
  type BudgetIncrease,
  BudgetIncreaseSchema,
  BudgetSchema,
} from "../../../../../gen/parlance/config/v1/budget_pb.js";
import {
  type CallLimits,
  CallLimitsSchema,
} from "../../../../../gen/parlance/config/v1/call_limits_pb.js";
import type { JsonObject } from "../../../../json/json.ts";
import { joinMetadata, ownMetadata, splitMetadata } from "./kept-members.ts";
import { budgetSpan } from "./litellm-duration.ts";
import { type ManagementMembers, wrong } from "./management-members.ts";
import { readModelBounds } from "./model-members.ts";

/** What keys, teams and users have in common. */
export interface TenantFields {
  readonly limits?: CallLimits | undefined;
  readonly budgets: Budget[];
  /** Budgets of the store that it points to, by id. */
  readonly budgetIds: string[];
  readonly modelBounds: ModelBounds[];
  readonly models: string[];
  readonly metadataJson: string;
}

/** The label of targets that LiteLLM's regions are. */
export const regionLabel = "region";

/** A tenant that is not there yet. */
export const emptyTenant: TenantFields = {
  budgets: [],
  budgetIds: [],
  modelBounds: [],
  models: [],
  metadataJson: "",
};

/** The fields that a request says of a tenant, and their names for the update of it. */
export interface ReadTenant {
  readonly fields: TenantFields;
  readonly paths: readonly string[];
}

const maxRequests = 1_000_000_000;
const maxTokens = 4_000_000_000;
const maxConcurrent = 1_000_000;

/**
 * Reads what all tenants have: models, limits, budgets and metadata. `kept` are members to be kept
 * beside the metadata; what a request does not name stays as it was.
 */
export function readTenant(
  members: ManagementMembers,
  before: TenantFields,
  kept: JsonObject = {},
): ReadTenant {
  const paths: string[] = [];
  const split = splitMetadata(before.metadataJson);
  const limits = readLimits(members, before.limits);
  if (limits.said) paths.push("limits");
  const budgets = readBudgets(members, before.budgets, split.kept);
  if (budgets.said) paths.push("budgets");
  const { said, modelBounds } = readModelBounds(members, before.modelBounds);
  if (said) paths.push("model_bounds");
  const pointed = members.text("budget_id") ?? "";
  const budgetIds = pointed === "" ? [] : [pointed];
  if (members.has("budget_id")) paths.push("budget_ids");
  if (members.has("models")) paths.push("models");
  const models = members.has("models") ? modelsOf(members.texts("models")) : before.models;
  const own = members.has("metadata")
    ? ownMetadata(members.objectText("metadata") ?? "")
    : split.own;
  const metadataJson = joinMetadata({ own, kept: { ...split.kept, ...budgets.kept, ...kept } });
  if (metadataJson !== before.metadataJson) paths.push("metadata_json");
  return {
    fields: {
      ...{ limits: limits.limits, budgets: budgets.budgets, modelBounds, models, metadataJson },
      budgetIds: members.has("budget_id") ? budgetIds : before.budgetIds,
    },
    paths,
  };
}

/** Names of models as LiteLLM has them: some stand for all. */
function modelsOf(models: readonly string[] = []): string[] {
  const everything = models.includes("all-proxy-models") || models.includes("*");
  return everything ? [] : [...new Set(models)].filter((name) => name !== "all-team-models");
}

function readLimits(members: ManagementMembers, before: CallLimits | undefined) {
  const limits = before === undefined ? create(CallLimitsSchema) : clone(CallLimitsSchema, before);
  const rows = [
    ["rpm_limit", "requestsPerMinute", maxRequests],
    ["tpm_limit", "tokensPerMinute", maxTokens],
    ["max_parallel_requests", "concurrent", maxConcurrent],
  ] as const;
  let said = false;
  for (const [member, field, max] of rows) {
    if (!members.has(member)) continue;
    said = true;
    const value = members.integer(member, { min: 1, max });
    if (value === undefined) delete limits[field];
    else limits[field] = value;
  }
  const empty = Object.keys(limits).every((name) => name.startsWith("$") || name === "onStateDown");
  return { said, limits: empty ? undefined : limits };
}

/** The members that say something of budgets. */
const budgetMembers = [
  "max_budget",
  "budget_duration",
  "budget_limits",
  "soft_budget",
  "temp_budget_increase",
  "temp_budget_expiry",
];

/** Budgets, the first of which is `max_budget`, unless it is said that there is none. */
function readBudgets(members: ManagementMembers, before: readonly Budget[], kept: JsonObject) {
  if (!budgetMembers.some((name) => members.has(name)))
    return { said: false, budgets: [...before], kept: {} };
  const known = kept.no_max_budget === true ? undefined : before[0];
  const others = known === undefined ? [...before] : before.slice(1);
  const main = mainBudget(members, known);
  const more = members.has("budget_limits") ? budgetLimits(members) : others;
  const budgets = main === undefined ? more : [main, ...more];
  const text = members.text("budget_duration") ?? null;
  const spelling = members.has("budget_duration") ? { budget_duration: text } : {};
  const noMain = main === undefined && more.length > 0;
  return { said: true, budgets, kept: { ...spelling, no_max_budget: noMain ? true : null } };
}

/** `max_budget` with its time, what it warns of and what is added; `soft_budget` alone only warns. */
function mainBudget(members: ManagementMembers, known: Budget | undefined): Budget | undefined {
  const hard = members.has("max_budget") ? members.usd("max_budget") : hardOf(known);
  const soft = members.has("soft_budget") ? members.usd("soft_budget") : softOf(known);
  const { window, rolling } = members.has("budget_duration")
    ? budgetSpan("budget_duration", members.text("budget_duration"))
    : (known ?? budgetSpan("budget_duration", undefined));
  const usd = hard ?? soft;
  const increases = increasesOf(members, known);
  if (usd === undefined) {
    if (increases.length > 0) throw wrong("temp_budget_increase", "needs a max_budget");
    return undefined;
  }
  const budget = known === undefined ? create(BudgetSchema) : clone(BudgetSchema, known);
  delete budget.rolling;
  const isSoft = hard === undefined;
  return Object.assign(budget, {
    ...{ usd, window, increases, soft: isSoft, softUsd: isSoft ? "" : (soft ?? "") },
    ...(rolling && { rolling }),
  });
}

function hardOf(budget: Budget | undefined): string | undefined {
  return budget?.soft === false ? budget.usd : undefined;
}

function softOf(budget: Budget | undefined): string | undefined {
  if (budget?.soft === true) return budget.usd;
  return budget?.softUsd === "" ? undefined : budget?.softUsd;
}

function increasesOf(members: ManagementMembers, known: Budget | undefined): BudgetIncrease[] {
  const usd = members.usd("temp_budget_increase");
  const untilMs = members.time("temp_budget_expiry");
  if ((usd === undefined) !== (untilMs === undefined))
    throw wrong(
      usd === undefined ? "temp_budget_increase" : "temp_budget_expiry",
      "temp_budget_increase and temp_budget_expiry are said together",
    );
  if (usd === undefined || untilMs === undefined) return [...(known?.increases ?? [])];
  const until = new Date(untilMs).toISOString().replace(/\.\d+Z$/, "Z");
  return [create(BudgetIncreaseSchema, { usd, until })];
}

/** `[{ "budget_duration": "24h", "max_budget": 10 }, ...]`. */
function budgetLimits(members: ManagementMembers): Budget[] {
  return (members.records("budget_limits") ?? []).map((one, at) => {
    const usd = one.usd("max_budget");
    if (usd === undefined) throw wrong(`budget_limits[${at}].max_budget`, "is required");
    const span = budgetSpan("budget_duration", one.neededText("budget_duration"));
    return create(BudgetSchema, { usd, ...span });
  });
}
