import { create } from "@bufbuild/protobuf";
import { Role } from "../../../../../gen/parlance/access/v1/access_pb.js";
import { type EndUser, EndUserSchema } from "../../../../../gen/parlance/admin/v1/end_user_pb.js";
import { UsageService } from "../../../../../gen/parlance/admin/v1/usage_service_pb.js";
import { ErrorReason } from "../../../../../gen/parlance/error/v1/error_reason_pb.js";
import { GatewayError } from "../../../../core/faults/gateway-error.ts";
import type { WritableObject } from "../../../../json/write.ts";
import { rolesChecked } from "../../../connect/services/admin-service.ts";
import type { Spending } from "../../../spend-reader.ts";
import { answerBudget } from "../budgets/budget-routes.ts";
import { pointedBudget, spentBy } from "../budgets/pointed-budgets.ts";
import { everyPage } from "../every-page.ts";
import { orNull } from "../key-answer.ts";
import { needed } from "../key-routes.ts";
import type { ManagementCall, ReasonTable, ServeManagement } from "../management-call.ts";
import { refuseMembers, warnOf } from "../management-call.ts";
import { wrong } from "../members/management-members.ts";
import { readTenant, regionLabel } from "../members/tenant-members.ts";
import { answerTenant } from "../tenant-answer.ts";

const refusedOfCustomers: ReasonTable = {
  object_permission: "MCP servers, vector stores and agents are not served",
  spend: "is read from the ledger and cannot be set",
};

/** `POST /customer/new`. */
export const newCustomer: ServeManagement = async (call) => {
  const id = call.members.neededText("user_id");
  const { fields } = readCustomer(call, undefined);
  const endUser = create(EndUserSchema, { ...fields, id });
  const made = await call.services.endUsers.createEndUser({ endUser });
  return answerCustomer(call, needed(made.endUser));
};

/** `POST /customer/update`. */
export const updateCustomer: ServeManagement = async (call) => {
  const id = call.members.neededText("user_id");
  const before = needed((await call.services.endUsers.getEndUser({ id })).endUser);
  const { fields, paths } = readCustomer(call, before);
  if (paths.length === 0) return answerCustomer(call, before);
  const endUser = create(EndUserSchema, { ...fields, id: before.id, etag: before.etag });
  const changed = await call.services.endUsers.updateEndUser({ endUser, updateMask: { paths } });
  return answerCustomer(call, needed(changed.endUser));
};

/** `GET /customer/info`: also of one that nobody has made, if something was spent for it. */
export const customerInfo: ServeManagement = async (call) => {
  const id = call.members.neededText("end_user_id");
  const made = await foundCustomer(call, id);
  if (made !== undefined) return answerCustomer(call, made);
  requireAdmin(call);
  const spent = (await call.engine.spending.spent("end_user", [{ id, budgets: [] }])).get(id);
  if (spent === undefined || spent.nanoUsd === 0n)
    throw new GatewayError({
      reason: ErrorReason.NOT_FOUND,
      message: `End User Id=${id} does not exist: make it with /customer/new`,
      fields: [{ field: "end_user_id", message: "there is none, and nothing was spent for it" }],
    });
  return customerAnswer(create(EndUserSchema, { id }), spent);
};

/** `GET /customer/list`: those that were made. */
export const listCustomers: ServeManagement = async (call) => {
  const all = await everyCustomer(call);
  const spent = await spentBy(call, "end_user", all);
  return all.map((one) => customerAnswer(one, spent.get(one.id)));
};

/** `POST /customer/delete`: none is deleted where one is not found. */
export const deleteCustomers: ServeManagement = async (call) => {
  const { services } = call;
  const ids = namedUsers(call);
  for (const id of ids) await services.endUsers.getEndUser({ id });
  for (const id of ids) await services.endUsers.deleteEndUser({ id });
  const message = `Successfully deleted customers with ids: ${ids.join(", ")}`;
  return { deleted_customers: ids.length, message };
};

/** `POST /customer/block`: those that there are not are made. */
export const blockCustomers: ServeManagement = async (call) => {
  const { endUsers } = call.services;
  const blocked: WritableObject[] = [];
  for (const id of namedUsers(call)) {
    const before = await foundCustomer(call, id);
    const endUser = create(EndUserSchema, { id, blocked: true });
    const updateMask = { paths: ["blocked"] };
    const made =
      before === undefined
        ? await endUsers.createEndUser({ endUser })
        : await endUsers.updateEndUser({ endUser, updateMask });
    blocked.push(await answerCustomer(call, needed(made.endUser)));
  }
  return { blocked_users: blocked };
};

/** `POST /customer/unblock`: gives those that are still blocked. */
export const unblockCustomers: ServeManagement = async (call) => {
  const updateMask = { paths: ["blocked"] };
  for (const id of namedUsers(call))
    await call.services.endUsers.updateEndUser({ endUser: { id }, updateMask });
  const all = await everyCustomer(call);
  return { blocked_users: all.flatMap(({ id, blocked }) => (blocked ? id : [])) };
};

const maxNamed = 1_000;

function namedUsers({ members }: ManagementCall): readonly string[] {
  const ids = [...new Set(members.texts("user_ids") ?? [])];
  if (ids.length === 0) throw wrong("user_ids", "name at least one customer");
  if (ids.length > maxNamed) throw wrong("user_ids", `name at most ${maxNamed} at once`);
  return ids;
}

function readCustomer(call: ManagementCall, before: EndUser | undefined) {
  const { members } = call;
  refuseMembers(call, refusedOfCustomers);
  warnOf(call, { budget_reset_at: "the window of the budget says when it is fresh again" });
  if (members.saysSomething("max_budget") && members.saysSomething("budget_id"))
    throw wrong("max_budget", "Set either a 'max_budget' or a 'budget_id', not both");
  const known = before ?? { budgets: [], budgetIds: [], modelBounds: [], metadataJson: "" };
  const { fields, paths: read } = readTenant(members, { ...known, models: [] });
  const { limits, models: _, ...rest } = fields;
  const paths = read.filter((path) => path !== "models");
  const { region: __, ...others } = before?.labels ?? {};
  const region = members.text("allowed_model_region") ?? "";
  for (const [member, path] of [
    ["alias", "name"],
    ["blocked", "blocked"],
    ["default_model", "default_model"],
    ["allowed_model_region", "labels"],
  ] as const)
    if (members.has(member)) paths.push(path);
  return {
    fields: {
      ...rest,
      ...(limits && { limits }),
      name: members.text("alias") ?? "",
      blocked: members.flag("blocked") ?? false,
      defaultModel: members.text("default_model") ?? "",
      labels: region === "" ? others : { ...others, [regionLabel]: region },
    },
    paths,
  };
}

async function foundCustomer(
  { services }: ManagementCall,
  id: string,
): Promise<EndUser | undefined> {
  try {
    return needed((await services.endUsers.getEndUser({ id })).endUser);
  } catch (error) {
    const { reason } = error instanceof GatewayError ? error.fault : {};
    if (reason !== ErrorReason.NOT_FOUND) throw error;
    return undefined;
  }
}

function everyCustomer({ services }: ManagementCall): Promise<readonly EndUser[]> {
  return everyPage(async (page) => {
    const { endUsers: items, nextPageToken } = await services.endUsers.listEndUsers(page);
    return { items, nextPageToken };
  });
}

/** A customer with what was spent for it, and with the budget that it points to. */
async function answerCustomer(call: ManagementCall, endUser: EndUser): Promise<WritableObject> {
  const spent = await spentBy(call, "end_user", [endUser]);
  const [first] = endUser.budgetIds;
  const budget = first === undefined ? undefined : await pointedBudget(call, first);
  const answer = customerAnswer(endUser, spent.get(endUser.id));
  return budget === undefined ? answer : { ...answer, litellm_budget_table: answerBudget(budget) };
}

function customerAnswer(endUser: EndUser, spending: Spending | undefined): WritableObject {
  const tenant = answerTenant({ ...endUser, models: [] }, spending);
  const { models: _, blocked, spend, metadata, budget_id, created_at, updated_at, ...own } = tenant;
  const bounds = endUser.limits ?? endUser.budgets[0] ?? endUser.modelBounds[0];
  return {
    user_id: endUser.id,
    alias: orNull(endUser.name),
    spend,
    allowed_model_region: endUser.labels[regionLabel] ?? null,
    default_model: orNull(endUser.defaultModel),
    budget_id,
    // LiteLLM keeps the bounds of a customer in a budget of its own.
    litellm_budget_table: bounds === undefined ? null : { budget_id: null, ...own },
    blocked,
    metadata,
    ...{ created_at, updated_at },
  };
}

/** What was spent for end users is of all tenants: admins see it. */
function requireAdmin({ principal, caller }: ManagementCall): void {
  rolesChecked(principal, { method: UsageService.method.aggregateUsage });
  if (caller.access.grants.some(({ role }) => role === Role.ADMIN)) return;
  throw new GatewayError({
    reason: ErrorReason.PERMISSION_DENIED,
    message: `key ${caller.name} may not see end users: use the admin key`,
  });
}
