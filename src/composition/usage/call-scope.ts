import { timestampMs } from "@bufbuild/protobuf/wkt";
import { Role } from "../../../gen/parlance/access/v1/access_pb.js";
import type { CallFilter as FilterMessage } from "../../../gen/parlance/admin/v1/call_filter_pb.js";
import { CallStatus } from "../../../gen/parlance/admin/v1/usage_pb.js";
import { ErrorReason } from "../../../gen/parlance/error/v1/error_reason_pb.js";
import type { CallerAccess } from "../../core/caller/caller-access.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import type { LedgerRow } from "../../core/ledger/ledger-row.ts";
import type { SpendViewer } from "../../edge/spend-reader.ts";
import type { CallFilter, CallScope } from "../../store/ledger/call-filter.ts";

/** A filter as the store takes it. */
export function filterOf(filter: FilterMessage): CallFilter {
  const { startTime, endTime, statuses } = filter;
  return {
    ...(startTime === undefined ? {} : { fromMs: timestampMs(startTime) }),
    ...(endTime === undefined ? {} : { toMs: timestampMs(endTime) }),
    ...listsOf(filter, listNames),
    ...(statuses.length === 0 ? {} : { statuses: statuses.map((one) => statusNames[one]) }),
  };
}

const listNames = [
  "organizations",
  "teams",
  "users",
  "keys",
  "models",
  "providers",
  "targets",
  "endUsers",
  "sessions",
  "operations",
  "tags",
  "callIds",
  "arms",
  "rules",
  "reasons",
] as const;

/** The lists that name something; an empty one means all. */
export function listsOf<Name extends string>(
  from: Readonly<Record<Name, readonly string[]>>,
  names: readonly Name[],
): Partial<Record<Name, readonly string[]>> {
  const lists: Partial<Record<Name, readonly string[]>> = {};
  for (const name of names) if (from[name].length > 0) lists[name] = from[name];
  return lists;
}

const statusNames: Readonly<Record<CallStatus, LedgerRow["status"]>> = {
  [CallStatus.UNSPECIFIED]: "whole",
  [CallStatus.WHOLE]: "whole",
  [CallStatus.BROKEN]: "broken",
  [CallStatus.LEFT]: "left",
};

/**
 * Whose calls a caller may see: those of the organizations and teams that its roles are in, of its
 * user, and of its key. Undefined: everybody's. Throws PERMISSION_DENIED where a caller who may see
 * its own alone asks for those of other `keys`, which `field` names.
 */
export function scopeOf(
  { access, name }: SpendViewer,
  keys: readonly string[],
  field: string,
): { readonly within?: CallScope } {
  const { grants, keyId } = access;
  if (grants.some(seesAll)) return {};
  const within = placesOf(access);
  const isAlone = within.organizations.length + within.teams.length + within.users.length === 0;
  if (!isAlone || keys.every((key) => key === keyId)) return { within };
  throw new GatewayError({
    reason: ErrorReason.PERMISSION_DENIED,
    message: `key ${name} may see its own calls only: leave out ${field}, or use the admin key`,
  });
}

function seesAll({ role, organizationId, teamId }: CallerAccess["grants"][number]): boolean {
  const everywhere = organizationId === undefined && teamId === undefined;
  return role === Role.ADMIN || (role === Role.VIEWER && everywhere);
}

const seeingRoles: ReadonlySet<Role> = new Set([
  Role.ADMIN,
  Role.ORGANIZATION_ADMIN,
  Role.TEAM_ADMIN,
  Role.VIEWER,
]);

/** Members of a team see their own calls, not those of others in it. */
function placesOf({ grants, userId, keyId }: CallerAccess): CallScope {
  const seeing = grants.filter(({ role }) => seeingRoles.has(role));
  return {
    organizations: seeing.flatMap(({ organizationId, teamId }) =>
      organizationId === undefined || teamId !== undefined ? [] : [organizationId],
    ),
    teams: seeing.flatMap(({ teamId }) => teamId ?? []),
    users: userId === "" ? [] : [userId],
    keys: [keyId],
  };
}

/** Whether a filter and a scope have a call in them; the times of the filter are not looked at. */
export function isSeen(row: LedgerRow, filter: CallFilter): boolean {
  const { within, tags, rules, statuses } = filter;
  const lists: readonly (readonly [readonly string[] | undefined, string])[] = [
    [filter.organizations, row.organization],
    [filter.teams, row.team],
    [filter.users, row.user],
    [filter.keys, row.key],
    [filter.models, row.model],
    [filter.providers, row.provider],
    [filter.targets, row.target],
    [filter.endUsers, row.endUser],
    [filter.sessions, row.session],
    [filter.operations, row.operation],
    [filter.callIds, row.callId],
    [filter.arms, row.arm],
    [filter.reasons, row.reason],
    [statuses, row.status],
  ];
  return (
    lists.every(([values, value]) => values === undefined || values.includes(value)) &&
    (tags === undefined || row.tags.some((tag) => tags.includes(tag))) &&
    (rules === undefined || row.rules.some((rule) => rules.includes(rule))) &&
    (within === undefined || isWithin(row, within))
  );
}

function isWithin(row: LedgerRow, { organizations, teams, users, keys }: CallScope): boolean {
  return (
    organizations.includes(row.organization) ||
    teams.includes(row.team) ||
    users.includes(row.user) ||
    keys.includes(row.key)
  );
}
