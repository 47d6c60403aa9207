import type { AdminCaller } from "../../edge/gateway-api.ts";
import type { AuditRow } from "../../store/audit/audit.ts";
import { timeOrderedId } from "../time-ordered-id.ts";

/** A change of something that belongs to the whole gateway, without secrets. */
export interface GatewayChange {
  /** What was done, such as `model.create`. */
  readonly action: string;
  readonly kind: string;
  readonly id: string;
  /** JSON; "": it was not there. */
  readonly before: string;
  /** JSON; "": it is gone. */
  readonly after: string;
  readonly nowMs: number;
}

/** What the audit says of a change. */
export function auditOf(
  { access, name, address, requestId }: AdminCaller,
  { action, kind, id, before, after, nowMs }: GatewayChange,
): AuditRow {
  return {
    id: timeOrderedId(nowMs),
    at_ms: BigInt(nowMs),
    actor_id: access.userId === "" ? access.keyId : access.userId,
    actor_name: name,
    address,
    request_id: requestId,
    action,
    object_kind: kind,
    object_id: id,
    organization_id: "",
    team_id: "",
    before_json: before,
    after_json: after,
  };
}
