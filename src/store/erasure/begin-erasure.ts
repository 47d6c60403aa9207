import type { Kysely } from "kysely";
import { type AuditRow, appendAudit } from "../audit/audit.ts";
import type { Engine } from "../engine/engine.ts";
import { storableText } from "../engine/storable.ts";
import type { Tables } from "../engine/tables.ts";
import { type Erasure, erasureOf, noProgress, readErasure } from "./erasure-row.ts";
import { ledgerLock } from "./late-calls.ts";
import { personHashes, type StoredPerson } from "./person-hash.ts";

/** An erasure that is wanted. */
export interface WantedErasure {
  /** Ordered by time. */
  readonly id: string;
  readonly person: StoredPerson;
  /** By what its caller knows it; "": nothing. */
  readonly requestKey: string;
  /** In milliseconds since 1970. */
  readonly nowMs: number;
  /** Who wants it; the audit has it with the hash of the person. */
  readonly audit: AuditRow;
}

/** The erasure that has begun, now or earlier; `other`: its key is that of another person's. */
export type BegunErasure =
  | { readonly ok: true; readonly erasure: Erasure; readonly fresh: boolean }
  | { readonly ok: false; readonly why: "other" };

/**
 * Notes an erasure before anything of it is done, so that it is finished whatever happens, and has
 * records that come later lose the person too. An erasure of the same person that is under way is
 * gone on with.
 */
export async function beginErasure(
  engine: Engine,
  { id, person, requestKey, nowMs, audit }: WantedErasure,
): Promise<BegunErasure> {
  const wanted = { ...person, name: storableText(person.name) };
  return engine.db.transaction().execute(async (db) => {
    await engine.lock(db, ledgerLock);
    const hash = await personHashes(db);
    const personHash = hash(wanted);
    const known = await knownErasure(db, personHash, requestKey);
    if (known !== undefined)
      return known.personHash === personHash
        ? { ok: true as const, erasure: known, fresh: false }
        : { ok: false as const, why: "other" as const };
    const keys = await keysOf(db, wanted);
    const keyHashes = keys.map((key) => hash({ key }));
    await db
      .insertInto("erasures")
      .values({
        id,
        kind: wanted.kind,
        person_hash: personHash,
        organization_id: wanted.organizationId,
        team_id: wanted.teamId,
        request_key: requestKey,
        begun_ms: BigInt(nowMs),
        finished_ms: 0n,
        person: wanted.name,
        progress_json: JSON.stringify(noProgress(keys, keyHashes)),
        receipt_json: "",
      })
      .execute();
    const after_json = JSON.stringify({ person_hash: personHash });
    await appendAudit({ db }, { ...audit, object_id: id, after_json });
    await markErased(db, [personHash, ...keyHashes], nowMs);
    const erasure = await readErasure(db, id);
    if (erasure === undefined) throw new Error("an erasure that was just noted is missing");
    return { ok: true as const, erasure, fresh: true };
  });
}

/** Has calls that began before a time lose the persons of these hashes, when they are written. */
export async function markErased(
  db: Kysely<Tables>,
  hashes: readonly string[],
  atMs: number,
): Promise<void> {
  const at_ms = BigInt(atMs);
  for (const hash of new Set(hashes))
    await db
      .insertInto("erased_persons")
      .values({ hash, at_ms })
      .onConflict((conflict) =>
        conflict.column("hash").doUpdateSet({ at_ms }).where("erased_persons.at_ms", "<", at_ms),
      )
      .execute();
}

async function knownErasure(
  db: Kysely<Tables>,
  personHash: string,
  requestKey: string,
): Promise<Erasure | undefined> {
  const row = await db
    .selectFrom("erasures")
    .selectAll()
    .where((builder) => {
      const isOpen = builder.and([
        builder("person_hash", "=", personHash),
        builder("finished_ms", "=", 0n),
      ]);
      return requestKey === ""
        ? isOpen
        : builder.or([isOpen, builder("request_key", "=", requestKey)]);
    })
    // That of the key first, whosever it is.
    .orderBy("request_key", "desc")
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? undefined : erasureOf(row);
}

/** The keys of a user, by id. */
export async function keysOf(
  db: Kysely<Tables>,
  { kind, name }: StoredPerson,
): Promise<readonly string[]> {
  if (kind !== "user") return [];
  const keys = await db.selectFrom("keys").select("id").where("user_id", "=", name).execute();
  return keys.map(({ id }) => id);
}
