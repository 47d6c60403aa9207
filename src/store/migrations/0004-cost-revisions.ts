import type { Kysely } from "kysely";
import type { Tables } from "../engine/tables.ts";

/** What calls and attempts cost before they were priced anew, and each time that they were. */
export async function costRevisions(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable("cost_revisions")
    .addColumn("call_id", "text", (column) => column.notNull())
    .addColumn("number", "bigint", (column) => column.notNull())
    .addColumn("revision", "bigint", (column) => column.notNull())
    .addColumn("at_ms", "bigint", (column) => column.notNull())
    .addColumn("cost_nano_usd", "bigint")
    .addColumn("cost_json", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("cost_revisions_key", ["call_id", "number", "revision"])
    .execute();
}
