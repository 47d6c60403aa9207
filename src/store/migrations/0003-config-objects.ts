import type { Kysely } from "kysely";
import type { Tables } from "../engine/tables.ts";

/** Parts of the configuration that are made while gateways run, and the configs that were applied. */
export async function configObjects(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable("config_objects")
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("name", "text", (column) => column.notNull())
    .addColumn("document_json", "text", (column) => column.notNull())
    .addColumn("sealed", "text", (column) => column.notNull())
    .addColumn("version", "bigint", (column) => column.notNull())
    .addColumn("created_ms", "bigint", (column) => column.notNull())
    .addColumn("updated_ms", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("config_objects_key", ["kind", "name"])
    .execute();
  await db.schema
    .createTable("config_versions")
    .addColumn("number", "bigint", (column) => column.primaryKey().notNull())
    .addColumn("text", "text", (column) => column.notNull())
    .addColumn("sealed", "text", (column) => column.notNull())
    .addColumn("hash", "text", (column) => column.notNull())
    .addColumn("comment", "text", (column) => column.notNull())
    .addColumn("actor_name", "text", (column) => column.notNull())
    .addColumn("rolled_back_to", "bigint", (column) => column.notNull())
    .addColumn("created_ms", "bigint", (column) => column.notNull())
    .execute();
}
