import type { Kysely } from "kysely";
import type { ConfigObject } from "../../core/stored/config-object.ts";
import { type AuditRow, appendAudit } from "../audit/audit.ts";
import { noteChanges } from "../directory/write-directory.ts";
import type { Engine } from "../engine/engine.ts";
import type { Tables } from "../engine/tables.ts";
import { readConfigObject } from "./read-objects.ts";

/** A change of an object that the store adds to the configuration. */
export interface ObjectWrite {
  /** What it is to be; of what is deleted, what it was. */
  readonly object: ConfigObject;
  readonly how: "create" | "update" | "delete";
}

/** What became of a change. */
export type ObjectWriteResult =
  | { readonly ok: true; readonly sequence: number }
  | { readonly ok: false; readonly why: "exists" | "changed" | "gone" };

/**
 * Makes a change, and notes in the audit what was done, in one transaction. The version of an
 * object must be the one after that of the store, or of what is deleted that of the store.
 */
export async function writeConfigObject(
  engine: Engine,
  { write, audit }: { readonly write: ObjectWrite; readonly audit: AuditRow },
): Promise<ObjectWriteResult> {
  return engine.db.transaction().execute(async (transaction) => {
    await engine.lock(transaction, "parlance directory");
    const why = await refusalOf(transaction, write);
    if (why !== undefined) return { ok: false, why };
    await put(transaction, write);
    await appendAudit({ db: transaction }, audit);
    const { kind, name } = write.object;
    const sequence = await noteChanges(engine, transaction, [{ kind, id: name }]);
    return { ok: true, sequence };
  });
}

async function refusalOf(
  db: Kysely<Tables>,
  { object, how }: ObjectWrite,
): Promise<"exists" | "changed" | "gone" | undefined> {
  const before = await readConfigObject({ db }, object);
  if (how === "create") return before === undefined ? undefined : "exists";
  if (before === undefined) return "gone";
  const version = how === "update" ? object.version - 1 : object.version;
  return before.version === version ? undefined : "changed";
}

async function put(db: Kysely<Tables>, { object, how }: ObjectWrite): Promise<void> {
  const { kind, name, documentJson, sealed, version, createdMs, updatedMs } = object;
  await db.deleteFrom("config_objects").where("kind", "=", kind).where("name", "=", name).execute();
  if (how === "delete") return;
  await db
    .insertInto("config_objects")
    .values({
      kind,
      name,
      document_json: documentJson,
      sealed,
      version: BigInt(version),
      created_ms: BigInt(createdMs),
      updated_ms: BigInt(updatedMs),
    })
    .execute();
}
