import { clone, create } from "@bufbuild/protobuf";
import {
  type ModelBounds,
  ModelBoundsSchema,
} from "../../../../../gen/parlance/admin/v1/model_bounds_pb.js";
import { BudgetSchema } from "../../../../../gen/parlance/config/v1/budget_pb.js";
import { CallLimitsSchema } from "../../../../../gen/parlance/config/v1/call_limits_pb.js";
import type { WritableObject } from "../../../../json/write.ts";
import { budgetNumber } from "../usd-number.ts";
import { budgetSpan, durationText } from "./litellm-duration.ts";
import { type ManagementMembers, wrong } from "./management-members.ts";

const limitRows = [
  ["model_rpm_limit", "requestsPerMinute", 1_000_000_000],
  ["model_tpm_limit", "tokensPerMinute", 4_000_000_000],
] as const;

const maxModels = 100;

/** Reads the bounds by model; of a kind that a request does not name they stay as they were. */
export function readModelBounds(
  members: ManagementMembers,
  before: readonly ModelBounds[],
): { readonly said: boolean; readonly modelBounds: ModelBounds[] } {
  const bounds = new Map(before.map((one) => [one.model, clone(ModelBoundsSchema, one)]));
  const said = limitRows.filter(([member]) => members.has(member));
  for (const row of said) readLimit(members, row, bounds);
  const saysBudgets = members.has("model_max_budget");
  if (saysBudgets) readBudgets(members, bounds);
  const kept = [...bounds.values()].filter(saysSomething);
  if (kept.length > maxModels) throw wrong("model_max_budget", `at most ${maxModels} models`);
  return { said: saysBudgets || said.length > 0, modelBounds: kept };
}

type Bounds = Map<string, ModelBounds>;

function boundsOf(bounds: Bounds, model: string): ModelBounds {
  const known = bounds.get(model) ?? create(ModelBoundsSchema, { model });
  bounds.set(model, known);
  return known;
}

function readLimit(
  members: ManagementMembers,
  [member, field, max]: (typeof limitRows)[number],
  bounds: Bounds,
): void {
  for (const { limits } of bounds.values()) delete limits?.[field];
  const values = members.within(member);
  for (const model of values?.names() ?? []) {
    const value = values?.integer(model, { min: 1, max });
    const one = boundsOf(bounds, model);
    one.limits ??= create(CallLimitsSchema);
    if (value !== undefined) one.limits[field] = value;
  }
}

function readBudgets(members: ManagementMembers, bounds: Bounds): void {
  for (const one of bounds.values()) one.budgets = [];
  const values = members.within("model_max_budget");
  if (values === undefined) return;
  for (const model of values.names()) boundsOf(bounds, model).budgets = budgetOf(values, model);
}

/** An amount, or an object with the amount and its time in one of LiteLLM's two ways to say it. */
function budgetOf(values: ManagementMembers, model: string) {
  const value = values.value(model);
  if (value === undefined) return [];
  const isPlain = typeof value !== "object";
  const within = isPlain ? undefined : values.within(model);
  const path = `model_max_budget.${model}`;
  const [amount, time] = within?.has("max_budget")
    ? ["max_budget", "budget_duration"]
    : ["budget_limit", "time_period"];
  const usd = isPlain ? values.usd(model) : within?.usd(amount);
  if (usd === undefined) throw wrong(path, "needs budget_limit, an amount of US dollars");
  const duration = within?.text(time);
  return [create(BudgetSchema, { usd, ...budgetSpan(`${path}.${time}`, duration) })];
}

function saysSomething({ limits, budgets }: ModelBounds): boolean {
  return (
    budgets.length > 0 ||
    limits?.requestsPerMinute !== undefined ||
    limits?.tokensPerMinute !== undefined
  );
}

/** The bounds by model in LiteLLM's words. */
export function answerModelBounds(bounds: readonly ModelBounds[]) {
  const limitsOf = (field: "requestsPerMinute" | "tokensPerMinute"): WritableObject =>
    Object.fromEntries(
      bounds.flatMap(({ model, limits }) =>
        limits?.[field] === undefined ? [] : [[model, limits[field]]],
      ),
    );
  return {
    model_rpm_limit: limitsOf("requestsPerMinute"),
    model_tpm_limit: limitsOf("tokensPerMinute"),
    model_max_budget: Object.fromEntries(
      bounds.flatMap(({ model, budgets: [budget] }) =>
        budget === undefined
          ? []
          : [
              [
                model,
                { budget_limit: budgetNumber(budget.usd), time_period: durationText(budget) },
              ],
            ],
      ),
    ),
  };
}
