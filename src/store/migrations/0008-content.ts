import type { Kysely } from "kysely";
import type { Tables } from "../engine/tables.ts";

/** Encrypted content of calls, the keys of it, and whose content was erased. */
export async function contentOfCalls(db: Kysely<Tables>): Promise<void> {
  await db.schema
    .createTable("content_keys")
    .addColumn("id", "text", (column) => column.primaryKey().notNull())
    .addColumn("organization_id", "text", (column) => column.notNull())
    .addColumn("team_id", "text", (column) => column.notNull())
    .addColumn("user_hash", "text", (column) => column.notNull())
    .addColumn("end_user_hash", "text", (column) => column.notNull())
    .addColumn("master_key", "text", (column) => column.notNull())
    .addColumn("wrapped", "text", (column) => column.notNull())
    .addColumn("created_ms", "bigint", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("content")
    .addColumn("call_id", "text", (column) => column.primaryKey().notNull())
    .addColumn("ended_ms", "bigint", (column) => column.notNull())
    .addColumn("organization_id", "text", (column) => column.notNull())
    .addColumn("team_id", "text", (column) => column.notNull())
    .addColumn("key_id", "text", (column) => column.notNull())
    .addColumn("data_key", "text", (column) => column.notNull())
    .addColumn("sealed", "text", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("content_erasures")
    .addColumn("id", "text", (column) => column.primaryKey().notNull())
    .addColumn("team_id", "text")
    .addColumn("user_hash", "text", (column) => column.notNull())
    .addColumn("end_user_hash", "text", (column) => column.notNull())
    .addColumn("erased_ms", "bigint", (column) => column.notNull())
    .execute();
  const indexes = [
    ["content_keys", ["user_hash"]],
    ["content_keys", ["end_user_hash"]],
    ["content_keys", ["master_key", "id"]],
    ["content", ["ended_ms", "call_id"]],
    ["content", ["team_id", "ended_ms", "call_id"]],
    ["content", ["data_key"]],
    ["content_erasures", ["user_hash"]],
    ["content_erasures", ["end_user_hash"]],
  ] as const;
  for (const [table, columns] of indexes)
    await db.schema
      .createIndex(`${table}_by_${columns.join("_")}`)
      .on(table)
      .columns([...columns])
      .execute();
}
