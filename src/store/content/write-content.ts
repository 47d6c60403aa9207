import type { Kysely, Selectable } from "kysely";
import type { SealedContent, WrappedDataKey } from "../../core/ledger/sealed-content.ts";
import type { Engine } from "../engine/engine.ts";
import { storableText } from "../engine/storable.ts";
import type { ContentErasureTable, Tables } from "../engine/tables.ts";

/** The lock that writers and erasers of content take, so that neither misses the other's rows. */
export const contentLock = "parlance content";

/**
 * Writes content and the keys of it, in one transaction. What is there already is left alone, and
 * what was encrypted before its person was erased is not written. Resolves with the number of calls
 * whose content was erased so.
 */
export async function writeContent(
  engine: Engine,
  contents: readonly SealedContent[],
): Promise<number> {
  if (contents.length === 0) return 0;
  return engine.db.transaction().execute(async (transaction) => {
    await engine.lock(transaction, contentLock);
    const erased = await erasuresOf(transaction, contents);
    const kept = contents.filter(({ dataKey }) => !erased.some((one) => covers(one, dataKey)));
    const keys = new Map(kept.map(({ dataKey }) => [dataKey.id, dataKey]));
    const keyRows = [...keys.values()].map(keyColumns);
    for (const rows of chunksOf(keyRows, engine.maxRows(8)))
      await transaction
        .insertInto("content_keys")
        .values(rows)
        .onConflict((conflict) => conflict.column("id").doNothing())
        .execute();
    for (const rows of chunksOf(kept.map(contentColumns), engine.maxRows(7)))
      await transaction
        .insertInto("content")
        .values(rows)
        .onConflict((conflict) => conflict.column("call_id").doNothing())
        .execute();
    return contents.length - kept.length;
  });
}

/** The columns of a data key. */
export function keyColumns(key: WrappedDataKey) {
  return {
    id: key.id,
    organization_id: storableText(key.organization),
    team_id: storableText(key.team),
    user_hash: key.userHash,
    end_user_hash: key.endUserHash,
    master_key: key.masterKey,
    wrapped: key.wrapped,
    created_ms: BigInt(Math.trunc(key.createdMs)),
  };
}

function contentColumns(content: SealedContent) {
  return {
    call_id: content.callId,
    ended_ms: BigInt(Math.trunc(content.endedMs)),
    organization_id: storableText(content.organization),
    team_id: storableText(content.team),
    key_id: storableText(content.key),
    data_key: content.dataKey.id,
    sealed: content.sealed,
  };
}

/** The erasures of the people of some content. */
async function erasuresOf(
  db: Kysely<Tables>,
  contents: readonly SealedContent[],
): Promise<readonly Selectable<ContentErasureTable>[]> {
  const hashes = (name: "userHash" | "endUserHash") => [
    ...new Set(contents.map(({ dataKey }) => dataKey[name]).filter((hash) => hash !== "")),
  ];
  const [users, endUsers] = [hashes("userHash"), hashes("endUserHash")];
  if (users.length + endUsers.length === 0) return [];
  return db
    .selectFrom("content_erasures")
    .selectAll()
    .where(({ eb, or }) =>
      or([
        ...(users.length === 0 ? [] : [eb("user_hash", "in", users)]),
        ...(endUsers.length === 0 ? [] : [eb("end_user_hash", "in", endUsers)]),
      ]),
    )
    .execute();
}

/** Whether a key is of a person that was erased after it was made. */
function covers(erasure: Selectable<ContentErasureTable>, key: WrappedDataKey): boolean {
  const { team_id, user_hash, end_user_hash, erased_ms } = erasure;
  if (team_id !== null && team_id !== storableText(key.team)) return false;
  if (BigInt(Math.trunc(key.createdMs)) > erased_ms) return false;
  const isUser = user_hash !== "" && user_hash === key.userHash;
  return isUser || (end_user_hash !== "" && end_user_hash === key.endUserHash);
}

function* chunksOf<T>(rows: readonly T[], size: number): Generator<readonly T[]> {
  for (let at = 0; at < rows.length; at += size) yield rows.slice(at, at + size);
}
