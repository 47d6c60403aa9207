import { create } from "@bufbuild/protobuf";
import { Role } from "../../../../../gen/parlance/access/v1/access_pb.js";
import type { Key } from "../../../../../gen/parlance/admin/v1/key_pb.js";
import { ObjectOrigin } from "../../../../../gen/parlance/admin/v1/origin_pb.js";
import { type Team, TeamSchema } from "../../../../../gen/parlance/admin/v1/team_pb.js";
import { ErrorReason } from "../../../../../gen/parlance/error/v1/error_reason_pb.js";
import { GatewayError } from "../../../../core/faults/gateway-error.ts";
import type { WritableObject } from "../../../../json/write.ts";
import { spentBy } from "../budgets/pointed-budgets.ts";
import { everyPage } from "../every-page.ts";
import { answerKeys, orNull } from "../key-answer.ts";
import { needed } from "../key-routes.ts";
import type { ManagementCall, ReasonTable, ServeManagement } from "../management-call.ts";
import { refuseMembers, warnOf } from "../management-call.ts";
import { ManagementMembers, wrong } from "../members/management-members.ts";
import { emptyTenant, readTenant } from "../members/tenant-members.ts";
import { answerTenant } from "../tenant-answer.ts";
import { userOf } from "./user-of.ts";

const refusedOfTeams: ReasonTable = {
  model_aliases: "aliases are of keys, or of the config",
  guardrails: "guards are bound in the config, by models, teams and keys",
  policies: "guards are bound in the config, by models, teams and keys",
  prompts: "prompts are not stored",
  object_permission: "MCP servers, vector stores and agents are not served",
  allowed_passthrough_routes: "the vendors' other paths are not passed through",
  secret_manager_settings: "secrets come from the environment and from files",
  mcp_rpm_limit: "MCP servers are not served",
  team_member_budget: "members have no budgets in a team: give their keys budgets",
  team_member_budget_duration: "members have no budgets in a team: give their keys budgets",
  team_member_rpm_limit: "members have no limits in a team: give their keys limits",
  team_member_tpm_limit: "members have no limits in a team: give their keys limits",
  team_member_key_duration: "say the duration of each key",
  team_member_permissions: "admins of a team make keys for all, and members for themselves",
  default_estimated_output_tokens: "what an answer may take is estimated by itself",
  default_estimated_output_tokens_per_model: "what an answer may take is estimated by itself",
  allowed_vector_store_indexes: "vector stores are not served",
  enforced_batch_output_expires_after: "batches are not served",
  enforced_file_expires_after: "files are not served",
  access_group_ids: "there are no access groups: list models",
  router_settings: "a team has no routing of its own",
};

const warnedOfTeams: ReasonTable = {
  disable_global_guardrails: "guards are bound in the config, by models, teams and keys",
  rpm_limit_type: "limits are limits: what others may call changes nothing",
  tpm_limit_type: "limits are limits: what others may call changes nothing",
};

/** `POST /team/new`. */
export const newTeam: ServeManagement = async (call) => {
  const { members, services } = call;
  const wanted = wantedMembers(members);
  const id = members.text("team_id") ?? "";
  const { fields } = readTeam(call, undefined);
  const name = fields.name || id || `team-${call.engine.newId()}`;
  const made = await services.teams.createTeam({
    team: create(TeamSchema, { ...fields, name }),
    id,
  });
  const team = needed(made.team);
  for (const one of wanted) await addMember(call, team.id, one);
  return answerTeam(call, team);
};

/** `POST /team/update`. */
export const updateTeam: ServeManagement = async (call) => {
  const { members, services } = call;
  const before = await foundTeam(call, members.neededText("team_id"));
  const { fields, paths } = readTeam(call, before);
  const { id, etag } = before;
  const team = create(TeamSchema, { ...fields, id, etag });
  const changed =
    paths.length === 0
      ? before
      : needed((await services.teams.updateTeam({ team, updateMask: { paths } })).team);
  return { team_id: id, data: await answerTeam(call, changed) };
};

/** `POST /team/block` and `/team/unblock`. */
export const setTeamBlocked =
  (blocked: boolean): ServeManagement =>
  async (call) => {
    const { id } = await foundTeam(call, call.members.neededText("team_id"));
    const changed = await call.services.teams.updateTeam({
      team: { id, blocked },
      updateMask: { paths: ["blocked"] },
    });
    return answerTeam(call, needed(changed.team));
  };

/** `GET /team/info`. */
export const teamInfo: ServeManagement = async (call) => {
  const team = await foundTeam(call, call.members.neededText("team_id"));
  const keys = await keysOf(call, { team: team.id });
  return {
    team_id: team.id,
    team_info: await answerTeam(call, team),
    keys: await answerKeys(call, keys),
    team_memberships: [],
  };
};

/** `GET /team/list`: every team that the caller may see, or those of a user. */
export const listTeams: ServeManagement = async (call) => {
  const { members, services } = call;
  const user = members.text("user_id") ?? "";
  const organization = members.text("organization_id") ?? "";
  const teams = await everyPage(async (page) => {
    const found = await services.teams.listTeams({ ...page, organization, user });
    const { teams: items, nextPageToken } = found;
    return { items, nextPageToken };
  });
  const spent = await spentBy(call, "team", teams);
  const answers: WritableObject[] = [];
  for (const team of teams) {
    const joined = await membersOf(call, team.id);
    answers.push({ ...teamAnswer(team, joined), ...answerTenant(team, spent.get(team.id)) });
  }
  return answers;
};

/** `POST /team/member_add`: `member` is one of them, or a list. */
export const addMembers: ServeManagement = async (call) => {
  const { members } = call;
  refuseMembers(call, {
    max_budget_in_team: "members have no budgets in a team: give their keys budgets",
    allowed_models: "members have no models in a team: give their keys models",
  });
  const team = await foundTeam(call, members.neededText("team_id"));
  const wanted = Array.isArray(members.value("member"))
    ? members.records("member")
    : [members.within("member") ?? members];
  if (team.origin === ObjectOrigin.FILE)
    throw new GatewayError({
      reason: ErrorReason.OWNED_BY_FILE,
      message: `the team ${team.id} belongs to the config file, where teams have no members`,
      fields: [{ field: "team", message: "belongs to the config file" }],
    });
  const users: string[] = [];
  for (const one of (wanted ?? []).map(readMember)) users.push(await addMember(call, team.id, one));
  const added = users.map((id) => ({ user_id: id, teams: [team.id] }));
  return {
    ...(await answerTeam(call, team)),
    updated_users: added,
    updated_team_memberships: users.map((id) => ({ user_id: id, team_id: team.id })),
  };
};

/** `POST /team/member_delete`. */
export const deleteMember: ServeManagement = async (call) => {
  const team = await foundTeam(call, call.members.neededText("team_id"));
  const user = await userOf(call, call.members);
  await call.services.teams.removeTeamMember({ team: team.id, user: user.id });
  return answerTeam(call, team);
};

/** `POST /team/delete`: with the keys of the teams, as LiteLLM does it. */
export const deleteTeams: ServeManagement = async (call) => {
  const { members, services } = call;
  const named = members.texts("team_ids") ?? [];
  if (named.length === 0) throw wrong("team_ids", "name at least one team");
  if (named.length > maxDeleted) throw wrong("team_ids", `name at most ${maxDeleted} at once`);
  const teams: Team[] = [];
  for (const one of named) teams.push(await foundTeam(call, one));
  for (const { id } of teams) {
    for (const key of await keysOf(call, { team: id }))
      await services.keys.deleteKey({ id: key.id });
    await services.teams.deleteTeam({ id });
  }
  return { deleted_teams: teams.map(({ id }) => id) };
};

const maxDeleted = 100;

function readTeam(call: ManagementCall, before: Team | undefined) {
  const { members } = call;
  refuseMembers(call, refusedOfTeams);
  warnOf(call, warnedOfTeams);
  members.value("team_id");
  const tenant = readTenant(members, before ?? emptyTenant);
  const { limits, ...rest } = tenant.fields;
  const paths = [...tenant.paths];
  if (before === undefined || members.has("team_alias")) paths.push("name");
  if (members.has("tags")) paths.push("tags");
  if (members.has("blocked")) paths.push("blocked");
  const organization = members.text("organization_id") ?? "";
  if (before !== undefined && organization !== "" && organization !== before.organization)
    throw wrong("organization_id", "is fixed once a team is made");
  const fields = {
    ...rest,
    ...(limits === undefined ? {} : { limits }),
    name: members.text("team_alias") ?? before?.name ?? "",
    organization,
    tags: [...new Set(members.texts("tags") ?? [])],
    blocked: members.flag("blocked") ?? false,
  };
  return { fields, paths };
}

/** Members that a new team is to have, in any of LiteLLM's three ways to say so. */
function wantedMembers(members: ManagementMembers): readonly WantedMember[] {
  const ids = (name: string, role: string) =>
    (members.texts(name) ?? []).map((id) => new ManagementMembers({ user_id: id, role }));
  const wanted = [
    ...(members.records("members_with_roles") ?? []),
    ...ids("admins", "admin"),
    ...ids("members", "user"),
  ];
  return wanted.map(readMember);
}

/** A member that a request wants, with its role. */
interface WantedMember {
  readonly who: ManagementMembers;
  readonly role: Role;
}

function readMember(who: ManagementMembers): WantedMember {
  const role = who.text("role") ?? "user";
  if (role !== "user" && role !== "admin") throw wrong("role", "must be user or admin");
  return { who, role: role === "admin" ? Role.TEAM_ADMIN : Role.MEMBER };
}

/** Puts a user in a team; for an admin a user that there is not is made. Gives its id. */
async function addMember(
  call: ManagementCall,
  team: string,
  { who, role }: WantedMember,
): Promise<string> {
  const { id: user } = await userOf(call, who, true);
  await call.services.teams.setTeamMember({ team, user, role });
  return user;
}

/** A member of a team as LiteLLM says it. */
interface AnsweredMember extends WritableObject {
  readonly user_id: string;
  readonly role: "admin" | "user";
}

async function membersOf({ services }: ManagementCall, team: string) {
  const all = await everyPage(async (page) => {
    const { members, nextPageToken } = await listMembers(services, { ...page, team });
    return { items: members, nextPageToken };
  });
  return all.map(({ user, role }): AnsweredMember => {
    return { user_id: user, user_email: null, role: role === Role.TEAM_ADMIN ? "admin" : "user" };
  });
}

/** The members of a team; none of a team of the config file, which has keys alone. */
async function listMembers(
  { teams }: ManagementCall["services"],
  request: { readonly team: string; readonly pageSize: number; readonly pageToken: string },
) {
  try {
    return await teams.listTeamMembers(request);
  } catch (error) {
    const { reason } = error instanceof GatewayError ? error.fault : {};
    if (reason !== ErrorReason.OWNED_BY_FILE) throw error;
    return { members: [], nextPageToken: "" };
  }
}

/** The team of an id, or of a name that one alone has. */
async function foundTeam({ services }: ManagementCall, id: string): Promise<Team> {
  return needed((await services.teams.getTeam({ id })).team);
}

/** A team with its members and what it has spent. */
async function answerTeam(call: ManagementCall, team: Team): Promise<WritableObject> {
  const joined = await membersOf(call, team.id);
  const spent = await spentBy(call, "team", [team]);
  return { ...teamAnswer(team, joined), ...answerTenant(team, spent.get(team.id)) };
}

function teamAnswer(team: Team, joined: readonly AnsweredMember[]): WritableObject {
  const admins = joined.filter(({ role }) => role === "admin");
  return {
    team_id: team.id,
    team_alias: team.name,
    organization_id: orNull(team.organization),
    admins: admins.map(({ user_id }) => user_id),
    members: joined.map(({ user_id }) => user_id),
    members_with_roles: joined,
    tags: team.tags,
    model_id: null,
    litellm_model_table: null,
    team_member_permissions: [],
  };
}

/** All keys of a team or a user that the caller may see. */
export function keysOf(
  { services }: ManagementCall,
  place: { readonly team?: string; readonly user?: string },
): Promise<readonly Key[]> {
  return everyPage(async (page) => {
    const { keys, nextPageToken } = await services.keys.listKeys({ ...page, ...place });
    return { items: keys, nextPageToken };
  });
}
