import { create } from "@bufbuild/protobuf";
import { timestampFromMs, timestampMs } from "@bufbuild/protobuf/wkt";
import { type AuditEntry, AuditEntrySchema } from "../../../gen/parlance/admin/v1/audit_pb.js";
import type { ListAuditEntriesRequest } from "../../../gen/parlance/admin/v1/audit_service_pb.js";
import { type CallerAccess, mayManage } from "../../core/caller/caller-access.ts";
import { invalidField } from "../../core/faults/fault.ts";
import { GatewayError } from "../../core/faults/gateway-error.ts";
import type { TenantAdmin } from "../../edge/gateway-api.ts";
import type { AuditQuery, AuditRow } from "../../store/audit/audit.ts";
import { defaultPageSize, type ObjectAdmin } from "./object-admin.ts";

/** The methods of AuditService. */
export function auditMethods({ options, objects }: ObjectAdmin): TenantAdmin["audit"] {
  const { directory, store } = options;

  /** One more than a page, so that it is known whether there is another. */
  async function read(access: CallerAccess, query: AuditQuery): Promise<readonly AuditRow[]> {
    const found: AuditRow[] = [];
    let { before } = query;
    for (;;) {
      const rows = await store.request("audit.page", { ...query, before });
      for (const row of rows) if (mayManage(access, placeOf(row))) found.push(row);
      before = rows.at(-1);
      if (rows.length < query.limit || found.length > query.limit) return found;
    }
  }

  return {
    async listAuditEntries(request, { access }) {
      await directory.catchUp();
      const { organization, team, pageSize } = request;
      const organizationId = objects.idOf("organization", organization, access, "organization");
      const teamId = objects.idOf("team", team, access, "team");
      const limit = pageSize === 0 ? defaultPageSize : pageSize;
      const query: AuditQuery = {
        limit,
        before: placeOfToken(request.pageToken),
        ...(organizationId !== "" && { organizationId }),
        ...(teamId !== "" && { teamId }),
        ...filtersOf(request),
      };
      const found = await read(access, query);
      const page = found.slice(0, limit);
      const last = page.at(-1);
      const nextPageToken =
        found.length > limit && last !== undefined ? `${last.at_ms}/${last.id}` : "";
      return { entries: page.map(entryOf), nextPageToken };
    },
  };
}

function filtersOf(request: ListAuditEntriesRequest): Partial<AuditQuery> {
  const { objectKind, objectId, actor, since, until } = request;
  return {
    ...(objectKind !== "" && { objectKind }),
    ...(objectId !== "" && { objectId }),
    ...(actor !== "" && { actorId: actor }),
    ...(since && { fromMs: timestampMs(since) }),
    ...(until && { toMs: timestampMs(until) }),
  };
}

function placeOfToken(token: string): AuditQuery["before"] {
  if (token === "") return undefined;
  const [, atMs = "", id = ""] = /^(\d{1,15})\/(.{1,512})$/.exec(token) ?? [];
  if (atMs === "") throw new GatewayError(invalidField("page_token", "must be that of an answer"));
  return { at_ms: BigInt(atMs), id };
}

/** Team admins see what became of keys and members, and not of the team itself. */
function placeOf(row: AuditRow) {
  return {
    kind: row.object_kind,
    id: row.object_id,
    organizationId: row.organization_id,
    teamId: row.team_id,
    userId: "",
  };
}

/** An entry of the audit as a message. */
export function entryOf(row: AuditRow): AuditEntry {
  return create(AuditEntrySchema, {
    id: row.id,
    at: timestampFromMs(Number(row.at_ms)),
    actor: row.actor_id,
    actorName: row.actor_name,
    address: row.address,
    requestId: row.request_id,
    action: row.action,
    objectKind: row.object_kind,
    objectId: row.object_id,
    organization: row.organization_id,
    team: row.team_id,
    beforeJson: row.before_json,
    afterJson: row.after_json,
  });
}
