import type { Selectable } from "kysely";
import type {
  ConfigObject,
  ConfigObjectKind,
  StoredConfig,
} from "../../core/stored/config-object.ts";
import { lastSequence } from "../directory/read-directory.ts";
import type { Engine } from "../engine/engine.ts";
import type { ConfigObjectTable } from "../engine/tables.ts";
import { readLastVersion } from "./config-versions.ts";

const kinds: readonly string[] = ["provider", "model", "price", "config"];

/**
 * All objects that the store adds to the configuration, in the order in which they were made, and
 * the last one that was applied; `changed` is false where nothing of them has changed since the
 * change `after`, and then they are left out. -1: they were never read.
 */
export async function readStoredConfig(
  engine: Pick<Engine, "db">,
  { after }: { readonly after: number },
): Promise<StoredConfig & { readonly changed: boolean }> {
  // Read before the objects: what changes meanwhile is read once more.
  const sequence = await lastSequence(engine);
  if (!(await hasChanged(engine, after, sequence)))
    return { sequence, objects: [], changed: false };
  const rows = await engine.db
    .selectFrom("config_objects")
    .selectAll()
    .orderBy("created_ms")
    .orderBy("name")
    .execute();
  const applied = await readLastVersion(engine);
  const objects = rows.flatMap(objectOf);
  return { sequence, objects, changed: true, ...(applied && { applied }) };
}

/** An object as it is in the database; undefined where there is none. */
export async function readConfigObject(
  { db }: Pick<Engine, "db">,
  { kind, name }: Pick<ConfigObject, "kind" | "name">,
): Promise<ConfigObject | undefined> {
  const row = await db
    .selectFrom("config_objects")
    .selectAll()
    .where("kind", "=", kind)
    .where("name", "=", name)
    .executeTakeFirst();
  return row === undefined ? undefined : objectOf(row)[0];
}

/** Changes that are forgotten, and a database that was put back from a copy, count as changes. */
async function hasChanged(
  { db }: Pick<Engine, "db">,
  after: number,
  sequence: number,
): Promise<boolean> {
  if (after < 0 || sequence < after) return true;
  if (sequence === after) return false;
  const { first } = await db
    .selectFrom("directory_changes")
    .select(({ fn }) => fn.min("sequence").as("first"))
    .executeTakeFirstOrThrow();
  if (Number(first ?? 0n) > after + 1) return true;
  const change = await db
    .selectFrom("directory_changes")
    .select("sequence")
    .where("sequence", ">", BigInt(after))
    .where("kind", "in", [...kinds])
    .limit(1)
    .executeTakeFirst();
  return change !== undefined;
}

function objectOf(row: Selectable<ConfigObjectTable>): ConfigObject[] {
  const { kind, name, document_json: documentJson, sealed } = row;
  if (!isKind(kind)) return [];
  return [
    {
      kind,
      name,
      documentJson,
      sealed,
      version: Number(row.version),
      createdMs: Number(row.created_ms),
      updatedMs: Number(row.updated_ms),
    },
  ];
}

function isKind(kind: string): kind is ConfigObjectKind {
  return kind === "provider" || kind === "model" || kind === "price";
}
