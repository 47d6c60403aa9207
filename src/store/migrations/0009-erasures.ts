import { type Kysely, sql } from "kysely";
import type { Tables } from "../engine/tables.ts";

/** Erasures of persons, what makes late records lose them too, and a way to their calls. */
export async function erasures(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable("erasures")
    .addColumn("id", "text", (column) => column.primaryKey().notNull())
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("person_hash", "text", (column) => column.notNull())
    .addColumn("organization_id", "text", (column) => column.notNull())
    .addColumn("team_id", "text", (column) => column.notNull())
    .addColumn("request_key", "text", (column) => column.notNull())
    .addColumn("begun_ms", "bigint", (column) => column.notNull())
    .addColumn("finished_ms", "bigint", (column) => column.notNull())
    .addColumn("person", "text", (column) => column.notNull())
    .addColumn("progress_json", "text", (column) => column.notNull())
    .addColumn("receipt_json", "text", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("erased_persons")
    .addColumn("hash", "text", (column) => column.primaryKey().notNull())
    .addColumn("at_ms", "bigint", (column) => column.notNull())
    .execute();
  await db.schema
    .createIndex("erased_persons_by_at_ms")
    .on("erased_persons")
    .column("at_ms")
    .execute();
  // Most calls name no end user: they take no room in it.
  await sql`create index calls_by_end_user on calls (end_user, ended_ms, call_id)
    where end_user <> ''`.execute(db);
}
