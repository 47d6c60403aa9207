import type { BudgetIncrease } from "../../../gen/parlance/config/v1/budget_pb.js";
import { invalidField } from "../../core/faults/fault.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import { readTime } from "../../core/time/read-time.ts";
import type { TenantAdmin } from "../../edge/gateway-api.ts";
import type { Reservations } from "../../state/reserve/reservations.ts";
import type { DirectoryRow } from "../../store/directory/directory-row.ts";
import { listBudgetStates } from "../budgets/budget-states.ts";
import { type ObjectAdmin, required } from "./object-admin.ts";
import { messageOf, rowOf } from "./object-messages.ts";
import { checkObject, refuseChange } from "./object-rules.ts";

/** As many increases as a budget has. */
const maxIncreases = 16;

/** The methods of BudgetService. */
export function budgetMethods(
  admin: ObjectAdmin,
  reservations: Pick<Reservations, "used" | "taken">,
): TenantAdmin["budgets"] {
  const { directory, wallMs } = admin.options;

  /** Changes what no message of a request says. */
  const change = async (
    wanted: { readonly id: string; readonly etag: string },
    caller: Parameters<TenantAdmin["budgets"]["resetBudget"]>[1],
    {
      action,
      changed,
    }: { readonly action: string; readonly changed: (before: DirectoryRow) => DirectoryRow },
  ) => {
    const before = await admin.current("budget", wanted, caller);
    refuseChange(caller.access, before, []);
    const version = before.version + 1;
    const row = { ...changed(before), updatedMs: wallMs(), version };
    checkObject(directory, messageOf("budget", row), row, caller.access);
    await admin.change(row, caller, { action, before });
    return { budget: messageOf("budget", row) };
  };

  return {
    createBudget: async ({ budget, id }, caller) => ({
      budget: await admin.create("budget", required(budget), caller, { id }),
    }),
    getBudget: async ({ id }, caller) => ({ budget: await admin.get("budget", id, caller) }),
    async listBudgets({ pageSize, pageToken, skip, organization }, caller) {
      await directory.catchUp();
      const fits = admin.inOrganization(organization, caller);
      const { found, ...rest } = await admin.list(
        "budget",
        { pageSize, pageToken, skip, fits },
        caller,
      );
      return { budgets: found, ...rest };
    },
    updateBudget: async ({ budget, updateMask }, caller) => ({
      budget: await admin.update("budget", { wanted: required(budget), mask: updateMask }, caller),
    }),
    async deleteBudget(request, caller) {
      await admin.delete("budget", request, caller);
      return {};
    },
    resetBudget: (request, caller) =>
      change(request, caller, {
        action: "budget.reset",
        changed: (before) => ({ ...before, resetMs: Math.round(wallMs()) }),
      }),
    increaseBudget: ({ increase, ...request }, caller) =>
      change(request, caller, {
        action: "budget.increase",
        changed: (before) => increased(before, required(increase), wallMs()),
      }),
    async listBudgetStates(request, { access }) {
      await directory.catchUp();
      const budget = admin.objects.idOf("budget", request.budget, access, "budget");
      return listBudgetStates({ ...admin.options, reservations }, request, { access, budget });
    },
  };
}

/** The methods of EndUserService. */
export function endUserMethods(admin: ObjectAdmin): TenantAdmin["endUsers"] {
  return {
    async createEndUser({ endUser }, caller) {
      const wanted = required(endUser);
      if (wanted.id === "")
        throw new GatewayError(invalidField("end_user.id", "is required: what calls name it by"));
      return { endUser: await admin.create("end_user", wanted, caller, { id: wanted.id }) };
    },
    getEndUser: async ({ id }, caller) => ({ endUser: await admin.get("end_user", id, caller) }),
    async listEndUsers({ pageSize, pageToken, skip }, caller) {
      const query = { pageSize, pageToken, skip, fits: () => true };
      const { found, ...rest } = await admin.list("end_user", query, caller);
      return { endUsers: found, ...rest };
    },
    updateEndUser: async ({ endUser, updateMask }, caller) => ({
      endUser: await admin.update(
        "end_user",
        { wanted: required(endUser), mask: updateMask },
        caller,
      ),
    }),
    async deleteEndUser(request, caller) {
      await admin.delete("end_user", request, caller);
      return {};
    },
  };
}

/** A budget with an amount more, without those that have ended. */
function increased(before: DirectoryRow, increase: BudgetIncrease, nowMs: number): DirectoryRow {
  const message = messageOf("budget", before);
  const { amount } = message;
  if (amount === undefined)
    throw new GatewayError(invalidField("id", "this budget has no amount that could grow"));
  const open = amount.increases.filter(({ until }) => (readTime(until) ?? 0) > nowMs);
  if (open.length >= maxIncreases)
    throw new GatewayError(
      invalidField("increase", `there are ${maxIncreases} already: wait until one ends`),
    );
  const grown = { ...amount, increases: [...open, increase] };
  return rowOf("budget", { ...message, amount: grown }, before);
}
