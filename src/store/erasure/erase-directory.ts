import type { Kysely } from "kysely";
import { memberId } from "../directory/directory-row.ts";
import { noteChanges } from "../directory/write-directory.ts";
import type { Engine } from "../engine/engine.ts";
import type { MembershipTable, Tables } from "../engine/tables.ts";
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
  const { kind, name } = erasure;
  await engine.lock(db, "parlance directory");
  const gone = kind === "end_user" ? await deleteEndUser(db, erasure) : await deleteUser(db, name);
  if (gone.length > 0) await noteChanges(engine, db, gone);
  return gone.length;
}

type Gone = readonly { readonly kind: string; readonly id: string }[];

/** End users are of the whole gateway, and so is who may delete them. */
async function deleteEndUser(db: Kysely<Tables>, erasure: Erasure): Promise<Gone> {
  if (isScoped(erasure)) return [];
  const rows = await db
    .deleteFrom("end_users")
    .where("id", "=", erasure.name)
    .where("created_ms", "<=", BigInt(erasure.begunMs))
    .returning("id")
    .execute();
  return rows.map(({ id }) => ({ kind: "end_user", id }));
}

async function deleteUser(db: Kysely<Tables>, id: string): Promise<Gone> {
  const keys = await db.deleteFrom("keys").where("user_id", "=", id).returning("id").execute();
  const members = await db
    .deleteFrom("memberships")
    .where("user_id", "=", id)
    .returning(["user_id", "organization_id", "team_id"])
    .execute();
  const users = await db.deleteFrom("users").where("id", "=", id).returning("id").execute();
  return [
    ...keys.map((key) => ({ kind: "key", id: key.id })),
    ...members.map((one) => ({ kind: "member", id: memberIdOf(one) })),
    ...users.map((user) => ({ kind: "user", id: user.id })),
  ];
}

function memberIdOf(one: Pick<MembershipTable, "user_id" | "organization_id" | "team_id">): string {
  const { user_id: userId, organization_id: organizationId, team_id: teamId } = one;
  return memberId({ userId, organizationId, teamId });
}
