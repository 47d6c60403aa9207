import type { CreateTableBuilder, Kysely } from "kysely";
import type { Tables } from "../engine/tables.ts";

/** Tenants, their keys, the audit, the ledger with its sums, and what gateways agree on. */
export async function firstTables(db: Kysely<Tables>): Promise<void> {
  await createDirectory(db);
  await createAudit(db);
  await createLedger(db);
  await createRollups(db);
  await createAgreements(db);
}

/** A table whose name and columns are known as texts only. */
type Table = CreateTableBuilder<string, string>;

function texts(table: Table, names: readonly string[]): Table {
  return names.reduce(
    (made, name) => made.addColumn(name, "text", (column) => column.notNull().defaultTo("")),
    table,
  );
}

function integers(table: Table, names: readonly string[]): Table {
  return names.reduce(
    (made, name) => made.addColumn(name, "bigint", (column) => column.notNull().defaultTo(0)),
    table,
  );
}

/** Integers that may be unknown. */
function maybeIntegers(table: Table, names: readonly string[]): Table {
  return names.reduce((made, name) => made.addColumn(name, "bigint"), table);
}

function objects(db: Kysely<Tables>, name: string, more: readonly string[]): Table {
  const table = db.schema
    .createTable(name)
    .addColumn("id", "text", (column) => column.primaryKey().notNull())
    .addColumn("name", "text", (column) => column.notNull());
  const withTexts = texts(table, ["settings_json", "metadata_json", ...more]);
  return integers(withTexts, ["blocked", "created_ms", "updated_ms", "version"]);
}

async function createDirectory(db: Kysely<Tables>): Promise<void> {
  await objects(db, "organizations", []).execute();
  await unique(db, "organizations", ["name"]);
  await objects(db, "teams", ["organization_id"]).execute();
  await unique(db, "teams", ["organization_id", "name"]);
  await objects(db, "users", ["organization_id", "email", "kind", "role"]).execute();
  await index(db, "users", ["organization_id", "name"]);
  await index(db, "users", ["email"]);
  const member = ["user_id", "organization_id", "team_id"];
  await integers(texts(db.schema.createTable("memberships"), [...member, "role"]), ["created_ms"])
    .addPrimaryKeyConstraint("memberships_key", member)
    .execute();
  await index(db, "memberships", ["team_id"]);
  const tenants = ["organization_id", "team_id", "user_id"];
  const keys = objects(db, "keys", [...tenants, "kind", "hint", "previous_hash"]).addColumn(
    "hash",
    "text",
    (column) => column.notNull().unique(),
  );
  await integers(keys, ["previous_until_ms", "expires_ms", "last_used_ms"]).execute();
  for (const tenant of tenants) await index(db, "keys", [tenant, "id"]);
  await index(db, "keys", ["previous_hash"]);
  await index(db, "keys", ["name"]);
}

async function createAudit(db: Kysely<Tables>): Promise<void> {
  const table = db.schema
    .createTable("audit")
    .addColumn("id", "text", (column) => column.primaryKey().notNull());
  const who = ["actor_id", "actor_name", "address", "request_id"];
  const what = ["action", "object_kind", "object_id", "organization_id", "team_id"];
  const all = texts(table, [...who, ...what, "before_json", "after_json"]);
  await integers(all, ["at_ms"]).execute();
  await index(db, "audit", ["at_ms", "id"]);
  await index(db, "audit", ["object_kind", "object_id", "at_ms"]);
}

const tenantIds = ["organization_id", "team_id", "user_id", "key_id"];
const tokens = [
  "input_tokens",
  "cache_read_tokens",
  "cache_write_tokens",
  "output_tokens",
  "reasoning_tokens",
];

async function createLedger(db: Kysely<Tables>): Promise<void> {
  const calls = db.schema
    .createTable("calls")
    .addColumn("call_id", "text", (column) => column.primaryKey().notNull());
  const who = [...tenantIds, "principal", "end_user", "session", "tags_json"];
  const how = ["operation", "client_dialect", "client_address", "config_hash"];
  const where = ["model", "target", "provider", "answered_model", "arm", "rules_json"];
  const ends = ["status", "reason", "cache", "usage_json", "cost_json"];
  const counts = ["ended_ms", "stream", "attempt_count", "estimated"];
  const sums = ["cache_saved_nano_usd", "hedge_waste_nano_usd"];
  const times = ["duration_us", "overhead_us", "queued_us"];
  const known = integers(texts(calls, [...who, ...how, ...where, ...ends]), [
    ...counts,
    ...sums,
    ...times,
  ]);
  await maybeIntegers(known, [...tokens, "cost_nano_usd", "first_token_us"]).execute();
  await index(db, "calls", ["ended_ms", "call_id"]);
  for (const id of tenantIds) await index(db, "calls", [id, "ended_ms", "call_id"]);

  const attempts = db.schema
    .createTable("attempts")
    .addColumn("call_id", "text", (column) => column.notNull());
  const of = ["target", "provider", "answered_model", "dialect", "why", "status", "reason"];
  const marks = ["hedged", "wasted", "continues", "estimated", "duration_us"];
  const texted = texts(attempts, [...of, "usage_json", "cost_json"]);
  const numbered = integers(texted, ["number", "ended_ms", "http_status", ...marks]);
  await maybeIntegers(numbered, [...tokens, "cost_nano_usd", "first_token_us"])
    .addPrimaryKeyConstraint("attempts_key", ["call_id", "number"])
    .execute();
}

const sums = [
  "calls",
  "failed_calls",
  "left_calls",
  "cached_calls",
  "unpriced_calls",
  ...tokens,
  "cost_nano_usd",
  "cache_saved_nano_usd",
  "hedge_waste_nano_usd",
  "duration_us",
  "first_token_us",
  "first_token_calls",
];

async function createRollups(db: Kysely<Tables>): Promise<void> {
  const place = ["grain", "dimension", "bucket_ms", "value"];
  const named = texts(db.schema.createTable("rollups"), ["grain", "dimension", "value"]);
  await integers(named, ["bucket_ms", ...sums])
    .addPrimaryKeyConstraint("rollups_key", place)
    .execute();
  const owned = texts(db.schema.createTable("tenant_rollups"), [
    "grain",
    "dimension",
    "value",
    ...tenantIds,
  ]);
  await integers(owned, ["bucket_ms", ...sums])
    .addPrimaryKeyConstraint("tenant_rollups_key", [...place, ...tenantIds])
    .execute();
  for (const id of tenantIds)
    await index(db, "tenant_rollups", [id, "grain", "dimension", "bucket_ms"]);
}

async function createAgreements(db: Kysely<Tables>): Promise<void> {
  const locks = db.schema
    .createTable("job_locks")
    .addColumn("name", "text", (column) => column.primaryKey().notNull());
  await integers(texts(locks, ["holder"]), ["expires_ms", "finished_ms"]).execute();
  const settings = db.schema
    .createTable("settings")
    .addColumn("name", "text", (column) => column.primaryKey().notNull());
  await integers(texts(settings, ["value_json"]), ["updated_ms"]).execute();
}

async function index(db: Kysely<Tables>, table: string, columns: string[]): Promise<void> {
  await db.schema
    .createIndex(`${table}_by_${columns.join("_")}`)
    .on(table)
    .columns(columns)
    .execute();
}

async function unique(db: Kysely<Tables>, table: string, columns: string[]): Promise<void> {
  await db.schema
    .createIndex(`${table}_by_${columns.join("_")}`)
    .on(table)
    .columns(columns)
    .unique()
    .execute();
}
