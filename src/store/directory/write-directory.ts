import type { Kysely } from "kysely";
import { type AuditRow, appendAudit } from "../audit/audit.ts";
import type { Engine } from "../engine/engine.ts";
import type { Tables } from "../engine/tables.ts";
import { columnsFrom, type DirectoryRow, tableOf } from "./directory-row.ts";
import { hasBudgets, isPointedTo } from "./pointed-budgets.ts";
import { lastSequence, readObject } from "./read-directory.ts";

/** One of the changes that are made together. */
export interface DirectoryWrite {
  /** What it is to be; of what is deleted, what it was. */
  readonly row: DirectoryRow;
  readonly how: "create" | "update" | "delete";
  /** The version that it must have until now. Absent: any. */
  readonly version?: number;
}

/** What became of changes: all were made, or none. */
export type WriteResult =
  | { readonly ok: true; readonly sequence: number }
  | { readonly ok: false; readonly why: "exists" | "changed" | "gone" | "in_use" | "no_budget" };

/** Changes beyond these are forgotten: a gateway that is that far behind reads all again. */
const keptChanges = 100_000;

/**
 * Makes changes, and notes in the audit what was done, in one transaction: all or nothing, one
 * writer at a time in all gateways.
 */
export async function writeDirectory(
  engine: Engine,
  argument: { readonly writes: readonly DirectoryWrite[]; readonly audit: readonly AuditRow[] },
): Promise<WriteResult> {
  try {
    return await engine.db.transaction().execute(async (transaction) => {
      await engine.lock(transaction, "parlance directory");
      for (const write of argument.writes) await writeOne(transaction, write);
      for (const row of argument.audit) await appendAudit({ db: transaction }, row);
      const sequence = await noteChanges(
        engine,
        transaction,
        argument.writes.map(({ row }) => row),
      );
      return { ok: true as const, sequence };
    });
  } catch (error) {
    if (error instanceof Refused) return { ok: false, why: error.why };
    throw error;
  }
}

/**
 * Makes the first admin key of a store that has no key of that kind; false where it has one, and
 * nothing is changed.
 */
export async function makeFirstAdminKey(
  engine: Engine,
  argument: { readonly row: DirectoryRow; readonly audit: AuditRow },
): Promise<boolean> {
  return engine.db.transaction().execute(async (transaction) => {
    await engine.lock(transaction, "parlance directory");
    const admin = await transaction
      .selectFrom("keys")
      .select("id")
      .where("kind", "=", "admin")
      .where("organization_id", "=", "")
      .where("team_id", "=", "")
      .executeTakeFirst();
    if (admin !== undefined) return false;
    const write: DirectoryWrite = { row: argument.row, how: "create" };
    await writeOne(transaction, write);
    await appendAudit({ db: transaction }, argument.audit);
    await noteChanges(engine, transaction, [argument.row]);
    return true;
  });
}

/** Ends the transaction. */
class Refused extends Error {
  readonly why: Extract<WriteResult, { readonly ok: false }>["why"];

  constructor(why: Refused["why"]) {
    super(why);
    this.why = why;
  }
}

async function writeOne(db: Kysely<Tables>, { row, how, version }: DirectoryWrite): Promise<void> {
  const { kind, id } = row;
  const before = await readObject({ db }, kind, id);
  if (how !== "create" && before === undefined && kind !== "member") throw new Refused("gone");
  if (how === "create" && before !== undefined) throw new Refused("exists");
  if (version !== undefined && before?.version !== version) throw new Refused("changed");
  if (how === "delete") {
    await refuseInUse(db, row);
    await deleteMembers(db, row);
  } else {
    await refuseSameName(db, row);
    if (!(await hasBudgets(db, row.settingsJson))) throw new Refused("no_budget");
  }
  if (before !== undefined) await deleteRow(db, row);
  if (how === "delete") return;
  // A key may have been used since the row was read.
  const lastUsedMs = Math.max(row.lastUsedMs, before?.lastUsedMs ?? 0);
  // What the kinds have in common is in one shape, which the types of the tables do not say.
  const values = columnsFrom({ ...row, lastUsedMs }) as never;
  await db.insertInto(tableOf[kind]).values(values).execute();
}

async function deleteRow(db: Kysely<Tables>, { kind, id, ...row }: DirectoryRow): Promise<void> {
  if (kind !== "member") {
    await db.deleteFrom(tableOf[kind]).where("id", "=", id).execute();
    return;
  }
  await db
    .deleteFrom("memberships")
    .where("user_id", "=", row.userId)
    .where("organization_id", "=", row.organizationId)
    .where("team_id", "=", row.teamId)
    .execute();
}

/** Names are unique among organizations, and among the teams and the budgets of one. */
async function refuseSameName(
  db: Kysely<Tables>,
  { kind, id, name, organizationId }: DirectoryRow,
): Promise<void> {
  if (kind !== "organization" && kind !== "team" && kind !== "budget") return;
  const other =
    kind === "organization"
      ? await db
          .selectFrom("organizations")
          .select("id")
          .where("name", "=", name)
          .where("id", "!=", id)
          .executeTakeFirst()
      : await db
          .selectFrom(tableOf[kind])
          .select("id")
          .where("name", "=", name)
          .where("organization_id", "=", organizationId)
          .where("id", "!=", id)
          .executeTakeFirst();
  if (other !== undefined) throw new Refused("exists");
}

/** What other objects belong to stays. */
async function refuseInUse(db: Kysely<Tables>, { kind, id }: DirectoryRow): Promise<void> {
  if (kind === "key" || kind === "member" || kind === "end_user") return;
  if (kind === "budget") {
    if (await isPointedTo(db, id)) throw new Refused("in_use");
    return;
  }
  const column = `${kind}_id` as const;
  const key = await db.selectFrom("keys").select("id").where(column, "=", id).executeTakeFirst();
  if (key !== undefined) throw new Refused("in_use");
  if (kind !== "organization") return;
  for (const table of ["teams", "users", "budgets"] as const) {
    const one = await db
      .selectFrom(table)
      .select("id")
      .where("organization_id", "=", id)
      .executeTakeFirst();
    if (one !== undefined) throw new Refused("in_use");
  }
}

/** A team and a user take their memberships with them. */
async function deleteMembers(db: Kysely<Tables>, { kind, id }: DirectoryRow): Promise<void> {
  if (kind !== "team" && kind !== "user") return;
  await db
    .deleteFrom("memberships")
    .where(kind === "team" ? "team_id" : "user_id", "=", id)
    .execute();
}

/** Notes in which order objects have changed, for gateways that follow; gives the last number. */
export async function noteChanges(
  engine: Pick<Engine, "announce">,
  db: Kysely<Tables>,
  changes: readonly { readonly kind: string; readonly id: string }[],
): Promise<number> {
  const last = await lastSequence({ db });
  const values = changes.map(({ kind, id }, at) => ({
    sequence: BigInt(last + at + 1),
    kind,
    object_id: id,
  }));
  await db.insertInto("directory_changes").values(values).execute();
  const sequence = last + changes.length;
  await db
    .deleteFrom("directory_changes")
    .where("sequence", "<=", BigInt(sequence - keptChanges))
    .execute();
  await engine.announce(db);
  return sequence;
}
