import { Role } from "../../../gen/parlance/access/v1/access_pb.js";

/** A role, and where it holds. Neither an organization nor a team: everywhere. */
export interface Grant {
  readonly role: Role;
  readonly organizationId?: string;
  readonly teamId?: string;
}

/** What a caller may do over the admin services. */
export interface CallerAccess {
  readonly grants: readonly Grant[];
  /** The id of the key. */
  readonly keyId: string;
  /** The user whose key it is; "" for nobody's. */
  readonly userId: string;
}

/** Where an object is. */
export interface ObjectPlace {
  readonly kind: string;
  readonly id: string;
  readonly organizationId: string;
  readonly teamId: string;
  readonly userId: string;
}

/** Whether a caller may see an object. */
export function maySee(access: CallerAccess, place: ObjectPlace): boolean {
  if (isOwn(access, place)) return true;
  return access.grants.some(({ role, organizationId, teamId }) => {
    if (role === Role.CONTENT_READER) return false;
    if (teamId !== undefined) return inTeam(role, teamId, place);
    if (organizationId !== undefined) return organizationOf(place) === organizationId;
    return role === Role.ADMIN || role === Role.VIEWER;
  });
}

/** Whether a caller administers an object, so that it may change all of it. */
export function mayManage({ grants }: CallerAccess, place: ObjectPlace): boolean {
  return grants.some((grant) => covers(grant, place));
}

/** Whether the object is the caller's own: its key, itself, or a key of the same user. */
export function isOwn({ keyId, userId }: CallerAccess, place: ObjectPlace): boolean {
  if (place.kind === "key") return place.id === keyId || (userId !== "" && place.userId === userId);
  return place.kind === "user" && userId !== "" && place.id === userId;
}

/** Whether what `other` may do is a part of what `access` may do, so that it may be handed out. */
export function mayGrant(access: CallerAccess, other: CallerAccess): boolean {
  if (other.grants.length === 0) return true;
  return other.grants.every(({ role, organizationId, teamId }) =>
    access.grants.some((own) => {
      if (own.role === Role.ADMIN) return true;
      if (role === Role.CONTENT_READER)
        return mayReadContent(access, {
          organizationId: organizationId ?? "",
          teamId: teamId ?? "",
        });
      if (own.role === Role.CONTENT_READER) return false;
      const sameTeam = own.teamId !== undefined && own.teamId === teamId;
      const inOrganization =
        own.teamId === undefined &&
        own.organizationId !== undefined &&
        own.organizationId === organizationId;
      return (sameTeam || inOrganization) && rankOf(own.role) >= rankOf(role);
    }),
  );
}

/** Where a caller may read what was said in calls; undefined: everywhere. */
export function contentPlaces({
  grants,
}: CallerAccess):
  | { readonly organizations: readonly string[]; readonly teams: readonly string[] }
  | undefined {
  const reading = grants.filter(({ role }) => role === Role.CONTENT_READER);
  const isEverywhere = reading.some(
    ({ organizationId, teamId }) => organizationId === undefined && teamId === undefined,
  );
  if (isEverywhere) return undefined;
  return {
    teams: reading.flatMap(({ teamId }) => teamId ?? []),
    organizations: reading.flatMap(({ organizationId, teamId }) =>
      organizationId === undefined || teamId !== undefined ? [] : [organizationId],
    ),
  };
}

/** Whether a caller may read what was said in the calls of a team or an organization. */
export function mayReadContent(
  access: CallerAccess,
  { organizationId, teamId }: Pick<ObjectPlace, "organizationId" | "teamId">,
): boolean {
  const places = contentPlaces(access);
  if (places === undefined) return true;
  if (teamId !== "" && places.teams.includes(teamId)) return true;
  return organizationId !== "" && places.organizations.includes(organizationId);
}

/** Teams are of one organization, so that a grant there says both. */
function covers({ role, organizationId, teamId }: Grant, place: ObjectPlace): boolean {
  switch (role) {
    case Role.ADMIN:
      return true;
    case Role.ORGANIZATION_ADMIN:
      return (
        organizationId !== undefined &&
        place.kind !== "organization" &&
        place.organizationId === organizationId
      );
    case Role.TEAM_ADMIN:
      return (
        teamId !== undefined &&
        (place.kind === "key" || place.kind === "member") &&
        place.teamId === teamId
      );
    case Role.MEMBER:
    case Role.VIEWER:
    case Role.CONTENT_READER:
    case Role.UNSPECIFIED:
      return false;
  }
}

function inTeam(role: Role, teamId: string, place: ObjectPlace): boolean {
  if (place.kind === "team") return place.id === teamId;
  if (place.kind === "key" && role === Role.MEMBER) return false;
  return place.teamId === teamId && place.kind !== "user";
}

function organizationOf({ kind, id, organizationId }: ObjectPlace): string {
  return kind === "organization" ? id : organizationId;
}

function rankOf(role: Role): number {
  return role === Role.UNSPECIFIED ? 0 : 10 - role;
}
