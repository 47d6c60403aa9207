import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Role } from "../../../../../gen/parlance/access/v1/access_pb.js";
import { type Key, KeyKind } from "../../../../../gen/parlance/admin/v1/key_pb.js";
import type { JsonObject } from "../../../../json/json.ts";
import type { ManagementCall, ReasonTable } from "../management-call.ts";
import { refuseMembers, warnOf } from "../management-call.ts";
import { endOf } from "./litellm-duration.ts";
import { type ManagementMembers, wrong } from "./management-members.ts";
import { type RouteChoice, routesOf } from "./route-groups.ts";
import { emptyTenant, readTenant } from "./tenant-members.ts";

/** What a request may say of a key. */
export type KeyParts = Partial<Omit<Key, "$typeName" | "$unknown">>;

/** A key as a request wants it, and the fields that it names. */
export interface WantedKey {
  readonly key: KeyParts;
  readonly paths: readonly string[];
}

const noGuardrails = "guards are bound in the config, by models, teams and keys";

/** What keys of LiteLLM have and ours have not, with why. */
export const refusedOfKeys: ReasonTable = {
  tag_rpm_limit: "limits by tag are in the config, under limits with tags",
  tpd_limit: "limits of tokens are for a minute: set tpm_limit",
  mcp_rpm_limit: "MCP servers are not served",
  budget_fallbacks: "a key has no fallbacks of its own: models have, in the config",
  throttle_on_budget_exceeded: "what is over a budget is refused",
  spend: "is read from the ledger and cannot be set",
  config: "a key has no config of its own",
  router_settings: "a key has no routing of its own",
  permissions: "permissions of LiteLLM are not known here: set key_type, allowed_routes or models",
  policies: noGuardrails,
  prompts: "prompts are not stored",
  object_permission: "MCP servers, vector stores and agents are not served",
  allowed_cache_controls: "what callers say of the cache is for the config of a model",
  enforced_params: "rules of the config refuse calls without a member",
  allowed_passthrough_routes: "the vendors' other paths are not passed through",
  denied_passthrough_routes: "the vendors' other paths are not passed through",
  allowed_vector_store_indexes: "vector stores are not served",
  access_group_ids: "there are no access groups: list models",
  agent_id: "agents are not served",
  project_id: "there are no projects: use teams",
  auto_rotate: "keys are rotated when somebody asks: call /key/regenerate",
  rotation_interval: "keys are rotated when somebody asks: call /key/regenerate",
  default_estimated_output_tokens: "what an answer may take is estimated by itself",
  default_estimated_output_tokens_per_model: "what an answer may take is estimated by itself",
  end_user_budget_id: "end users have budgets of their own: say budget_id in /customer/new",
};

const warnedOfKeys: ReasonTable = {
  send_invite_email: "no mail is sent",
  disable_global_guardrails: noGuardrails,
  enable_prompt_caching: "prompt_cache of a model says so, in the config",
  rpm_limit_type: "limits are limits: what others may call changes nothing",
  tpm_limit_type: "limits are limits: what others may call changes nothing",
};

/** Reads the members of a key. `before`: the key that changes; absent for a new one. */
export function readKey(call: ManagementCall, before?: Key): WantedKey {
  const { members } = call;
  refuseMembers(call, refusedOfKeys);
  warnOf(call, warnedOfKeys);
  const route = readRoutes(call, before);
  const tenant = readTenant(members, before ?? emptyTenant, route.kept);
  const paths = [...tenant.paths, ...route.paths];
  const { limits, ...rest } = tenant.fields;
  const key = { ...rest, ...(limits && { limits }), ...route.key };
  for (const read of [readPlace, readNames, readExpiry]) {
    const part = read(call);
    Object.assign(key, part.key);
    for (const path of part.paths) paths.push(path);
  }
  return { key, paths };
}

/** A text that is taken away by null. */
function textPart(
  members: ManagementMembers,
  rows: readonly (readonly [string, string, string])[],
) {
  const key: Record<string, string> = {};
  const paths: string[] = [];
  for (const [member, field, path] of rows)
    if (members.has(member)) {
      key[field] = members.text(member) ?? "";
      paths.push(path);
    }
  return { key, paths };
}

function readPlace({ members }: ManagementCall): WantedKey {
  return textPart(members, [
    ["team_id", "team", "team"],
    ["user_id", "user", "user"],
    ["organization_id", "organization", "organization"],
    ["key_alias", "alias", "alias"],
  ]);
}

/** Aliases, tags, guardrails, and whether it is blocked. */
function readNames({ members, warnings }: ManagementCall): WantedKey {
  const key: KeyParts = {};
  const paths: string[] = [];
  if (members.has("aliases")) {
    key.modelAliases = { ...members.textMap("aliases") };
    paths.push("model_aliases");
  }
  const tags = members.has("tags") ? members : members.within("metadata");
  if (tags?.has("tags") === true) {
    key.tags = [...new Set(tags.texts("tags") ?? [])];
    paths.push("tags");
  }
  if (members.has("guardrails")) {
    key.guardrails = [...new Set(members.texts("guardrails") ?? [])];
    paths.push("guardrails");
    if (key.guardrails.length > 0)
      warnings.push("guardrails: calls of the key fail where the config has no guard of a name");
  }
  if (members.has("blocked")) {
    key.blocked = members.flag("blocked") ?? false;
    paths.push("blocked");
  }
  return { key, paths };
}

/** `duration` counts from now; `-1` and null are for ever. `expires` is the time itself. */
function readExpiry({ members, engine }: ManagementCall): WantedKey {
  if (!members.has("duration") && !members.has("expires")) return { key: {}, paths: [] };
  const duration = members.text("duration") ?? "";
  const forEver = duration === "" || duration === "-1";
  const expires = members.time("expires");
  const endMs = forEver ? expires : endOf("duration", duration, engine.nowUnixS() * 1_000);
  const key = endMs === undefined ? {} : { expiresAt: timestampFromMs(endMs) };
  return { key, paths: ["expires_at"] };
}

/** What a key is for, and which paths it may call. */
function readRoutes(
  call: ManagementCall,
  before: Key | undefined,
): WantedKey & { readonly kept: JsonObject } {
  const { members } = call;
  const names = members.texts("allowed_routes") ?? [];
  return before === undefined ? firstRoutes(call, names) : changedRoutes(members, names);
}

function firstRoutes(call: ManagementCall, names: readonly string[]) {
  const type = call.members.text("key_type") ?? "default";
  const choice = routesOf(names, type);
  const kept: JsonObject = {
    ...(names.length === 0 ? {} : { allowed_routes: [...names] }),
    ...(type === "default" ? {} : { key_type: type }),
  };
  const key = { routes: [...choice.routes], kind: kindOf(call, choice) };
  return { key, paths: ["routes"], kept };
}

function changedRoutes(members: ManagementMembers, names: readonly string[]) {
  if (members.has("key_type")) throw wrong("key_type", "is fixed once a key is made");
  if (!members.has("allowed_routes")) return { key: {}, paths: [], kept: {} };
  const key = { routes: [...routesOf(names, "default").routes] };
  const kept: JsonObject = { allowed_routes: names.length === 0 ? null : [...names] };
  return { key, paths: ["routes"], kept };
}

/**
 * Keys of LiteLLM may do what their user may do. Here a key does so where whoever makes it may hand
 * that out: an admin, or the user itself.
 */
function kindOf({ members, caller: { access } }: ManagementCall, { use }: RouteChoice): KeyKind {
  const user = members.text("user_id") ?? "";
  const team = members.text("team_id") ?? "";
  if (use === "calls") return KeyKind.INFERENCE;
  if (use === "reads") {
    if (user === "" && team === "")
      throw wrong("user_id", "a key that reads belongs to a user or a team: name one of them");
    return KeyKind.READ_ONLY;
  }
  const mayHandOut =
    user !== "" &&
    (user === access.userId || access.grants.some(({ role }) => role === Role.ADMIN));
  if (use === "manages" && user === "" && team === "")
    throw wrong("user_id", "a key that manages belongs to a user or a team: name one of them");
  return use === "manages" || mayHandOut ? KeyKind.ADMIN : KeyKind.INFERENCE;
}
