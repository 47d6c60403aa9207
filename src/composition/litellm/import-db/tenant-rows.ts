import { create, type DescMessage } from "@bufbuild/protobuf";
import { Role } from "../../../../gen/parlance/access/v1/access_pb.js";
import { EndUserSchema } from "../../../../gen/parlance/admin/v1/end_user_pb.js";
import { KeyKind, KeySchema } from "../../../../gen/parlance/admin/v1/key_pb.js";
import { OrganizationSchema } from "../../../../gen/parlance/admin/v1/organization_pb.js";
import { TeamSchema } from "../../../../gen/parlance/admin/v1/team_pb.js";
import { UserSchema } from "../../../../gen/parlance/admin/v1/user_pb.js";
import type { Check } from "../../../core/check.ts";
import { GatewayError } from "../../../core/faults/gateway-error.ts";
import { refusedOfKeys } from "../../../edge/rest/litellm/members/key-fields.ts";
import type { ManagementMembers } from "../../../edge/rest/litellm/members/management-members.ts";
import { routesOf } from "../../../edge/rest/litellm/members/route-groups.ts";
import {
  emptyTenant,
  readTenant,
  regionLabel,
} from "../../../edge/rest/litellm/members/tenant-members.ts";
import { isObject, type JsonObject } from "../../../json/json.ts";
import { membersOf } from "../../../json/members.ts";
import { type DirectoryRow, directoryRow } from "../../../store/directory/directory-row.ts";
import { type ObjectKind, type ObjectOf, rowOf, schemas } from "../../tenants/object-messages.ts";
import { fitted, type NoteChange } from "./fit-row.ts";
import { importedName } from "./import-names.ts";
import { type LitellmRow, membersOfRow, textOf } from "./litellm-rows.ts";

/** Where an object belongs here. */
export interface ImportPlace {
  readonly organization: string;
  readonly team: string;
  readonly user: string;
}

/** What rows are made with. */
export interface RowWorld {
  readonly check: Check;
  readonly nowMs: number;
  readonly note: NoteChange;
}

/** An organization as the store has it. */
export function organizationRow(row: LitellmRow, world: RowWorld): DirectoryRow {
  const { members, fields } = tenantOf(row, world);
  const id = textOf(row, "organization_id");
  const name = importedName(textOf(row, "organization_alias"), id);
  return rowFor("organization", create(OrganizationSchema, { ...fields, id, name }), {
    members,
    world,
  });
}

/** A team. */
export function teamRow(row: LitellmRow, organization: string, world: RowWorld): DirectoryRow {
  noteSaid(row, world.note, {
    team_member_permissions: "admins of a team make keys for all, and members for themselves",
    access_group_ids: "there are no access groups",
    policies: "guards are bound in the config, by models, teams and keys",
    object_permission_id: "MCP servers, vector stores and agents are not served",
  });
  const { members, fields } = tenantOf(row, world);
  const id = textOf(row, "team_id");
  const name = importedName(textOf(row, "team_alias"), id);
  const blocked = members.flag("blocked") ?? false;
  const team = create(TeamSchema, { ...fields, id, name, organization, blocked });
  return rowFor("team", team, { members, world });
}

const roles: Readonly<Record<string, Role>> = {
  proxy_admin: Role.ADMIN,
  proxy_admin_viewer: Role.VIEWER,
};

/** Who LiteLLM says has made what its master key makes. */
const masterUser = "default_user_id";

/** A user. `isOrganizationAdmin`: in the organization that it is in here. */
export function userRow(
  row: LitellmRow,
  { organization, isOrganizationAdmin }: { organization: string; isOrganizationAdmin: boolean },
  world: RowWorld,
): DirectoryRow {
  noteSaid(row, world.note, {
    policies: "guards are bound in the config, by models, teams and keys",
    object_permission_id: "MCP servers, vector stores and agents are not served",
  });
  const role = textOf(row, "user_role");
  const { members, fields } = tenantOf(row, world, { user_role: role === "" ? null : role });
  const id = textOf(row, "user_id");
  if (id === masterUser)
    world.note("user_role", "changed", "stands for the master key, and has no role here");
  const own = isOrganizationAdmin ? Role.ORGANIZATION_ADMIN : (roles[role] ?? Role.UNSPECIFIED);
  const email = textOf(row, "user_email").slice(0, 320);
  const name = importedName(textOf(row, "user_alias") || email, id);
  const user = create(UserSchema, {
    ...fields,
    ...{ id, name, organization, email },
    role: id === masterUser ? Role.UNSPECIFIED : own,
  });
  return rowFor("user", user, { members, world });
}

/** A key, whose value goes on being known by its SHA-256. */
export function keyRow(row: LitellmRow, place: ImportPlace, world: RowWorld): DirectoryRow {
  const { note } = world;
  const routes = routesIn(row, note);
  const { members, fields } = tenantOf(row, world, routes.kept);
  noteSaid(row, note, reasonsOfKeys);
  const metadata = members.within("metadata");
  if (metadata !== undefined)
    for (const [name, why] of Object.entries(refusedOfKeys))
      if (metadata.saysSomething(name)) note(`metadata.${name}`, "lost", why);
  const token = textOf(row, "token");
  const key = create(KeySchema, {
    ...fields,
    id: token,
    alias: textOf(row, "key_alias") === "" ? "" : importedName(textOf(row, "key_alias"), token),
    ...place,
    kind: kindOf(routes.use, place),
    routes: [...routes.routes],
    tags: listIn(metadata, "tags"),
    guardrails: listIn(metadata, "guardrails"),
    modelAliases: aliasesIn(members, note),
    blocked: members.flag("blocked") ?? false,
  });
  const made = rowFor("key", key, { members, world });
  const name = textOf(row, "key_name");
  return {
    ...made,
    hash: `sha256:${token}`,
    hint: name.startsWith("sk-...") ? name.slice(3) : "",
    expiresMs: members.time("expires") ?? 0,
    lastUsedMs: members.time("last_active") ?? 0,
  };
}

/** An end user with bounds. */
export function endUserRow(row: LitellmRow, world: RowWorld): DirectoryRow {
  const { members, fields } = tenantOf(row, world);
  const { models: _models, ...bounds } = fields;
  const id = textOf(row, "user_id");
  const alias = textOf(row, "alias");
  const region = textOf(row, "allowed_model_region");
  const endUser = create(EndUserSchema, {
    ...bounds,
    id,
    name: alias === "" ? "" : importedName(alias, id),
    blocked: members.flag("blocked") ?? false,
    defaultModel: textOf(row, "default_model"),
    labels: region === "" ? {} : { [regionLabel]: region },
  });
  return rowFor("end_user", endUser, { members, world });
}

/** The columns that a key has not here; its spending is imported otherwise. */
const { spend: _, ...reasonsOfKeys } = refusedOfKeys;

function tenantOf(row: LitellmRow, { note }: RowWorld, kept: JsonObject = {}) {
  const own = new Map(fitted(row, note));
  // What its budget says is in the row.
  own.delete("budget_id");
  const metadata = new Map(membersOf(own.get("metadata") ?? "") ?? []);
  for (const name of ofModels) {
    const text = metadata.get(name);
    if (text !== undefined) own.set(name, text);
  }
  const { members, fields } = readRow(own, note, kept);
  const { limits, ...rest } = fields;
  return { members, fields: { ...rest, ...(limits && { limits }) } };
}

/** What LiteLLM keeps in the metadata, and what else is said by model. */
const ofModels = ["model_rpm_limit", "model_tpm_limit"];
const byModel = [...ofModels, "model_max_budget"];

/** Bounds by model that cannot be read are lost, and the rest of the row is not. */
function readRow(row: Map<string, string>, note: NoteChange, kept: JsonObject) {
  try {
    const members = membersOfRow(row);
    return { members, fields: readTenant(members, emptyTenant, kept).fields };
  } catch (error) {
    const said = byModel.filter((name) => row.has(name));
    if (!(error instanceof GatewayError) || said.length === 0) throw error;
    const members = membersOfRow([...row].filter(([name]) => !byModel.includes(name)));
    const { fields } = readTenant(members, emptyTenant, kept);
    for (const name of said) note(name, "lost", error.message);
    return { members, fields };
  }
}

/** The row of an object that obeys the contract; throws INVALID_REQUEST for one that does not. */
function rowFor<Kind extends ObjectKind>(
  kind: Kind,
  message: ObjectOf[Kind],
  { members, world }: { readonly members: ManagementMembers; readonly world: RowWorld },
): DirectoryRow {
  world.check<DescMessage>(schemas[kind], message, kind);
  const createdMs = members.time("created_at") ?? world.nowMs;
  const updatedMs = members.time("updated_at") ?? createdMs;
  const times = { createdMs, updatedMs, version: 1 };
  return rowOf(kind, message, directoryRow({ kind, id: message.id, ...times }));
}

function noteSaid(
  row: LitellmRow,
  note: NoteChange,
  reasons: Readonly<Record<string, string>>,
): void {
  const members = membersOfRow(row);
  for (const [name, why] of Object.entries(reasons))
    if (members.saysSomething(name)) note(name, "lost", why);
}

function routesIn(row: LitellmRow, note: NoteChange) {
  const names = membersOfRow(row).texts("allowed_routes") ?? [];
  const kept = names.length === 0 ? {} : { allowed_routes: [...names] };
  try {
    return { ...routesOf(names, "default"), kept };
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    // What is not known is left out, so that less is allowed and not more.
    note("allowed_routes", "changed", "names of routes that are not known are left out");
    const known = names.filter((name) => name.startsWith("/"));
    return { routes: known.length === 0 ? ["/none"] : known, use: "any" as const, kept };
  }
}

function kindOf(use: ReturnType<typeof routesOf>["use"], { user, team }: ImportPlace): KeyKind {
  if (use === "calls" || (user === "" && team === "")) return KeyKind.INFERENCE;
  if (use === "reads") return KeyKind.READ_ONLY;
  return use === "manages" || user !== "" ? KeyKind.ADMIN : KeyKind.INFERENCE;
}

function listIn(members: ManagementMembers | undefined, name: string): string[] {
  const value = members?.value(name);
  const texts = Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
  return [...new Set(texts)];
}

function aliasesIn(members: ManagementMembers, note: NoteChange): Record<string, string> {
  const aliases: Record<string, string> = {};
  const value = members.value("aliases") ?? {};
  for (const [name, model] of Object.entries(isObject(value) ? value : {}))
    if (typeof model === "string" && /^[^\s*]{1,256}$/.test(name)) aliases[name] = model;
    else note("aliases", "lost", "aliases are names of models without blanks and stars");
  return aliases;
}
