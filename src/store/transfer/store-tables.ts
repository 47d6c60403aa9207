/** A table as it is taken from one store to another. */
export interface TransferTable {
  readonly name: string;
  /** What its rows are unique by, in the order in which they are read. */
  readonly key: readonly string[];
}

const bucket = ["grain", "dimension", "bucket_ms", "value"];
const tenant = ["organization_id", "team_id", "user_id", "key_id"];

/** All tables, but those that say something about one store or its gateways. */
export const transferTables: readonly TransferTable[] = [
  { name: "organizations", key: ["id"] },
  { name: "teams", key: ["id"] },
  { name: "users", key: ["id"] },
  { name: "memberships", key: ["user_id", "organization_id", "team_id"] },
  { name: "keys", key: ["id"] },
  { name: "budgets", key: ["id"] },
  { name: "end_users", key: ["id"] },
  { name: "config_objects", key: ["kind", "name"] },
  { name: "config_versions", key: ["number"] },
  { name: "audit", key: ["id"] },
  { name: "settings", key: ["name"] },
  { name: "rollups", key: bucket },
  { name: "tenant_rollups", key: [...bucket, ...tenant] },
  { name: "calls", key: ["call_id"] },
  { name: "attempts", key: ["call_id", "number"] },
  { name: "cost_revisions", key: ["call_id", "number", "revision"] },
  { name: "content_erasures", key: ["id"] },
  { name: "content_keys", key: ["id"] },
  { name: "content", key: ["call_id"] },
  { name: "erasures", key: ["id"] },
  { name: "erased_persons", key: ["hash"] },
];

/** Tables that stay where they are. */
export const ownTables: readonly string[] = ["schema_versions", "job_locks", "directory_changes"];
