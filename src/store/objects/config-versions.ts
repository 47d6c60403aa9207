import type { Kysely, Selectable } from "kysely";
import type { AppliedConfig } from "../../core/stored/config-object.ts";
import { type AuditRow, appendAudit } from "../audit/audit.ts";
import { noteChanges } from "../directory/write-directory.ts";
import type { Engine } from "../engine/engine.ts";
import type { ConfigVersionTable, Tables } from "../engine/tables.ts";

/** A configuration that was applied, as plain data. */
export interface ConfigVersionRow extends AppliedConfig {
  readonly comment: string;
  readonly actorName: string;
  /** The version that it has made again; 0: none. */
  readonly rolledBackTo: number;
  readonly createdMs: number;
}

/** What became of applying: a version was made, or another one than was expected is the last. */
export type ApplyResult =
  | { readonly ok: true; readonly number: number; readonly sequence: number }
  | { readonly ok: false };

/** Adds a version after the one that is expected to be the last. Absent: after any. */
export async function applyConfig(
  engine: Engine,
  argument: {
    readonly version: Omit<ConfigVersionRow, "number">;
    readonly expected?: number;
    readonly audit: AuditRow;
  },
): Promise<ApplyResult> {
  const { version, expected, audit } = argument;
  return engine.db.transaction().execute(async (transaction) => {
    await engine.lock(transaction, "parlance directory");
    const last = await lastNumber(transaction);
    if (expected !== undefined && expected !== last) return { ok: false };
    const number = last + 1;
    await transaction
      .insertInto("config_versions")
      .values({
        number: BigInt(number),
        text: version.text,
        sealed: version.sealed,
        hash: version.hash,
        comment: version.comment,
        actor_name: version.actorName,
        rolled_back_to: BigInt(version.rolledBackTo),
        created_ms: BigInt(version.createdMs),
      })
      .execute();
    await appendAudit({ db: transaction }, { ...audit, object_id: String(number) });
    const sequence = await noteChanges(engine, transaction, [
      { kind: "config", id: String(number) },
    ]);
    return { ok: true, number, sequence };
  });
}

/** Versions before one, the newest first, without their texts. Absent: from the newest. */
export async function pageVersions(
  { db }: Pick<Engine, "db">,
  { before, limit }: { readonly before?: number; readonly limit: number },
): Promise<readonly ConfigVersionRow[]> {
  let select = db
    .selectFrom("config_versions")
    .select(["number", "hash", "comment", "actor_name", "rolled_back_to", "created_ms"])
    .orderBy("number", "desc")
    .limit(limit);
  if (before !== undefined) select = select.where("number", "<", BigInt(before));
  const rows = await select.execute();
  return rows.map((row) => versionOf({ ...row, text: "", sealed: "" }));
}

/** A version by its number; undefined where there is none. */
export async function readVersion(
  { db }: Pick<Engine, "db">,
  { number }: { readonly number: number },
): Promise<ConfigVersionRow | undefined> {
  const row = await db
    .selectFrom("config_versions")
    .selectAll()
    .where("number", "=", BigInt(number))
    .executeTakeFirst();
  return row === undefined ? undefined : versionOf(row);
}

/** The version that was applied last; undefined where none was. */
export async function readLastVersion(
  engine: Pick<Engine, "db">,
): Promise<AppliedConfig | undefined> {
  const row = await readVersion(engine, { number: await lastNumber(engine.db) });
  if (row === undefined) return undefined;
  const { number, text, sealed, hash } = row;
  return { number, text, sealed, hash };
}

async function lastNumber(db: Kysely<Tables>): Promise<number> {
  const { last } = await db
    .selectFrom("config_versions")
    .select(({ fn }) => fn.max("number").as("last"))
    .executeTakeFirstOrThrow();
  return Number(last ?? 0n);
}

function versionOf(row: Selectable<ConfigVersionTable>): ConfigVersionRow {
  return {
    number: Number(row.number),
    text: row.text,
    sealed: row.sealed,
    hash: row.hash,
    comment: row.comment,
    actorName: row.actor_name,
    rolledBackTo: Number(row.rolled_back_to),
    createdMs: Number(row.created_ms),
  };
}
