import type { Kysely } from "kysely";
import type { LedgerRow } from "../../core/ledger/ledger-row.ts";
import type { Engine } from "../engine/engine.ts";
import { storableText } from "../engine/storable.ts";
import type { Tables } from "../engine/tables.ts";
import { erasedRow } from "./erased-call.ts";
import { type HashPerson, personHashes, type StoredPerson } from "./person-hash.ts";

/** Whoever writes calls shares this lock, so that an erasure sees all of what was written. */
export const ledgerLock = "parlance ledger";

/**
 * Rows as they may be written: those of calls that began before a person of them was erased lose
 * that person, whenever and from wherever they come. Within the transaction that writes them.
 */
export async function withoutErased(
  { lock }: Pick<Engine, "lock">,
  db: Kysely<Tables>,
  rows: readonly LedgerRow[],
): Promise<readonly LedgerRow[]> {
  await lock(db, ledgerLock, "shared");
  const firstMs = rows.reduce((first, row) => Math.min(first, begunMs(row)), Infinity);
  if (firstMs === Infinity) return rows;
  const found = await db
    .selectFrom("erased_persons")
    .selectAll()
    .where("at_ms", ">", BigInt(Math.floor(firstMs)))
    .execute();
  if (found.length === 0) return rows;
  const erased = new Map(found.map(({ hash, at_ms }) => [hash, Number(at_ms)]));
  const hash = await personHashes(db);
  return rows.map((row) =>
    withoutPersons(row, (one) => begunMs(row) < (erased.get(hash(one)) ?? 0)),
  );
}

/** When a call began, in milliseconds since 1970. */
function begunMs({ endedMs, durationUs }: LedgerRow): number {
  return endedMs - durationUs / 1_000;
}

function withoutPersons(
  row: LedgerRow,
  isErased: (person: Parameters<HashPerson>[0]) => boolean,
): LedgerRow {
  const everywhere = { organizationId: "", teamId: "" };
  const user = { kind: "user", name: storableText(row.user), ...everywhere } as const;
  const isOfUser =
    (row.user !== "" && isErased(user)) || (row.key !== "" && isErased({ key: row.key }));
  const known = isOfUser ? erasedRow(row, "user") : row;
  return endUsersOf(row).some(isErased) ? erasedRow(known, "end_user") : known;
}

/** The end user of a call, as an erasure may name it. */
function endUsersOf({ endUser, organization, team }: LedgerRow): readonly StoredPerson[] {
  if (endUser === "") return [];
  const one = { kind: "end_user", name: storableText(endUser) } as const;
  return [
    { ...one, organizationId: "", teamId: "" },
    { ...one, organizationId: organization, teamId: "" },
    { ...one, organizationId: "", teamId: team },
  ];
}
