import type { Kysely } from "kysely";
import type { Tables } from "../engine/tables.ts";

/** Budgets with names, and end users with bounds. */
export async function budgetsAndEndUsers(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable("budgets")
    .addColumn("id", "text", (column) => column.primaryKey().notNull())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("organization_id", "text", (column) => column.notNull())
    .addColumn("settings_json", "text", (column) => column.notNull())
    .addColumn("metadata_json", "text", (column) => column.notNull())
    .addColumn("blocked", "bigint", (column) => column.notNull())
    .addColumn("reset_ms", "bigint", (column) => column.notNull())
    .addColumn("created_ms", "bigint", (column) => column.notNull())
    .addColumn("updated_ms", "bigint", (column) => column.notNull())
    .addColumn("version", "bigint", (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex("budgets_by_organization_id_name")
    .on("budgets")
    .columns(["organization_id", "name"])
    .unique()
    .execute();
  await db.schema
    .createTable("end_users")
    .addColumn("id", "text", (column) => column.primaryKey().notNull())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("settings_json", "text", (column) => column.notNull())
    .addColumn("metadata_json", "text", (column) => column.notNull())
    .addColumn("blocked", "bigint", (column) => column.notNull())
    .addColumn("created_ms", "bigint", (column) => column.notNull())
    .addColumn("updated_ms", "bigint", (column) => column.notNull())
    .addColumn("version", "bigint", (column) => column.notNull())
    .execute();
}
