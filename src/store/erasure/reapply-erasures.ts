import { type Kysely, sql } from "kysely";
import type { Engine } from "../engine/engine.ts";
import type { Tables } from "../engine/tables.ts";
import { keysOf, markErased } from "./begin-erasure.ts";
import { noProgress, readErasure } from "./erasure-row.ts";
import { finishErasure } from "./finish-erasure.ts";
import { ledgerLock } from "./late-calls.ts";
import { isScoped, personHashes, type StoredPerson } from "./person-hash.ts";
import { stepErasure } from "./step-erasure.ts";

/** An erasure as its receipt has it. */
export interface KnownErasure extends Pick<StoredPerson, "kind" | "organizationId" | "teamId"> {
  readonly id: string;
  readonly personHash: string;
  readonly keyHashes: readonly string[];
  /** In milliseconds since 1970. */
  readonly begunMs: number;
  readonly finishedMs: number;
  readonly receiptJson: string;
}

/**
 * Erases again whom a copy of the database has brought back, by the receipts of erasures and by
 * those that the copy knows: whoever has the hash of one of them, in any place, is that person.
 * Resolves with how many persons were found. Nothing else writes meanwhile.
 */
export async function reapplyErasures(
  engine: Engine,
  known: readonly KnownErasure[],
): Promise<number> {
  await keepErasures(engine, known);
  const rows = await engine.db
    .selectFrom("erasures")
    .select(["id", "person_hash"])
    .where("finished_ms", ">", 0n)
    .execute();
  if (rows.length === 0) return 0;
  const hash = await personHashes(engine.db);
  const erasures = Map.groupBy(rows, ({ person_hash }) => person_hash);
  let found = 0;
  for await (const person of personsOf(engine.db)) {
    const own = erasures.get(hash(person)) ?? [];
    if (own.length > 0) found += 1;
    for (const { id } of own) await eraseAgain(engine, id, person.name);
    // A copy may name one person in many places.
    erasures.delete(hash(person));
  }
  return found;
}

/** Adds erasures that the store does not know, and what late records are looked up by. */
async function keepErasures(engine: Engine, known: readonly KnownErasure[]): Promise<void> {
  for (const one of known)
    await engine.db.transaction().execute(async (db) => {
      await engine.lock(db, ledgerLock);
      await markErased(db, [one.personHash, ...one.keyHashes], one.begunMs);
      await db
        .insertInto("erasures")
        .values({
          id: one.id,
          kind: one.kind,
          person_hash: one.personHash,
          organization_id: one.organizationId,
          team_id: one.teamId,
          request_key: "",
          begun_ms: BigInt(one.begunMs),
          finished_ms: BigInt(one.finishedMs),
          person: "",
          progress_json: "",
          receipt_json: one.receiptJson,
        })
        .onConflict((conflict) => conflict.column("id").doNothing())
        .execute();
    });
}

/** The receipt stays what it was; until it is over the erasure is under way, for whoever looks. */
async function eraseAgain(engine: Engine, id: string, name: string): Promise<void> {
  const before = await readErasure(engine.db, id);
  if (before === undefined) return;
  const keys = await keysOf(engine.db, { ...before, name });
  await engine.db
    .updateTable("erasures")
    .set({
      finished_ms: 0n,
      person: name,
      progress_json: JSON.stringify(noProgress(keys, [])),
    })
    .where("id", "=", id)
    .execute();
  for (let goesOn = true; goesOn; ) {
    const erasure = await stepErasure(engine, { id });
    // A gateway that runs all the same may have finished it.
    goesOn = erasure?.finishedMs === 0 && erasure.progress.step !== "done";
  }
  const { receiptJson, finishedMs: nowMs } = before;
  await finishErasure(engine, { id, receiptJson, nowMs });
}

/** Everybody whom the store names, some of them more than once. */
async function* personsOf(db: Kysely<Tables>): AsyncGenerator<StoredPerson> {
  const everywhere = { organizationId: "", teamId: "" };
  for (const place of places) {
    const { rows } = await sql<{
      readonly name: string;
      readonly organization_id: string;
      readonly team_id: string;
    }>`${place.select}`.execute(db);
    for (const { name, organization_id, team_id } of rows) {
      const { kind } = place;
      yield { kind, name, ...everywhere };
      const within = [
        { kind, name, organizationId: organization_id, teamId: "" },
        { kind, name, organizationId: "", teamId: team_id },
      ];
      for (const one of within) if (isScoped(one)) yield one;
    }
  }
}

const nowhere = sql`'' as organization_id, '' as team_id`;

/** Where persons are named. */
const places = [
  { kind: "user", select: sql`select id as name, ${nowhere} from users` },
  {
    kind: "user",
    select: sql`select distinct user_id as name, ${nowhere} from keys where user_id <> ''`,
  },
  {
    kind: "user",
    select: sql`select distinct user_id as name, ${nowhere} from calls where user_id <> ''`,
  },
  {
    kind: "user",
    select: sql`select distinct value as name, ${nowhere} from rollups
      where dimension = 'user' and value <> ''`,
  },
  {
    kind: "user",
    select: sql`select distinct object_id as name, ${nowhere} from audit where object_kind = 'user'`,
  },
  { kind: "end_user", select: sql`select id as name, ${nowhere} from end_users` },
  {
    kind: "end_user",
    select: sql`select distinct end_user as name, organization_id, team_id from calls
      where end_user <> ''`,
  },
  {
    kind: "end_user",
    select: sql`select distinct value as name, organization_id, team_id from tenant_rollups
      where dimension = 'end_user' and value <> ''`,
  },
  {
    kind: "end_user",
    select: sql`select distinct object_id as name, ${nowhere} from audit
      where object_kind = 'end_user'`,
  },
] as const;
