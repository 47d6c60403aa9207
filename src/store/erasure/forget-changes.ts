import { type Kysely, sql } from "kysely";
import { noteChanges } from "../directory/write-directory.ts";
import type { Engine } from "../engine/engine.ts";
import type { Tables } from "../engine/tables.ts";
import type { Erasure } from "./erasure-row.ts";

/**
 * Forgets the changes of the directory that name a person, with all before them: a gateway that has
 * not followed them yet sees that some are missing, and reads all of the directory again.
 */
export async function forgetChanges(
  engine: Engine,
  db: Kysely<Tables>,
  { id, kind, name, progress: { keys } }: Erasure,
): Promise<void> {
  await engine.lock(db, "parlance directory");
  const member = `${name}\n`;
  const named = [
    sql`(kind = ${kind} and object_id = ${name})`,
    // The id of a member begins with that of its user.
    ...(kind === "end_user"
      ? []
      : [
          sql`(kind = 'member' and substr(object_id, 1, ${BigInt([...member].length)}) = ${member})`,
        ]),
    ...(keys.length === 0 ? [] : [sql`(kind = 'key' and object_id in (${sql.join(keys)}))`]),
  ];
  const { rows } = await sql<{ readonly last: bigint | null }>`
    select max(sequence) as last from directory_changes where ${sql.join(named, sql` or `)}
  `.execute(db);
  const last = rows[0]?.last ?? undefined;
  if (last === undefined) return;
  // There is always a last change, which others are counted from.
  await noteChanges(engine, db, [{ kind: "erasure", id }]);
  await db.deleteFrom("directory_changes").where("sequence", "<=", last).execute();
}
