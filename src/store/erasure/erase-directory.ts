import type { Kysely } from "kysely";
import { memberId } from "../directory/directory-row.ts";
import { noteChanges } from "../directory/write-directory.ts";
import type { Engine } from "../engine/engine.ts";
import type { Tables } from "../engine/tables.ts";
import type { Erasure } from "./erasure-row.ts";
import { isScoped } from "./person-hash.ts";

/**
 * Deletes what the directory has of a person: a user with its keys and memberships, or an end user.
 * Gives how many objects there were. One that was made after the erasure began stays.
 */
export async function eraseFromDirectory(
  engine: Engine,
  db: Kysely<Tables>,
  erasure: Erasure,
): Promise<number> {
  const { kind, name, begunMs } = erasure;
  await engine.lock(db, "parlance directory");
  const isNew = BigInt(begunMs);
  const gone: { readonly kind: string; readonly id: string }[] = [];
  if (kind === "end_user") {
    // End users are of the whole gateway, and so is who may delete them.
    if (isScoped(erasure)) return 0;
    const rows = await db
      .deleteFrom("end_users")
      .where("id", "=", name)
      .where("created_ms", "<=", isNew)
      .returning("id")
      .execute();
    gone.push(...rows.map(({ id }) => ({ kind, id })));
  } else {
    const keys = await db.deleteFrom("keys").where("user_id", "=", name).returning("id").execute();
    const members = await db
      .deleteFrom("memberships")
      .where("user_id", "=", name)
      .returning(["user_id", "organization_id", "team_id"])
      .execute();
    const users = await db.deleteFrom("users").where("id", "=", name).returning("id").execute();
    gone.push(
      ...keys.map(({ id }) => ({ kind: "key", id })),
      ...members.map((one) => ({
        kind: "member",
        id: memberId({
          userId: one.user_id,
          organizationId: one.organization_id,
          teamId: one.team_id,
        }),
      })),
      ...users.map(({ id }) => ({ kind, id })),
    );
  }
  if (gone.length > 0) await noteChanges(engine, db, gone);
  return gone.length;
}
