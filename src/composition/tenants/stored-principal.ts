import { Role } from "../../../gen/parlance/access/v1/access_pb.js";
import { type Key, KeyKind } from "../../../gen/parlance/admin/v1/key_pb.js";
import { Priority } from "../../../gen/parlance/config/v1/queue_pb.js";
import type { Settings } from "../../config/settings.ts";
import type { Principal } from "../../core/call.ts";
import type { CallerAccess, Grant } from "../../core/caller/caller-access.ts";
import { priorityNumbers } from "../../core/caller/priority-of.ts";
import type { Tenant } from "../../core/caller/tenant.ts";
import { createNameSet, type NameSet } from "../../core/names/name-pattern.ts";
import { readParameters } from "../../core/rules/read-parameters.ts";
import type { DirectoryRow } from "../../store/directory/directory-row.ts";
import type { Directory } from "./directory.ts";
import { messageOf, roleOf } from "./object-messages.ts";
import { tenantOf } from "./tenant-bounds.ts";

/** What a principal is made of. */
export interface PrincipalSources {
  readonly directory: Directory;
  readonly settings: () => Pick<Settings, "teams">;
}

/** Who calls with a key of the store. Its name is the id of the key: no two have the same. */
export function principalOfStored(
  { directory, settings }: PrincipalSources,
  row: DirectoryRow,
): Principal {
  const key = messageOf("key", row);
  const above = tenantsAbove(directory, row);
  const fileTeam = settings().teams.get(row.teamId);
  const tenants = [tenantOf(directory, "key", row, key), ...above.tenants];
  if (fileTeam !== undefined) tenants.push(fileTeam);
  const models = everyOf([key.models, ...above.models]);
  const targets = everyOf([key.targets, key.providers.map((name) => `${name}/*`)]);
  const tags = [...new Set([...key.tags, ...above.tags])];
  const access = accessOfStored(directory, row);
  return {
    name: row.id,
    ...(row.teamId === "" ? undefined : { team: teamName(directory, row.teamId) }),
    tenants,
    ...(tags.length === 0 ? undefined : { tags }),
    admin: access.grants.some(({ role }) => role === Role.ADMIN),
    access,
    models,
    ...(targets === undefined ? undefined : { targets }),
    ...operationsOf(key),
    ...routingOf(key),
    ...defaultsOf(key),
    strict: key.strict,
    ...(key.guardrails.length === 0 ? undefined : { guards: key.guardrails }),
  };
}

/** What a key of the store may do over the admin services. */
export function accessOfStored(directory: Directory, row: DirectoryRow): CallerAccess {
  const { id: keyId, userId, subtype } = row;
  const all = userId === "" ? grantsOfPlace(row) : grantsOfUser(directory, userId);
  const reads = all.filter(({ role }) => role === Role.CONTENT_READER);
  switch (subtype) {
    case "admin":
      return { grants: all, keyId, userId };
    case "read_only": {
      const others = all.filter(({ role }) => role !== Role.CONTENT_READER);
      const grants = others.map((grant) => ({ ...grant, role: Role.VIEWER }));
      return { grants, keyId, userId };
    }
    case "content_reader":
      return { grants: reads, keyId, userId };
    default:
      return { grants: [], keyId, userId: "" };
  }
}

/** What a user may do everywhere, in its organization, and in its teams. */
export function grantsOfUser(directory: Directory, userId: string): readonly Grant[] {
  const user = directory.get("user", userId);
  if (user === undefined || user.blocked) return [];
  const role = roleOf(user.role);
  const grants: Grant[] = directory
    .membershipsOf(userId)
    .map((member) => ({ role: roleOf(member.role), teamId: member.teamId }));
  const own = { role, ...(user.organizationId && { organizationId: user.organizationId }) };
  if (role !== Role.UNSPECIFIED) grants.push(role === Role.ADMIN ? { role } : own);
  return grants;
}

/** A key that is nobody's administers what it belongs to, or reads what was said there. */
function grantsOfPlace({ organizationId, teamId, subtype }: DirectoryRow): readonly Grant[] {
  if (subtype === "content_reader") {
    const role = Role.CONTENT_READER;
    if (teamId !== "") return [{ role, teamId }];
    return [organizationId === "" ? { role } : { role, organizationId }];
  }
  if (teamId !== "") return [{ role: Role.TEAM_ADMIN, teamId }];
  if (organizationId !== "") return [{ role: Role.ORGANIZATION_ADMIN, organizationId }];
  return [{ role: Role.ADMIN }];
}

/** How rules, queues and caches know a team: its name, in an organization after that of this. */
function teamName(directory: Directory, teamId: string): string {
  const team = directory.get("team", teamId);
  if (team === undefined) return teamId;
  const organization = directory.get("organization", team.organizationId);
  return `${organization?.name ?? ""}/${team.name}`;
}

interface Above {
  readonly tenants: readonly Tenant[];
  readonly models: readonly (readonly string[])[];
  readonly tags: readonly string[];
}

function tenantsAbove(directory: Directory, row: DirectoryRow): Above {
  const user = directory.get("user", row.userId);
  const team = directory.get("team", row.teamId);
  const organization = directory.get("organization", row.organizationId);
  const tenants: Tenant[] = [];
  const models: (readonly string[])[] = [];
  let tags: readonly string[] = [];
  if (user !== undefined) {
    const message = messageOf("user", user);
    tenants.push(kept(directory, user, () => tenantOf(directory, "user", user, message)));
    models.push(message.models);
  }
  if (team !== undefined) {
    const message = messageOf("team", team);
    tenants.push(kept(directory, team, () => tenantOf(directory, "team", team, message)));
    models.push(message.models);
    tags = message.tags;
  }
  if (organization !== undefined) {
    const message = messageOf("organization", organization);
    tenants.push(
      kept(directory, organization, () =>
        tenantOf(directory, "organization", organization, message),
      ),
    );
    models.push(message.models);
  }
  return { tenants, models, tags };
}

/** The same tenant for all keys below it, until it changes. */
function kept({ tenants }: Directory, row: DirectoryRow, make: () => Tenant): Tenant {
  const known = tenants.get(row);
  if (known !== undefined) return known;
  const made = make();
  tenants.set(row, made);
  return made;
}

/** What all lists allow that are not empty; undefined where none says anything. */
function everyOf(lists: readonly (readonly string[])[]): NameSet | undefined {
  const sets = lists.filter((list) => list.length > 0).map((list) => createNameSet(list));
  const [first] = sets;
  if (sets.length <= 1) return first;
  return { has: (name) => sets.every((set) => set.has(name)) };
}

function operationsOf({ kind, operations }: Key): Pick<Principal, "operations"> | undefined {
  if (kind === KeyKind.READ_ONLY || kind === KeyKind.CONTENT_READER)
    return { operations: new Set() };
  return operations.length === 0 ? undefined : { operations: new Set(operations) };
}

/** They were checked when the key was written. */
function defaultsOf({ defaultParametersJson }: Key): Pick<Principal, "defaults"> | undefined {
  const defaults = readParameters(defaultParametersJson);
  return typeof defaults === "string" || defaults.length === 0 ? undefined : { defaults };
}

function routingOf({ modelAliases, labels, queueWeight, priority }: Key): Partial<Principal> {
  return {
    ...(Object.keys(modelAliases).length === 0
      ? undefined
      : { aliases: new Map(Object.entries(modelAliases)) }),
    ...(Object.keys(labels).length === 0 ? undefined : { labels: { ...labels } }),
    ...(queueWeight === undefined ? undefined : { queueWeight }),
    ...(priority === Priority.UNSPECIFIED ? undefined : { priority: priorityNumbers[priority] }),
  };
}
