import { Role } from "../../../../../gen/parlance/access/v1/access_pb.js";
import { UsageService } from "../../../../../gen/parlance/admin/v1/usage_service_pb.js";
import { ErrorReason } from "../../../../../gen/parlance/error/v1/error_reason_pb.js";
import { GatewayError } from "../../../../core/faults/gateway-error.ts";
import type { WritableObject } from "../../../../json/write.ts";
import { rolesChecked } from "../../../connect/services/admin-service.ts";
import type { ManagementCall, ReasonTable, ServeManagement } from "../management-call.ts";
import { refuseMembers, warnOf } from "../management-call.ts";
import { usdNumber } from "../usd-number.ts";

const byConfig =
  "what bounds end users is in the config: `budgets` and `limits` with per: [END_USER]";

/** End users are whoever calls are for: nothing is kept of one but what was spent. */
const refusedOfCustomers: ReasonTable = {
  max_budget: byConfig,
  soft_budget: byConfig,
  budget_duration: byConfig,
  budget_id: byConfig,
  tpm_limit: byConfig,
  rpm_limit: byConfig,
  max_parallel_requests: byConfig,
  model_max_budget: byConfig,
  blocked: "`rules` of the config refuse calls of an end user",
  default_model: "`rules` of the config say which model calls of an end user go to",
  allowed_model_region: "`rules` of the config say which targets calls of an end user go to",
  object_permission: "MCP servers, vector stores and agents are not served",
  spend: "is read from the ledger and cannot be set",
};

/** `POST /customer/new` and `/customer/update`: an end user without bounds needs no more. */
export const setCustomer: ServeManagement = async (call) => {
  const id = call.members.neededText("user_id");
  requireAdmin(call);
  refuseMembers(call, refusedOfCustomers);
  warnOf(call, { alias: "is not kept", metadata: "is not kept", budget_reset_at: "is not kept" });
  return answerCustomer(call, id);
};

/** `GET /customer/info`: what was spent for an end user. */
export const customerInfo: ServeManagement = async (call) => {
  const id = call.members.neededText("end_user_id");
  requireAdmin(call);
  return answerCustomer(call, id);
};

async function answerCustomer({ engine }: ManagementCall, id: string): Promise<WritableObject> {
  const spent = await engine.spending.spent("end_user", [{ id, budgets: [] }]);
  return {
    user_id: id,
    alias: null,
    spend: usdNumber(spent.get(id)?.nanoUsd ?? 0n),
    allowed_model_region: null,
    default_model: null,
    budget_id: null,
    litellm_budget_table: null,
    blocked: false,
  };
}

/** `POST /budget/new` and its like: budgets are of whom they bound, and have no ids. */
export const refuseBudget: ServeManagement = async (call) => {
  requireAdmin(call);
  throw new GatewayError({
    reason: ErrorReason.UNSUPPORTED,
    message:
      "budgets are not kept apart from whom they bound: say max_budget and budget_duration of the key, the team or the user",
  });
};

/** `GET /budget/list`: there are none apart from whom they bound. */
export const listBudgets: ServeManagement = async (call) => {
  requireAdmin(call);
  return [];
};

/** What was spent for end users is of all tenants: admins see it. */
function requireAdmin({ principal, caller }: ManagementCall): void {
  rolesChecked(principal, { method: UsageService.method.aggregateUsage });
  if (caller.access.grants.some(({ role }) => role === Role.ADMIN)) return;
  throw new GatewayError({
    reason: ErrorReason.PERMISSION_DENIED,
    message: `key ${caller.name} may not see end users and budgets: use the admin key`,
  });
}
