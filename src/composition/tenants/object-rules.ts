import { Role } from "../../../gen/parlance/access/v1/access_pb.js";
import type { Key } from "../../../gen/parlance/admin/v1/key_pb.js";
import { GuardAction } from "../../../gen/parlance/config/v1/guard_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { isNetwork } from "../../config/compile/address-list.ts";
import type { Settings } from "../../config/settings.ts";
import {
  type CallerAccess,
  isOwn,
  mayGrant,
  mayManage,
  mayReadContent,
} from "../../core/caller/caller-access.ts";
import { invalidField } from "../../core/faults/fault.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import { faultsOfBudget } from "../../core/money/check-budget.ts";
import { readParameters } from "../../core/rules/read-parameters.ts";
import { isObject, parseJson } from "../../json/json.ts";
import type { DirectoryRow } from "../../store/directory/directory-row.ts";
import type { Directory } from "./directory.ts";
import { type ObjectKind, type ObjectOf, roleOf } from "./object-messages.ts";
import { accessOfStored } from "./stored-principal.ts";

const operations = ["chat", "count_tokens", "embed", "rerank", "moderate", "guard"];

/**
 * Throws INVALID_REQUEST for what the rules of the contract cannot say of an object, and
 * PERMISSION_DENIED where it gives somebody more than the caller has.
 */
export function checkObject(
  directory: Directory,
  message: ObjectOf[ObjectKind],
  row: DirectoryRow,
  access: CallerAccess,
): void {
  checkMetadata(message.metadataJson);
  const isNamed = !("alias" in message) && row.kind !== "end_user";
  if (isNamed && message.name === "")
    throw new GatewayError(invalidField(`${row.kind}.name`, "is required: say what it is called"));
  checkBudgets(message);
  if (message.$typeName === "parlance.admin.v1.User") checkRole(message.role, row, access);
  if (message.$typeName !== "parlance.admin.v1.Key") return;
  checkKey(message);
  if (row.version === 1 && message.clientNames.length > 0 && !isAdmin(access))
    throw denied("only admins may say which certificates call as a key");
  if (!mayGrant(access, accessOfStored(directory, row)))
    throw denied("a key may not do more than whoever makes it");
}

/** Throws INVALID_REQUEST for what the rules of the contract cannot say of budgets. */
function checkBudgets(message: ObjectOf[ObjectKind]): void {
  const own = "amount" in message ? [message.amount] : "budgets" in message ? message.budgets : [];
  const path = "budgets" in message ? "budgets" : "budget.amount";
  const ofModels = message.modelBounds.flatMap(({ budgets }, at) =>
    budgets.map((budget, place) => [`model_bounds[${at}].budgets[${place}]`, budget] as const),
  );
  const all = [
    ...own.map((one, at) => [path === "budgets" ? `budgets[${at}]` : path, one] as const),
    ...ofModels,
  ];
  for (const [place, budget] of all)
    for (const { field, message: text } of budget === undefined ? [] : faultsOfBudget(budget))
      throw new GatewayError(invalidField(`${place}.${field}`, text));
}

function checkRole(role: Role, { organizationId }: DirectoryRow, access: CallerAccess): void {
  if (role === Role.TEAM_ADMIN || role === Role.MEMBER)
    throw new GatewayError(
      invalidField("user.role", "is a role in a team: set it with TeamService.SetTeamMember"),
    );
  if (role === Role.ORGANIZATION_ADMIN && organizationId === "")
    throw new GatewayError(invalidField("user.role", "needs an organization"));
  if (role === Role.CONTENT_READER) refuseContentReader(access, { organizationId, teamId: "" });
  if (isAdmin(access)) return;
  if (role === Role.ADMIN || organizationId === "")
    throw denied("only admins may give a role everywhere");
}

/** Throws INVALID_REQUEST where content of a team is to be stored that cannot be. */
export function checkContent(
  message: ObjectOf[ObjectKind],
  { config, privacy, guards }: Settings,
): void {
  if (!("content" in message) || message.content === undefined) return;
  const { samplePercent, redact } = message.content;
  if (samplePercent !== 0 && privacy === undefined)
    throw new GatewayError(
      invalidField(
        "team.content",
        "needs privacy.master_key in the config: it is stored encrypted",
      ),
    );
  const { case: store } = config.store.kind;
  if (samplePercent !== 0 && store !== "sqlite" && store !== "postgres")
    throw new GatewayError(invalidField("team.content", "needs a database in store"));
  for (const [at, name] of redact.entries()) {
    const guard = guards.find(({ settings }) => settings.name === name)?.settings;
    if (guard?.action !== GuardAction.MASK)
      throw new GatewayError(
        invalidField(`team.content.redact[${at}]`, "must be a guard with the action MASK"),
      );
  }
}

/** Throws PERMISSION_DENIED where a caller may not let others read what is said in calls. */
export function refuseContentReader(
  access: CallerAccess,
  place: Pick<DirectoryRow, "organizationId" | "teamId">,
): void {
  if (isAdmin(access) || mayReadContent(access, place)) return;
  throw denied("only admins, and who reads content there, may give the role CONTENT_READER");
}

/** Throws INVALID_REQUEST for what the rules of the contract cannot say of a key. */
function checkKey(key: Key): void {
  for (const [at, range] of key.allowedIps.entries())
    if (!isNetwork(range))
      throw new GatewayError(
        invalidField(`key.allowed_ips[${at}]`, "must be an address, or a range such as 10.0.0.0/8"),
      );
  for (const [at, name] of key.operations.entries())
    if (!operations.includes(name))
      throw new GatewayError(
        invalidField(`key.operations[${at}]`, `must be one of ${operations.join(", ")}`),
      );
  const parameters = readParameters(key.defaultParametersJson);
  if (typeof parameters === "string")
    throw new GatewayError(invalidField("key.default_parameters_json", parameters));
}

/** Throws INVALID_REQUEST for metadata that is no JSON object. */
function checkMetadata(text: string): void {
  if (text === "") return;
  const parsed = parseJson(Buffer.from(text));
  if (!parsed.ok || !isObject(parsed.value))
    throw new GatewayError(invalidField("metadata_json", "must be the text of a JSON object"));
}

/** What owners may change of keys that others have bounded. */
const ownersFields: ReadonlySet<string> = new Set(["alias", "metadata_json", "tags"]);

/** Throws PERMISSION_DENIED where a caller may not change these fields of an object. */
export function refuseChange(
  access: CallerAccess,
  row: DirectoryRow,
  fields: readonly string[],
): void {
  if (fields.includes("client_names") && !isAdmin(access))
    throw denied("only admins may say which certificates call as a key");
  if (mayManage(access, row)) return;
  const own = row.kind === "key" && isOwn(access, row);
  const other = fields.find((name) => !ownersFields.has(name));
  if (!own || other !== undefined)
    throw denied(own ? `you may not change ${other} of this key` : "you may not change this");
}

/** Throws PERMISSION_DENIED where a key or a user may do more than the caller. */
export function refuseStronger(
  directory: Directory,
  access: CallerAccess,
  row: DirectoryRow,
): void {
  const stronger =
    row.kind === "user"
      ? roleOf(row.role) === Role.ADMIN && !isAdmin(access)
      : row.kind === "key" && !mayGrant(access, accessOfStored(directory, row));
  if (stronger) throw denied(`the ${row.kind} may do more than you may`);
}

/** Whether a caller may do everything. */
export function isAdmin({ grants }: CallerAccess): boolean {
  return grants.some(({ role }) => role === Role.ADMIN);
}

/** The refusal of what a caller may not do. */
export function denied(message: string): GatewayError {
  return new GatewayError({ reason: ErrorReason.PERMISSION_DENIED, message });
}
