import { Role } from "../../../../gen/parlance/access/v1/access_pb.js";
import type { Check } from "../../../core/check.ts";
import { GatewayError } from "../../../core/faults/gateway-error.ts";
import {
  type DirectoryKind,
  type DirectoryRow,
  directoryRow,
  memberId,
} from "../../../store/directory/directory-row.ts";
import { roleText } from "../../tenants/object-messages.ts";
import { withBudget } from "./fit-row.ts";
import { isImportedId } from "./import-names.ts";
import type { ImportNotes } from "./import-notes.ts";
import {
  type LitellmRow,
  type LitellmSource,
  type LitellmTable,
  membersOfRow,
  textOf,
} from "./litellm-rows.ts";
import type { ObjectWriter } from "./object-writer.ts";
import {
  endUserRow,
  keyRow,
  organizationRow,
  type RowWorld,
  teamRow,
  userRow,
} from "./tenant-rows.ts";

/** What tenants are imported with. */
export interface TenantImport {
  readonly source: LitellmSource;
  readonly writer: ObjectWriter;
  readonly notes: ImportNotes;
  readonly check: Check;
  readonly nowMs: number;
}

/** The kinds of objects that are imported, beside members of teams. */
type ImportedKind = Exclude<DirectoryKind, "member" | "budget">;

/** What was imported, with what each has spent by LiteLLM's count, as a decimal text. */
export interface ImportedTenant {
  readonly row: DirectoryRow;
  readonly spend: string;
}

/** Keys of sessions of LiteLLM's pages, which nobody calls with. */
const pagesTeam = "litellm-dashboard";

const tables = {
  budgets: { name: "LiteLLM_BudgetTable", key: ["budget_id"] },
  organizations: { name: "LiteLLM_OrganizationTable", key: ["organization_id"] },
  organizationMembers: {
    name: "LiteLLM_OrganizationMembership",
    key: ["user_id", "organization_id"],
  },
  teams: { name: "LiteLLM_TeamTable", key: ["team_id"] },
  teamMembers: { name: "LiteLLM_TeamMembership", key: ["user_id", "team_id"] },
  users: { name: "LiteLLM_UserTable", key: ["user_id"] },
  keys: { name: "LiteLLM_VerificationToken", key: ["token"] },
  oldKeys: { name: "LiteLLM_DeprecatedVerificationToken", key: ["token"] },
  endUsers: { name: "LiteLLM_EndUserTable", key: ["user_id"] },
  tags: { name: "LiteLLM_TagTable", key: ["tag_name"] },
  projects: { name: "LiteLLM_ProjectTable", key: ["project_id"] },
} as const satisfies Readonly<Record<string, LitellmTable>>;

/** Imports organizations, teams, users, who is in which team, and keys. `take` gets each. */
export async function importTenants(
  options: TenantImport,
  take: (tenant: ImportedTenant) => void,
): Promise<void> {
  const known = await readPlaces(options);
  const importer = new TenantImporter(options, known, take);
  for await (const row of options.source.rows(tables.organizations))
    await importer.import("organization", "organization_id", row);
  await options.writer.flush();
  for await (const row of options.source.rows(tables.teams))
    await importer.import("team", "team_id", row);
  await options.writer.flush();
  for await (const row of options.source.rows(tables.users))
    await importer.import("user", "user_id", row);
  await options.writer.flush();
  await importer.members();
  await options.writer.flush();
  for await (const row of options.source.rows(tables.keys))
    await importer.import("key", "token", row);
  await options.writer.flush();
  for await (const row of options.source.rows(tables.endUsers))
    if (isBounded(row)) await importer.import("end_user", "user_id", row);
  await options.writer.flush();
  await noteOthers(options);
}

/** LiteLLM has a row for everybody whom a call was for; those without bounds need none here. */
function isBounded(row: LitellmRow): boolean {
  const bounds = ["budget_id", "allowed_model_region", "default_model"];
  return row.get("blocked") === "true" || bounds.some((column) => textOf(row, column) !== "");
}

/** Where things are, which must be known before the first is written. */
interface Places {
  readonly budgets: ReadonlyMap<string, LitellmRow>;
  /** The organization of each team that there is. */
  readonly teams: ReadonlyMap<string, string>;
  /** The organization of each user, where all of it is in one. */
  readonly users: Map<string, string>;
  /** Users that administer an organization. */
  readonly organizationAdmins: ReadonlySet<string>;
  /** The members of teams: user, team and whether it administers that. */
  readonly members: readonly (readonly [user: string, team: string, admin: boolean])[];
  readonly oldKeys: ReadonlyMap<string, readonly [hash: string, untilMs: number]>;
}

async function readPlaces(options: TenantImport): Promise<Places> {
  const { source } = options;
  const budgets = new Map<string, LitellmRow>();
  for await (const row of source.rows(tables.budgets)) budgets.set(textOf(row, "budget_id"), row);
  const teams = new Map<string, string>();
  const members: (readonly [string, string, boolean])[] = [];
  for await (const row of source.rows(tables.teams)) {
    const team = textOf(row, "team_id");
    teams.set(team, textOf(row, "organization_id"));
    for (const [user, admin] of membersIn(row)) members.push([user, team, admin]);
  }
  await noteMemberBudgets(options);
  const { organizations, organizationAdmins } = await organizationsOfUsers(source);
  for (const [user, team] of members) joinIn(organizations, user, teams.get(team) ?? "");
  const users = new Map<string, string>();
  for (const [user, joined] of organizations) {
    const [only = "", another] = joined;
    if (another === undefined) users.set(user, only);
  }
  return { budgets, teams, users, organizationAdmins, members, oldKeys: await oldKeysOf(source) };
}

async function noteMemberBudgets({ source, notes }: TenantImport): Promise<void> {
  const message = "members have no budgets in a team: give their keys budgets";
  const note = { kind: "member", member: "budget_id", outcome: "lost", message } as const;
  for await (const row of source.rows(tables.teamMembers))
    if (row.has("budget_id")) notes.add(note, textOf(row, "user_id"));
}

/** The organizations that users are in by themselves, and who administers one. */
async function organizationsOfUsers(source: LitellmSource) {
  const organizations = new Map<string, Set<string>>();
  const organizationAdmins = new Set<string>();
  for await (const row of source.rows(tables.organizationMembers)) {
    const user = textOf(row, "user_id");
    joinIn(organizations, user, textOf(row, "organization_id"));
    if (textOf(row, "user_role") === "org_admin") organizationAdmins.add(user);
  }
  for await (const row of source.rows(tables.users)) {
    const organization = textOf(row, "organization_id");
    if (organization !== "") joinIn(organizations, textOf(row, "user_id"), organization);
  }
  return { organizations, organizationAdmins };
}

function joinIn(organizations: Map<string, Set<string>>, user: string, organization: string): void {
  const joined = organizations.get(user) ?? new Set<string>();
  organizations.set(user, joined.add(organization));
}

async function oldKeysOf(source: LitellmSource): Promise<Places["oldKeys"]> {
  const old = new Map<string, readonly [string, number]>();
  for await (const row of source.rows(tables.oldKeys)) {
    const untilMs = membersOfRow(row).time("revoke_at") ?? 0;
    old.set(textOf(row, "active_token_id"), [`sha256:${textOf(row, "token")}`, untilMs]);
  }
  return old;
}

/** The users of a team, and whether each administers it. */
function membersIn(row: LitellmRow): ReadonlyMap<string, boolean> {
  const members = membersOfRow(row);
  const joined = new Map<string, boolean>();
  const value = members.value("members_with_roles");
  const records = Array.isArray(value) ? (members.records("members_with_roles") ?? []) : [];
  for (const one of records) {
    const user = one.text("user_id") ?? "";
    if (user !== "") joined.set(user, one.text("role") === "admin");
  }
  for (const user of members.texts("members") ?? []) if (!joined.has(user)) joined.set(user, false);
  for (const user of members.texts("admins") ?? []) joined.set(user, true);
  return joined;
}

class TenantImporter {
  readonly #options: TenantImport;
  readonly #places: Places;
  readonly #take: (tenant: ImportedTenant) => void;
  /** The ids of those that are here now, by their kind. */
  readonly #here = {
    organization: new Set<string>(),
    team: new Set<string>(),
    user: new Set<string>(),
  };

  constructor(options: TenantImport, places: Places, take: (tenant: ImportedTenant) => void) {
    this.#options = options;
    this.#places = places;
    this.#take = take;
  }

  /** Imports an object, or notes why it cannot be. */
  async import(kind: ImportedKind, column: string, row: LitellmRow): Promise<void> {
    const { writer } = this.#options;
    const id = textOf(row, column);
    const why = this.#unusable(kind, id, row);
    if (why !== undefined) return this.#skip(kind, id, why);
    try {
      const made = this.#rowOf(kind, withBudget(row, this.#places.budgets), id);
      if (kind !== "key" && kind !== "end_user") this.#here[kind].add(id);
      this.#take({ row: made, spend: row.get("spend") ?? "0" });
      await writer.write(made);
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      this.#skip(kind, id, error.message);
    }
  }

  /** Imports who is in which team. */
  async members(): Promise<void> {
    const { nowMs, writer } = this.#options;
    for (const [userId, teamId, admin] of this.#places.members) {
      const organizationId = this.#organizationOfTeam(teamId);
      const id = `${userId} in ${teamId}`;
      if (!this.#here.team.has(teamId) || !this.#here.user.has(userId)) {
        this.#skip("member", id, "the user or the team is not there");
        continue;
      }
      if (this.#organizationOfUser(userId) !== organizationId) {
        this.#skip("member", id, "the user is in teams of several organizations, or of none");
        continue;
      }
      const role = roleText(admin ? Role.TEAM_ADMIN : Role.MEMBER);
      const place = { kind: "member", userId, teamId, organizationId, role } as const;
      const member = directoryRow({ ...place, id: "", createdMs: nowMs });
      await writer.write({ ...member, id: memberId(member) });
    }
  }

  #unusable(kind: string, id: string, row: LitellmRow): string | undefined {
    if (kind !== "end_user" && !isImportedId(id))
      return "its id has characters that ids have not here";
    if (kind !== "key") return undefined;
    if (textOf(row, "team_id") === pagesTeam) return "is of a session of LiteLLM's pages";
    return /^[0-9a-f]{64}$/.test(id) ? undefined : "its token is no SHA-256";
  }

  #rowOf(kind: ImportedKind, row: LitellmRow, id: string): DirectoryRow {
    const { check, nowMs, notes } = this.#options;
    const world: RowWorld = {
      check,
      nowMs,
      note: (member, outcome, message) =>
        notes.add({ kind: kind.replace("_", " "), member, outcome, message }, id),
    };
    switch (kind) {
      case "organization":
        return organizationRow(row, world);
      case "team":
        return teamRow(row, this.#organizationOfTeam(id), world);
      case "user": {
        const organization = this.#organizationOfUser(id);
        const isOrganizationAdmin = organization !== "" && this.#places.organizationAdmins.has(id);
        return userRow(row, { organization, isOrganizationAdmin }, world);
      }
      case "key":
        return this.#keyOf(row, id, world);
      case "end_user":
        return endUserRow(row, world);
    }
  }

  #keyOf(row: LitellmRow, id: string, world: RowWorld): DirectoryRow {
    const wanted = { team: textOf(row, "team_id"), user: textOf(row, "user_id") };
    const team = this.#here.team.has(wanted.team) ? wanted.team : "";
    if (team !== wanted.team)
      world.note("team_id", "changed", "there is no such team: it has none");
    const ofTeam = team === "" ? undefined : this.#organizationOfTeam(team);
    const isHere = this.#here.user.has(wanted.user);
    const ofUser = isHere ? this.#organizationOfUser(wanted.user) : undefined;
    const fits = ofTeam === undefined || ofUser === undefined || ofTeam === ofUser;
    const user = isHere && fits ? wanted.user : "";
    if (user !== wanted.user)
      world.note(
        "user_id",
        "changed",
        isHere
          ? "is in another organization than the team: it has none"
          : "is not there: it has none",
      );
    const named = textOf(row, "organization_id");
    const own = this.#here.organization.has(named) ? named : "";
    const organization = ofTeam ?? (user === "" ? own : (ofUser ?? ""));
    const made = keyRow(row, { organization, team, user }, world);
    const [previousHash = "", previousUntilMs = 0] = this.#places.oldKeys.get(id) ?? [];
    return { ...made, previousHash, previousUntilMs };
  }

  #organizationOfTeam(team: string): string {
    const named = this.#places.teams.get(team) ?? "";
    return this.#here.organization.has(named) ? named : "";
  }

  #organizationOfUser(user: string): string {
    const named = this.#places.users.get(user) ?? "";
    return this.#here.organization.has(named) ? named : "";
  }

  #skip(kind: string, id: string, message: string): void {
    const { notes } = this.#options;
    const words = kind.replace("_", " ");
    notes.count(words, "skipped");
    notes.add({ kind: words, member: "", outcome: "lost", message }, id);
  }
}

/** Notes what nothing stands for. */
async function noteOthers({ source, notes }: TenantImport): Promise<void> {
  const others = [
    ["tag", tables.tags, "tag_name", "limits and budgets of tags are in the config"],
    ["project", tables.projects, "project_id", "there are no projects: use teams"],
  ] as const;
  for (const [kind, table, column, message] of others)
    for await (const row of source.rows(table)) {
      if (!row.has("budget_id") && row.get("blocked") !== "true" && kind !== "project") continue;
      notes.count(kind, "skipped");
      notes.add({ kind, member: "", outcome: "lost", message }, textOf(row, column));
    }
}
