import type { Kysely } from "kysely";
import type { Tables } from "../engine/tables.ts";

/** What guards made of calls. */
export async function guardsOfCalls(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .alterTable("calls")
    .addColumn("guards_json", "text", (column) => column.notNull().defaultTo(""))
    .execute();
}
