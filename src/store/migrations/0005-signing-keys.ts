import type { Kysely } from "kysely";
import type { Tables } from "../engine/tables.ts";

/** What signatures of keys are checked with. */
export async function signingKeys(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .alterTable("keys")
    .addColumn("sealed", "text", (column) => column.notNull().defaultTo(""))
    .execute();
}
