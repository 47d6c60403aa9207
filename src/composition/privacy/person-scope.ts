import { Role } from "../../../gen/parlance/access/v1/access_pb.js";
import type { Person } from "../../../gen/parlance/admin/v1/privacy_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import { type CallerAccess, mayManage } from "../../core/caller/caller-access.ts";
import { invalidField } from "../../core/faults/fault.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import type { AdminCaller } from "../../edge/gateway-api.ts";
import type { StoredPerson } from "../../store/erasure/person-hash.ts";
import type { ObjectAdmin } from "../tenants/object-admin.ts";
import { denied, isAdmin } from "../tenants/object-rules.ts";
import { notFound } from "../tenants/object-store.ts";

/**
 * Who is meant, and in which calls, as far as the caller administers them. Throws INVALID_REQUEST,
 * NOT_FOUND and PERMISSION_DENIED.
 */
export async function personOf(
  admin: ObjectAdmin,
  person: Person | undefined,
  { access }: AdminCaller,
): Promise<StoredPerson> {
  await admin.options.directory.catchUp();
  const { who, organization = "", team = "" } = person ?? {};
  switch (who?.case) {
    case "user":
      if (organization !== "" || team !== "")
        throw wrong("is of end users: a user is erased in all of its calls");
      return userOf(admin, who.value, access);
    case "endUser":
      if (organization !== "" && team !== "")
        throw wrong("leave it out beside team, which is of one organization");
      return {
        kind: "end_user",
        name: who.value,
        ...scopeOf(admin, { organization, team }, access),
      };
    case undefined:
      throw new GatewayError(invalidField("person", "say user or end_user"));
  }
}

/** A caller who does not administer the whole gateway sees what is of these, by id. */
export function ownPlaces(
  { options }: ObjectAdmin,
  { grants }: CallerAccess,
): { readonly organizations: readonly string[]; readonly teams: readonly string[] } {
  const organizations = grants.flatMap(({ role, organizationId }) =>
    role === Role.ORGANIZATION_ADMIN && organizationId !== undefined ? [organizationId] : [],
  );
  const ofOrganizations = options.directory
    .all("team")
    .flatMap((team) => (organizations.includes(team.organizationId) ? [team.id] : []));
  const teams = grants.flatMap(({ role, teamId }) =>
    role === Role.TEAM_ADMIN && teamId !== undefined ? [teamId] : [],
  );
  return { organizations, teams: [...teams, ...ofOrganizations] };
}

function userOf({ options }: ObjectAdmin, id: string, access: CallerAccess): StoredPerson {
  const row = options.directory.get("user", id);
  // Of one that is gone nobody knows any more where it was.
  if (row === undefined ? !isAdmin(access) : !mayManage(access, row))
    throw notFound("user", id, "person.user");
  return { kind: "user", name: id, organizationId: row?.organizationId ?? "", teamId: "" };
}

function scopeOf(
  admin: ObjectAdmin,
  { organization, team }: { readonly organization: string; readonly team: string },
  access: CallerAccess,
): Pick<StoredPerson, "organizationId" | "teamId"> {
  const { objects } = admin;
  const organizationId = objects.idOf("organization", organization, access, "person.organization");
  const teamId = objects.idOf("team", team, access, "person.team");
  if (isAdmin(access)) return { organizationId, teamId };
  const own = ownPlaces(admin, access);
  if (organizationId !== "") {
    if (own.organizations.includes(organizationId)) return { organizationId, teamId: "" };
    throw denied("you do not administer this organization");
  }
  if (teamId !== "") {
    if (own.teams.includes(teamId)) return { organizationId: "", teamId };
    throw denied("you do not administer this team");
  }
  const [first, ...more] = own.organizations;
  if (first !== undefined && more.length === 0) return { organizationId: first, teamId: "" };
  const [only, ...others] = own.teams;
  if (first === undefined && only !== undefined && others.length === 0)
    return { organizationId: "", teamId: only };
  throw wrong("say which, or team: you administer several");
}

function wrong(message: string): GatewayError {
  return new GatewayError(invalidField("person.organization", message));
}

/** The refusal of a request key that was used for somebody else. */
export function usedKey(): GatewayError {
  const message = "was used to erase another person: choose another";
  return new GatewayError({
    reason: ErrorReason.ALREADY_EXISTS,
    message: `idempotency_key ${message}`,
    fields: [{ field: "idempotency_key", message }],
  });
}
