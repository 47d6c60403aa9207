import { ErrorReason } from "../../../../gen/parlance/error/v1/error_reason_pb.js";
import type { Fault } from "../../../core/faults/fault.ts";
import { httpStatus } from "../../../core/faults/gateway-error.ts";

/** What the contract calls a field, and LiteLLM a member. The first that fits is taken. */
const members: readonly (readonly [pattern: RegExp, member: string])[] = [
  [/^key\.alias$/, "key_alias"],
  [/^team\.name$/, "team_alias"],
  [/^user\.name$/, "user_alias"],
  [/^user\.email$/, "user_email"],
  [/^user\.role$/, "user_role"],
  [/^(organization\.name)$/, "organization_alias"],
  [/\.limits\.requests_per_minute$/, "rpm_limit"],
  [/\.limits\.tokens_per_minute$/, "tpm_limit"],
  [/\.limits\.concurrent$/, "max_parallel_requests"],
  [/\.budgets(\[0\])?(\.usd)?$/, "max_budget"],
  [/\.budgets\[\d+\]/, "budget_limits"],
  [/\.routes/, "allowed_routes"],
  [/\.model_aliases/, "aliases"],
  [/\.expires_at/, "duration"],
  [/metadata_json$/, "metadata"],
  [/model_bounds/, "model_max_budget"],
  [/^budget\.amount/, "max_budget"],
  [/budget_ids$/, "budget_id"],
  [/^budget\.name$/, "budget_id"],
  [/^end_user\.id$/, "user_id"],
  [/^end_user\.name$/, "alias"],
  [/^end_user\.labels/, "allowed_model_region"],
  [/^(key\.)?team$/, "team_id"],
  [/^(key\.)?user$/, "user_id"],
  [/^(key|team|user)\.organization$/, "organization_id"],
  [/^value$/, "key"],
];

/** The member that a fault is about; LiteLLM says "None" where it is about none. */
export function memberOf({ fields }: Fault, path: string): string {
  const field = fields?.[0]?.field;
  if (field === undefined) return "None";
  const [, kind = ""] = /^\/(\w+)\//.exec(path) ?? [];
  if (field === "id" && kind !== "model") return idMembers[kind] ?? `${kind}_id`;
  const found = members.find(([pattern]) => pattern.test(field));
  return found?.[1] ?? field.replace(/^(key|team|user|organization|budget|end_user)\./, "");
}

/** The members that name an object, where their name is not that of its kind. */
const idMembers: Readonly<Record<string, string>> = {
  key: "key",
  customer: "user_id",
  end_user: "user_id",
};

function typeOf(status: number): string {
  if (status === 401 || status === 403) return "auth_error";
  if (status === 404) return "not_found_error";
  if (status === 402) return "budget_exceeded";
  if (status === 429) return "throttling_error";
  return status < 500 ? "bad_request_error" : "internal_server_error";
}

/**
 * The status of a fault: ours, but that LiteLLM answers 400 where a name or an id is taken of
 * anything but a user.
 */
export function managementStatus(fault: Fault, path: string): number {
  const isTaken = fault.reason === ErrorReason.ALREADY_EXISTS;
  return isTaken && !path.startsWith("/user/") ? 400 : httpStatus(fault);
}

/** A fault in the shape of LiteLLM's errors: its code is the status, as a text. */
export function printManagementError(fault: Fault, path: string): string {
  const status = managementStatus(fault, path);
  const error = {
    message: fault.message,
    type: typeOf(status),
    param: memberOf(fault, path),
    code: String(status),
  };
  return JSON.stringify({ error });
}
