import { type Kysely, sql } from "kysely";
import type { Engine } from "../engine/engine.ts";
import { storableText } from "../engine/storable.ts";
import type { Tables } from "../engine/tables.ts";
import { keysOf } from "./begin-erasure.ts";
import { entriesAbout } from "./erase-audit.ts";
import { callsOf } from "./erase-calls.ts";
import { type Erasure, type ErasureProgress, noProgress } from "./erasure-row.ts";
import { countSums } from "./move-sums.ts";
import { isScoped, personHashes, type StoredPerson } from "./person-hash.ts";

/** What an erasure would do, as that of one that was done; nothing is changed. */
export async function countPerson(
  { db }: Pick<Engine, "db">,
  { person, nowMs }: { readonly person: StoredPerson; readonly nowMs: number },
): Promise<Erasure> {
  const wanted = { ...person, name: storableText(person.name) };
  const keys = await keysOf(db, wanted);
  const erasure: Erasure = {
    ...wanted,
    id: "",
    personHash: (await personHashes(db))(wanted),
    begunMs: nowMs,
    finishedMs: 0,
    progress: noProgress(keys, []),
    receiptJson: "",
  };
  return { ...erasure, progress: await countsOf(db, erasure) };
}

async function countsOf(db: Kysely<Tables>, erasure: Erasure): Promise<ErasureProgress> {
  const { progress } = erasure;
  const found = await db
    .selectFrom("calls")
    .select(({ fn }) => ["provider", "principal", fn.countAll<bigint>().as("count")])
    .where(callsOf(erasure, progress.keys))
    .groupBy(["provider", "principal"])
    .execute();
  const vendors: Record<string, number> = {};
  let calls = 0;
  for (const { provider, count } of found) {
    calls += Number(count);
    if (provider !== "") vendors[provider] = (vendors[provider] ?? 0) + Number(count);
  }
  const { audit } = await db
    .selectFrom("audit")
    .select(({ fn }) => fn.countAll<bigint>().as("audit"))
    .where(entriesAbout(erasure))
    .executeTakeFirstOrThrow();
  return {
    ...progress,
    step: "done",
    vendors,
    principals: [...new Set(found.map(({ principal }) => principal))],
    counts: {
      directory: await countObjects(db, erasure),
      calls,
      sums: await countSums(db, erasure),
      audit: Number(audit),
    },
  };
}

async function countObjects(db: Kysely<Tables>, erasure: Erasure): Promise<number> {
  const { kind, name } = erasure;
  if (kind === "end_user" && isScoped(erasure)) return 0;
  const places =
    kind === "end_user"
      ? [sql`end_users where id = ${name}`]
      : [
          sql`users where id = ${name}`,
          sql`keys where user_id = ${name}`,
          sql`memberships where user_id = ${name}`,
        ];
  let count = 0;
  for (const place of places) {
    const { rows } = await sql<{
      readonly count: bigint;
    }>`select count(*) as count from ${place}`.execute(db);
    count += Number(rows[0]?.count ?? 0n);
  }
  return count;
}
