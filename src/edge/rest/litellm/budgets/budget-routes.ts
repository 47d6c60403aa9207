import { create } from "@bufbuild/protobuf";
import { type Budget, BudgetSchema } from "../../../../../gen/parlance/admin/v1/budget_pb.js";
import { ObjectOrigin } from "../../../../../gen/parlance/admin/v1/origin_pb.js";
import type { WritableObject } from "../../../../json/write.ts";
import { everyPage } from "../every-page.ts";
import { needed } from "../key-routes.ts";
import type { ManagementCall, ServeManagement } from "../management-call.ts";
import { refuseMembers, warnOf } from "../management-call.ts";
import { wrong } from "../members/management-members.ts";
import { readTenant } from "../members/tenant-members.ts";
import { answerTenant, timeText } from "../tenant-answer.ts";

/** `POST /budget/new`. */
export const newBudget: ServeManagement = async (call) => {
  const id = call.members.text("budget_id") ?? "";
  const { fields } = readBudget(call, undefined);
  const name = id === "" ? `budget-${call.engine.newId()}` : id.replaceAll("/", "-").slice(0, 128);
  const budget = create(BudgetSchema, { ...fields, name });
  return answerBudget(needed((await call.services.budgets.createBudget({ budget, id })).budget));
};

/** `POST /budget/update`. */
export const updateBudget: ServeManagement = async (call) => {
  const before = await foundBudget(call, call.members.neededText("budget_id"));
  const { fields, paths } = readBudget(call, before);
  const { id, etag } = before;
  if (paths.length === 0) return answerBudget(before);
  const budget = create(BudgetSchema, { ...fields, id, etag });
  const changed = await call.services.budgets.updateBudget({ budget, updateMask: { paths } });
  return answerBudget(needed(changed.budget));
};

/** `POST /budget/info`: of each of `budgets`; those that there are not are left out. */
export const budgetInfo: ServeManagement = async (call) => {
  const named = call.members.texts("budgets") ?? [];
  if (named.length === 0) throw wrong("budgets", "name at least one budget");
  if (named.length > maxNamed) throw wrong("budgets", `name at most ${maxNamed} at once`);
  const all = await everyBudget(call);
  return all.filter(({ id, name }) => named.includes(id) || named.includes(name)).map(answerBudget);
};

/** `GET /budget/list`: those of the config file have keys of their own there. */
export const listBudgets: ServeManagement = async (call) =>
  (await everyBudget(call)).map(answerBudget);

/** `GET /budget/settings`: the members of a budget with what they are now. */
export const budgetSettings: ServeManagement = async (call) => {
  const budget = await foundBudget(call, call.members.neededText("budget_id"));
  const answer = answerBudget(budget);
  return settings.map(([name, type, description]) => {
    const value = answer[name] ?? null;
    return {
      field_name: name,
      field_type: type,
      field_description: description,
      field_value: value,
      stored_in_db: value !== null,
      field_default_value: null,
    };
  });
};

/** `POST /budget/delete`. */
export const deleteBudget: ServeManagement = async (call) => {
  const budget = await foundBudget(call, call.members.neededText("id"));
  await call.services.budgets.deleteBudget({ id: budget.id });
  return answerBudget(budget);
};

const maxNamed = 1_000;

const settings = [
  ["max_budget", "Float", "Requests fail where this many US dollars are spent."],
  ["soft_budget", "Float", "A warning is given where this many US dollars are spent."],
  ["max_parallel_requests", "Integer", "Calls at the same time."],
  ["tpm_limit", "Integer", "Tokens a minute."],
  ["rpm_limit", "Integer", "Requests a minute."],
  ["budget_duration", "String", "How long the amount lasts, such as 30d or 1h."],
] as const;

function readBudget(call: ManagementCall, before: Budget | undefined) {
  refuseMembers(call, { budget_limits: "a budget has one amount: make another one" });
  warnOf(call, { budget_reset_at: "the window of the calendar says when it is fresh again" });
  const known = {
    ...{ limits: before?.limits, budgets: before?.amount ? [before.amount] : [] },
    ...{ budgetIds: [], modelBounds: before?.modelBounds ?? [] },
    ...{ models: [], metadataJson: before?.metadataJson ?? "" },
  };
  const { fields, paths } = readTenant(call.members, known);
  const [amount] = fields.budgets;
  const { limits, modelBounds, metadataJson } = fields;
  return {
    fields: {
      ...{ modelBounds, metadataJson },
      ...(limits && { limits }),
      ...(amount && { amount }),
    },
    // Its own id is not that of a budget that it points to.
    paths: paths
      .filter((path) => path !== "budget_ids" && path !== "models")
      .map((path) => (path === "budgets" ? "amount" : path)),
  };
}

/** The budget of an id, or of a name that one alone has. */
async function foundBudget({ services }: ManagementCall, id: string): Promise<Budget> {
  return needed((await services.budgets.getBudget({ id })).budget);
}

async function everyBudget({ services }: ManagementCall): Promise<readonly Budget[]> {
  const all = await everyPage(async (page) => {
    const { budgets: items, nextPageToken } = await services.budgets.listBudgets(page);
    return { items, nextPageToken };
  });
  return all.filter(({ origin }) => origin === ObjectOrigin.STORE);
}

/** A budget as LiteLLM's programs read it. */
export function answerBudget(budget: Budget): WritableObject {
  const { amount, limits, modelBounds, metadataJson, createdAt, updatedAt } = budget;
  const tenant = answerTenant(
    {
      ...{ limits, modelBounds, metadataJson, createdAt, updatedAt },
      ...{ budgets: amount === undefined ? [] : [amount], budgetIds: [], models: [] },
      blocked: false,
    },
    undefined,
  );
  const { budget_duration, max_budget, soft_budget, model_max_budget } = tenant;
  const { tpm_limit, rpm_limit, max_parallel_requests } = tenant;
  return {
    budget_id: budget.id,
    ...{ max_budget, soft_budget, max_parallel_requests, tpm_limit, rpm_limit },
    ...{ model_max_budget, budget_duration, budget_reset_at: null },
    created_at: timeText(createdAt),
    created_by: null,
    updated_at: timeText(updatedAt),
    updated_by: null,
  };
}
