import type { Kysely } from "kysely";
import type { Tables } from "../engine/tables.ts";

/** In which order the directory changed, so that gateways can follow. */
export async function directoryChanges(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable("directory_changes")
    .addColumn("sequence", "bigint", (column) => column.primaryKey().notNull())
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("object_id", "text", (column) => column.notNull())
    .execute();
}
