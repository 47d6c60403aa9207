import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { Role } from "../../../gen/parlance/access/v1/access_pb.js";
import { type TeamMember, TeamMemberSchema } from "../../../gen/parlance/admin/v1/team_pb.js";
import { mayManage } from "../../core/caller/caller-access.ts";
import { invalidField } from "../../core/faults/fault.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import type { AdminCaller, TenantAdmin } from "../../edge/gateway-api.ts";
import { type DirectoryRow, directoryRow, memberId } from "../../store/directory/directory-row.ts";
import { defaultPageSize, type ListQuery, type ObjectAdmin, required } from "./object-admin.ts";
import { roleOf, roleText } from "./object-messages.ts";
import { denied, refuseContentReader } from "./object-rules.ts";
import { notFound } from "./object-store.ts";

const memberRoles: readonly Role[] = [
  Role.TEAM_ADMIN,
  Role.MEMBER,
  Role.VIEWER,
  Role.CONTENT_READER,
];

/** The methods of TeamService. */
export function teamMethods(admin: ObjectAdmin): TenantAdmin["teams"] {
  const { directory, wallMs } = admin.options;
  const { objects } = admin;

  return {
    createTeam: async ({ team, id }, caller) => ({
      team: await admin.create("team", required(team), caller, { id }),
    }),
    getTeam: async ({ id }, caller) => ({ team: await admin.get("team", id, caller) }),
    async listTeams({ organization, user, ...page }, caller) {
      await directory.catchUp();
      const inOrganization = admin.inOrganization(organization, caller);
      const joined = new Set(directory.membershipsOf(user).map(({ teamId }) => teamId));
      const fits: ListQuery["fits"] = (place) =>
        inOrganization(place) && (user === "" || joined.has(place.id));
      const query = { ...page, fits };
      const { found, ...rest } = await admin.list("team", query, caller);
      return { teams: found, ...rest };
    },
    updateTeam: async ({ team, updateMask }, caller) => ({
      team: await admin.update("team", { wanted: required(team), mask: updateMask }, caller),
    }),
    async deleteTeam(request, caller) {
      await admin.delete("team", request, caller);
      return {};
    },
    async setTeamMember(request, caller) {
      await directory.catchUp();
      const role = request.role === Role.UNSPECIFIED ? Role.MEMBER : request.role;
      if (!memberRoles.includes(role))
        throw new GatewayError(
          invalidField("role", "must be TEAM_ADMIN, MEMBER, VIEWER or CONTENT_READER"),
        );
      const place = memberPlace(request, caller, admin);
      if (role === Role.CONTENT_READER) refuseContentReader(caller.access, place);
      const before = directory.get("member", place.id);
      const createdMs = before?.createdMs ?? wallMs();
      const row = { ...place, role: roleText(role), createdMs };
      const states = before === undefined ? { after: row } : { before, after: row };
      await objects.write([{ row, how: "update" }], caller, { action: "member.set", ...states });
      return { member: memberOf(row) };
    },
    async removeTeamMember(request, caller) {
      await directory.catchUp();
      const before = directory.get("member", memberPlace(request, caller, admin).id);
      if (before === undefined) throw notFound("member", request.user, "user");
      const write = { row: before, how: "delete" } as const;
      await objects.write([write], caller, { action: "member.remove", before });
      return {};
    },
    async listTeamMembers({ team, pageSize, pageToken }, caller) {
      await directory.catchUp();
      const { id } = objects.find("team", team, caller.access, "team");
      const all = membersOf(admin, id).filter(({ userId }) => userId > pageToken);
      const size = pageSize === 0 ? defaultPageSize : pageSize;
      const page = all.slice(0, size);
      const nextPageToken = all.length > size ? (page.at(-1)?.userId ?? "") : "";
      return { members: page.map(memberOf), nextPageToken };
    },
  };
}

/** Where a member is or will be, whose team the caller administers. */
function memberPlace(
  { team, user }: { readonly team: string; readonly user: string },
  { access }: AdminCaller,
  { objects, options: { directory } }: ObjectAdmin,
): DirectoryRow {
  const { id: teamId, organizationId } = objects.find("team", team, access, "team");
  const place = directoryRow({ kind: "member", id: "", teamId, organizationId });
  if (!mayManage(access, place)) throw denied("you may not change the members of this team");
  // Who administers a team adds users of its organization by their ids, which are not shown.
  const known = directory.get("user", user);
  const who =
    known?.organizationId === organizationId ? known : objects.find("user", user, access, "user");
  if (who.organizationId !== organizationId)
    throw new GatewayError(invalidField("user", "belongs to another organization than the team"));
  const member = { ...place, userId: who.id };
  return { ...member, id: memberId(member) };
}

/** The members of a team, by the id of the user. */
function membersOf({ options: { directory } }: ObjectAdmin, team: string): readonly DirectoryRow[] {
  return directory
    .all("member")
    .filter(({ teamId }) => teamId === team)
    .sort((one, other) => (one.userId < other.userId ? -1 : 1));
}

function memberOf({ teamId, userId, role, createdMs }: DirectoryRow): TeamMember {
  return create(TeamMemberSchema, {
    team: teamId,
    user: userId,
    role: roleOf(role),
    createdAt: timestampFromMs(createdMs),
  });
}
