import { sql } from "kysely";
import type { Engine } from "../engine/engine.ts";
import { type DirectoryKind, type DirectoryRow, rowFrom, tableOf } from "./directory-row.ts";

/** Where the directory stands. */
export interface DirectoryState {
  /** The last change; 0: there was none. */
  readonly sequence: number;
  /** What the hashes of keys are made with, as hex digits. */
  readonly secret: string;
}

const secretName = "key_hash_secret";

/**
 * Says where the directory stands, before its pages are read: what changes meanwhile is among the
 * changes after it. `newSecret` becomes the secret of a store that has none yet.
 */
export async function openDirectory(
  engine: Engine,
  { newSecret, nowMs }: { readonly newSecret: string; readonly nowMs: number },
): Promise<DirectoryState> {
  await engine.db
    .insertInto("settings")
    .values({
      name: secretName,
      value_json: JSON.stringify(newSecret),
      updated_ms: BigInt(nowMs),
    })
    .onConflict((conflict) => conflict.column("name").doNothing())
    .execute();
  const { value_json } = await engine.db
    .selectFrom("settings")
    .select("value_json")
    .where("name", "=", secretName)
    .executeTakeFirstOrThrow();
  return { sequence: await lastSequence(engine), secret: value_json.slice(1, -1) };
}

/** Objects of a kind in the order of their ids; of members all at once. */
export async function pageDirectory(
  { db }: Pick<Engine, "db">,
  query: { readonly kind: DirectoryKind; readonly after: string; readonly limit: number },
): Promise<readonly DirectoryRow[]> {
  const { kind, after, limit } = query;
  if (kind === "member") {
    const members = await db.selectFrom("memberships").selectAll().execute();
    return members.map((one) => rowFrom(kind, one));
  }
  const rows = await db
    .selectFrom(tableOf[kind])
    .selectAll()
    .where("id", ">", after)
    .orderBy("id")
    .limit(limit)
    .execute();
  return rows.map((row) => rowFrom(kind, row));
}

/** What changed after a change. */
export interface DirectoryChanges {
  readonly sequence: number;
  /** Objects as they are now, each once. */
  readonly rows: readonly DirectoryRow[];
  /** Objects that are gone. */
  readonly gone: readonly Pick<DirectoryRow, "kind" | "id">[];
  /** True: too much has changed to say what, so that all must be read again. */
  readonly lost: boolean;
}

const maxChanges = 1_000;

/** What changed after `after`, up to 1000 changes at once. */
export async function changesOfDirectory(
  engine: Pick<Engine, "db">,
  { after }: { readonly after: number },
): Promise<DirectoryChanges> {
  const changes = await engine.db
    .selectFrom("directory_changes")
    .selectAll()
    .where("sequence", ">", BigInt(after))
    .orderBy("sequence")
    .limit(maxChanges)
    .execute();
  const first = changes[0]?.sequence;
  if (first === undefined) {
    // A database that was put back from a copy has fewer changes than were seen of it.
    const lost = after > 0 && (await lastSequence(engine)) < after;
    return { sequence: after, rows: [], gone: [], lost };
  }
  const sequence = Number(changes.at(-1)?.sequence ?? after);
  if (Number(first) !== after + 1) return { sequence, rows: [], gone: [], lost: true };
  const rows: DirectoryRow[] = [];
  const gone: Pick<DirectoryRow, "kind" | "id">[] = [];
  const seen = new Set<string>();
  for (const { kind, object_id: id } of changes) {
    if (!isKind(kind) || seen.has(`${kind}\n${id}`)) continue;
    seen.add(`${kind}\n${id}`);
    const row = await readObject(engine, kind, id);
    if (row === undefined) gone.push({ kind, id });
    else rows.push(row);
  }
  return { sequence, rows, gone, lost: false };
}

/** An object as it is in the database, by its kind and id; undefined where there is none. */
export function readOneObject(
  engine: Pick<Engine, "db">,
  { kind, id }: Pick<DirectoryRow, "kind" | "id">,
): Promise<DirectoryRow | undefined> {
  return readObject(engine, kind, id);
}

/** An object as it is in the database; undefined where there is none. */
export async function readObject(
  { db }: Pick<Engine, "db">,
  kind: DirectoryKind,
  id: string,
): Promise<DirectoryRow | undefined> {
  if (kind === "member") {
    const [user = "", organization = "", team = ""] = id.split("\n");
    const member = await db
      .selectFrom("memberships")
      .selectAll()
      .where("user_id", "=", user)
      .where("organization_id", "=", organization)
      .where("team_id", "=", team)
      .executeTakeFirst();
    return member === undefined ? undefined : rowFrom(kind, member);
  }
  const row = await db
    .selectFrom(tableOf[kind])
    .selectAll()
    .where("id", "=", id)
    .executeTakeFirst();
  return row === undefined ? undefined : rowFrom(kind, row);
}

/** The key whose value, or whose value before, has one of the hashes; undefined where none has. */
export async function findKey(
  { db }: Pick<Engine, "db">,
  { hashes }: { readonly hashes: readonly string[] },
): Promise<DirectoryRow | undefined> {
  for (const column of ["hash", "previous_hash"] as const) {
    const row = await db
      .selectFrom("keys")
      .selectAll()
      .where(column, "in", [...hashes])
      .executeTakeFirst();
    if (row !== undefined) return rowFrom("key", row);
  }
  return undefined;
}

/** The number of the last change; 0: there was none. */
export async function lastSequence({ db }: Pick<Engine, "db">): Promise<number> {
  const { last } = await db
    .selectFrom("directory_changes")
    .select(({ fn }) => fn.max("sequence").as("last"))
    .executeTakeFirstOrThrow();
  return Number(last ?? 0n);
}

/** Notes when keys were used last; earlier times than are known change nothing. */
export async function touchKeys(
  { db }: Pick<Engine, "db">,
  { uses }: { readonly uses: readonly (readonly [id: string, atMs: number])[] },
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    // In one order everywhere, so that two gateways do not wait for each other.
    for (const [id, atMs] of [...uses].sort(([one], [other]) => (one < other ? -1 : 1)))
      await transaction
        .updateTable("keys")
        .set({ last_used_ms: BigInt(atMs) })
        .where("id", "=", id)
        .where(sql<boolean>`last_used_ms < ${BigInt(atMs)}`)
        .execute();
  });
}

/** Another hash of the same value of a key. */
export interface KeyRehash {
  readonly from: string;
  readonly to: string;
}

/**
 * Puts keyed hashes in the place of plain ones. Nothing changes for callers, so that no gateway
 * need know of it: the value is good by either. A key whose value has changed stays as it is.
 */
export async function rehashKeys(
  { db }: Pick<Engine, "db">,
  { hashes }: { readonly hashes: readonly (readonly [id: string, hash: KeyRehash])[] },
): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    for (const [id, { from, to }] of [...hashes].sort(([one], [other]) => (one < other ? -1 : 1)))
      await transaction
        .updateTable("keys")
        .set({ hash: to })
        .where("id", "=", id)
        .where("hash", "=", from)
        .execute();
  });
}

function isKind(kind: string): kind is DirectoryKind {
  return Object.hasOwn(tableOf, kind);
}
