import type { AdminCaller } from "../../edge/gateway-api.ts";
import type { AuditRow } from "../../store/audit/audit.ts";
import type { StoredPerson } from "../../store/erasure/person-hash.ts";
import { auditOf } from "../stored/audit-of.ts";

/** What the audit says of what an admin does with the data of a person, without naming it. */
export function personAudit(
  caller: AdminCaller,
  {
    action,
    person: { organizationId, teamId },
    nowMs,
    hash = "",
  }: {
    /** Such as `person.erase`. */
    readonly action: string;
    readonly person: StoredPerson;
    readonly nowMs: number;
    /** The hash of the person. Default: it is added later. */
    readonly hash?: string;
  },
): AuditRow {
  const after = hash === "" ? "" : JSON.stringify({ person_hash: hash });
  const row = auditOf(caller, { action, kind: "person", id: hash, before: "", after, nowMs });
  return { ...row, organization_id: organizationId, team_id: teamId };
}
