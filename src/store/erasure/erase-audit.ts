import { type Kysely, type RawBuilder, type SqlBool, sql } from "kysely";
import type { Tables } from "../engine/tables.ts";
import { erasedName } from "./erased-call.ts";
import type { Erasure } from "./erasure-row.ts";
import { isScoped } from "./person-hash.ts";

/** Entries of one transaction. */
const batchEntries = 500;

/**
 * Takes the person from some entries of the audit that are about it, and what it is called from
 * those of what it did: who did something stays by its id, for an audit has to say so. Gives how
 * many; 0: there are no more.
 */
export async function eraseSomeAudit(db: Kysely<Tables>, erasure: Erasure): Promise<number> {
  const about = await db
    .selectFrom("audit")
    .select("id")
    .where(entriesAbout(erasure))
    .limit(batchEntries)
    .execute();
  if (about.length > 0) {
    await db
      .updateTable("audit")
      .set({ object_id: erasedObject(erasure), before_json: "", after_json: "" })
      .where("id", "in", idsOf(about))
      .execute();
    return about.length;
  }
  const by = entriesBy(erasure);
  if (by === undefined) return 0;
  const done = await db.selectFrom("audit").select("id").where(by).limit(batchEntries).execute();
  if (done.length === 0) return 0;
  await db
    .updateTable("audit")
    .set({ actor_name: erasedName, address: "" })
    .where("id", "in", idsOf(done))
    .execute();
  return done.length;
}

/** The entries that are about a person, its keys, or its memberships. */
export function entriesAbout(erasure: Erasure): RawBuilder<SqlBool> {
  const { kind, name, progress } = erasure;
  const isGone = sql`object_id <> ${erasedObject(erasure)}`;
  if (kind === "end_user") {
    // End users are of the whole gateway: what is erased within an organization is not about them.
    return isScoped(erasure)
      ? sql<SqlBool>`1 = 0`
      : sql<SqlBool>`(object_kind = 'end_user' and object_id = ${name})`;
  }
  const { keys } = progress;
  const ofKey = `"user":${JSON.stringify(name)}`;
  const parts = [
    sql`(object_kind = 'user' and object_id = ${name})`,
    sql`(object_kind = 'member' and object_id like ${`${escaped(name)}\n%`} escape '!')`,
    sql`(object_kind = 'key' and (${holds("before_json", ofKey)} or ${holds("after_json", ofKey)}))`,
    ...(keys.length === 0 ? [] : [sql`(object_kind = 'key' and object_id in (${sql.join(keys)}))`]),
  ];
  return sql<SqlBool>`(${isGone} and (${sql.join(parts, sql` or `)}))`;
}

/** What stands in the place of the id of what was erased. */
function erasedObject({ id }: Pick<Erasure, "id">): string {
  return `${erasedName} ${id}`;
}

function entriesBy({ kind, name, progress }: Erasure): RawBuilder<SqlBool> | undefined {
  if (kind !== "user") return undefined;
  const ids = [name, ...progress.keys];
  return sql<SqlBool>`(actor_id in (${sql.join(ids)}) and (actor_name <> ${erasedName} or address <> ''))`;
}

function holds(column: "before_json" | "after_json", text: string): RawBuilder<unknown> {
  return sql`${sql.ref(column)} like ${`%${escaped(text)}%`} escape '!'`;
}

function escaped(text: string): string {
  return text.replaceAll(/[!%_]/g, "!$&");
}

function idsOf(rows: readonly { readonly id: string }[]): string[] {
  return rows.map(({ id }) => id);
}
