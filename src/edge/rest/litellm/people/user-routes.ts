import { create } from "@bufbuild/protobuf";
import { Role } from "../../../../../gen/parlance/access/v1/access_pb.js";
import { KeySchema } from "../../../../../gen/parlance/admin/v1/key_pb.js";
import type { Team } from "../../../../../gen/parlance/admin/v1/team_pb.js";
import { type User, UserSchema } from "../../../../../gen/parlance/admin/v1/user_pb.js";
import { ErrorReason } from "../../../../../gen/parlance/error/v1/error_reason_pb.js";
import { GatewayError } from "../../../../core/faults/gateway-error.ts";
import type { JsonObject } from "../../../../json/json.ts";
import type { WritableObject } from "../../../../json/write.ts";
import { spentBy } from "../budgets/pointed-budgets.ts";
import { everyPage } from "../every-page.ts";
import { answerKeys, answerOneKey, orNull } from "../key-answer.ts";
import { needed } from "../key-routes.ts";
import type { ManagementCall, ReasonTable, ServeManagement } from "../management-call.ts";
import { refuseMembers, warnOf } from "../management-call.ts";
import { splitMetadata } from "../members/kept-members.ts";
import { readKey } from "../members/key-fields.ts";
import { ManagementMembers, wrong } from "../members/management-members.ts";
import { pageOf } from "../members/page-of.ts";
import { emptyTenant, readTenant } from "../members/tenant-members.ts";
import { answerTenant } from "../tenant-answer.ts";
import { keysOf } from "./team-routes.ts";

const refusedOfUsers: ReasonTable = {
  password: "there are no pages to sign in to",
  spend: "is read from the ledger and cannot be set",
  object_permission: "MCP servers, vector stores and agents are not served",
  allowed_cache_controls: "what callers say of the cache is for the config of a model",
  policies: "guards are bound in the config, by models, teams and keys",
};

const warnedOfUsers: ReasonTable = {
  send_invite_email: "no mail is sent",
  sso_user_id: "claims of tokens are read as `identity` of the config says",
};

/** `POST /user/new`: with a key, unless `auto_create_key` is false. */
export const newUser: ServeManagement = async (call) => {
  const { members, services } = call;
  const withKey = members.flag("auto_create_key") ?? true;
  const joins = wantedTeams(members);
  const teams: Team[] = [];
  for (const { id } of joins) teams.push(needed((await services.teams.getTeam({ id })).team));
  const { fields } = readUser(call, undefined);
  const id = members.text("user_id") ?? "";
  const name = fields.name || id || fields.email || `user-${call.engine.newId()}`;
  const key = withKey ? keyOfUser(call, id) : undefined;
  const user = needed(
    (await services.users.createUser({ user: create(UserSchema, { ...fields, name }), id })).user,
  );
  for (const [at, { role }] of joins.entries())
    await services.teams.setTeamMember({ team: teams[at]?.id ?? "", user: user.id, role });
  const answer = await answerUser(call, user);
  if (key === undefined) return answer;
  const wanted = create(KeySchema, { ...key, user: user.id, organization: user.organization });
  const made = await services.keys.createKey({ key: wanted, sha256Id: true });
  const shown = await answerOneKey(call, needed(made.key));
  return { ...shown, ...answer, key: made.value, token_id: made.key?.id ?? "" };
};

/** `GET /user/info`: of a user, or of whoever asks. */
export const userInfo: ServeManagement = async (call) => {
  const { members, caller, services } = call;
  const named = members.text("user_id") ?? caller.access.userId;
  if (named === "") return { user_id: null, user_info: null, keys: [], teams: [] };
  const user = needed((await services.users.getUser({ id: named })).user);
  const keys = await keysOf(call, { user: user.id });
  const teams = await teamsOf(call, user.id);
  return {
    user_id: user.id,
    user_info: await answerUser(call, user, teams),
    keys: await answerKeys(call, keys),
    teams: teams.map(({ id, name }) => ({ team_id: id, team_alias: name })),
  };
};

/** `GET /user/list`. */
export const listUsers: ServeManagement = async (call) => {
  const { members, services } = call;
  warnOf(call, {
    role: "users of every role are listed",
    user_ids: "all users are listed: ask /user/info about one",
    sort_by: "users are in the order of their ids",
    sort_order: "users are in the order of their ids",
    sso_user_ids: "is not known here",
  });
  const page = pageOf(members, { size: "page_size", usual: 25, max: 1_000 });
  const { users, totalSize } = await services.users.listUsers({
    ...page.request,
    email: members.text("user_email") ?? "",
    team: members.text("team") ?? "",
    organization: members.text("organization_id") ?? "",
  });
  const spent = await spentBy(call, "user", users);
  const { total_pages, current_page } = page.answer(totalSize);
  const answers: WritableObject[] = [];
  for (const user of users) {
    const joined = await teamsOf(call, user.id);
    answers.push({ ...userAnswer(user, joined), ...answerTenant(user, spent.get(user.id)) });
  }
  return {
    users: answers,
    total: totalSize,
    page: current_page,
    page_size: page.request.pageSize,
    total_pages,
  };
};

/** `POST /user/update`. */
export const updateUser: ServeManagement = async (call) => {
  const { members, services } = call;
  const before = await foundUser(call);
  const { fields, paths: named } = readUser(call, before);
  // An address that says who is meant is not a new one.
  const byEmail = (members.text("user_id") ?? "") === "";
  const paths = byEmail ? named.filter((path) => path !== "email") : named;
  const { id, etag } = before;
  const user = create(UserSchema, { ...fields, id, etag });
  const changed =
    paths.length === 0
      ? before
      : needed((await services.users.updateUser({ user, updateMask: { paths } })).user);
  return { user_id: id, data: await answerUser(call, changed) };
};

/** `POST /user/delete`: with the keys of the users, as LiteLLM does it. */
export const deleteUsers: ServeManagement = async (call) => {
  const { members, services } = call;
  const named = members.texts("user_ids") ?? [];
  if (named.length === 0) throw wrong("user_ids", "name at least one user");
  if (named.length > maxDeleted) throw wrong("user_ids", `name at most ${maxDeleted} at once`);
  const users: User[] = [];
  for (const id of named) users.push(needed((await services.users.getUser({ id })).user));
  for (const { id } of users) {
    for (const key of await keysOf(call, { user: id }))
      await services.keys.deleteKey({ id: key.id });
    await services.users.deleteUser({ id });
  }
  return users.length;
};

const maxDeleted = 100;

/** LiteLLM's roles. Those of an internal user are in its teams. */
const roles: Readonly<Record<string, Role>> = {
  proxy_admin: Role.ADMIN,
  proxy_admin_viewer: Role.VIEWER,
  internal_user: Role.UNSPECIFIED,
  internal_user_viewer: Role.UNSPECIFIED,
};

function readUser(call: ManagementCall, before: User | undefined) {
  const { members } = call;
  refuseMembers(call, refusedOfUsers);
  warnOf(call, warnedOfUsers);
  const role = members.text("user_role");
  const known = role === undefined ? Role.UNSPECIFIED : roles[role];
  if (known === undefined)
    throw wrong("user_role", `must be one of ${Object.keys(roles).join(", ")}`);
  const kept: JsonObject = members.has("user_role") ? { user_role: role ?? null } : {};
  const tenant = readTenant(members, before ?? emptyTenant, kept);
  const { limits, ...rest } = tenant.fields;
  const paths = [...tenant.paths];
  if (members.has("user_alias")) paths.push("name");
  if (members.has("user_email")) paths.push("email");
  if (members.has("user_role")) paths.push("role");
  if (members.has("blocked")) paths.push("blocked");
  const fields = {
    ...rest,
    ...(limits === undefined ? {} : { limits }),
    name: members.text("user_alias") ?? before?.name ?? "",
    email: members.text("user_email") ?? "",
    role: known,
    organization: organizationOf(members),
    blocked: members.flag("blocked") ?? false,
  };
  return { fields, paths };
}

function organizationOf(members: ManagementMembers): string {
  const [first = "", another] = members.texts("organizations") ?? [];
  if (another !== undefined)
    throw wrong("organizations", "a user is in one organization: name one");
  return members.text("organization_id") ?? first;
}

/** The key that a new user gets. What bounds the user bounds the key already. */
function keyOfUser(call: ManagementCall, userId: string) {
  const { members } = call;
  const names = [
    "key_alias",
    "duration",
    "aliases",
    "team_id",
    "guardrails",
    "allowed_routes",
    "key_type",
  ];
  const said = names.flatMap((name) => {
    const value = members.value(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  const own = new ManagementMembers({ ...Object.fromEntries(said), user_id: userId || "new" });
  const { user: _, ...key } = readKey({ ...call, members: own }).key;
  return key;
}

/** `teams` are ids, or say a role beside. */
function wantedTeams(members: ManagementMembers) {
  const value = members.value("teams");
  if (value === undefined) return [];
  if (Array.isArray(value) && value.every((one) => typeof one === "string"))
    return (members.texts("teams") ?? []).map((id) => ({ id, role: Role.MEMBER }));
  return (members.records("teams") ?? []).map((team) => {
    if (team.saysSomething("max_budget_in_team"))
      throw wrong("teams.max_budget_in_team", "members have no budgets in a team");
    const admin = team.text("user_role") === "admin";
    return { id: team.neededText("team_id"), role: admin ? Role.TEAM_ADMIN : Role.MEMBER };
  });
}

async function foundUser({ members, services }: ManagementCall): Promise<User> {
  const id = members.text("user_id") ?? "";
  if (id !== "") return needed((await services.users.getUser({ id })).user);
  const email = members.text("user_email") ?? "";
  if (email === "") throw wrong("user_id", "say a user_id, or a user_email");
  const { users } = await services.users.listUsers({ email, pageSize: 2 });
  const [only, another] = users;
  if (another !== undefined)
    throw wrong("user_email", "several users have this address: say a user_id");
  if (only !== undefined) return only;
  const message = `there is no user with the address ${email} that you may see`;
  throw new GatewayError({
    reason: ErrorReason.NOT_FOUND,
    message,
    fields: [{ field: "user_email", message }],
  });
}

/** The teams of a user that the caller may see. */
function teamsOf({ services }: ManagementCall, user: string): Promise<readonly Team[]> {
  return everyPage(async (page) => {
    const { teams: items, nextPageToken } = await services.teams.listTeams({ ...page, user });
    return { items, nextPageToken };
  });
}

async function answerUser(
  call: ManagementCall,
  user: User,
  teams?: readonly Team[],
): Promise<WritableObject> {
  const spent = await spentBy(call, "user", [user]);
  const joined = teams ?? (await teamsOf(call, user.id));
  return { ...userAnswer(user, joined), ...answerTenant(user, spent.get(user.id)) };
}

function userAnswer(user: User, teams: readonly Team[]): WritableObject {
  const { user_role: role = null } = splitMetadata(user.metadataJson).kept;
  const isName = user.name !== user.id && user.name !== user.email;
  return {
    user_id: user.id,
    user_alias: isName ? user.name : null,
    user_email: orNull(user.email),
    user_role: role ?? roleText(user.role),
    teams: teams.map(({ id }) => id),
    organization_id: orNull(user.organization),
    model_spend: {},
    sso_user_id: null,
  };
}

function roleText(role: Role): string {
  if (role === Role.ADMIN) return "proxy_admin";
  if (role === Role.ORGANIZATION_ADMIN) return "org_admin";
  return role === Role.VIEWER ? "proxy_admin_viewer" : "internal_user";
}
