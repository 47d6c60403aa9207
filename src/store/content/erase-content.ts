import type { Engine } from "../engine/engine.ts";
import { storableText } from "../engine/storable.ts";
import { type HashedPerson, isKeyOf, keysOf } from "./person-keys.ts";
import { contentLock } from "./write-content.ts";

/** How much of a person was erased. */
export interface ErasedContent {
  readonly calls: number;
  readonly dataKeys: number;
}

/**
 * Erases the content of a person: the data keys, without which no copy of it can be read, and the
 * rows. Content that was encrypted before `nowMs` and is still on its way is not written later.
 */
export async function erasePersonContent(
  engine: Engine,
  {
    person,
    id,
    nowMs,
  }: { readonly person: HashedPerson; readonly id: string; readonly nowMs: number },
): Promise<ErasedContent> {
  if (person.userHash === "" && person.endUserHash === "") return { calls: 0, dataKeys: 0 };
  return engine.db.transaction().execute(async (transaction) => {
    await engine.lock(transaction, contentLock);
    await transaction
      .insertInto("content_erasures")
      .values({
        id,
        team_id: person.team === undefined ? null : storableText(person.team),
        user_hash: person.userHash,
        end_user_hash: person.endUserHash,
        erased_ms: BigInt(Math.trunc(nowMs)),
      })
      .execute();
    const calls = await transaction
      .deleteFrom("content")
      .where("data_key", "in", keysOf(transaction, person))
      .executeTakeFirst();
    const dataKeys = await transaction
      .deleteFrom("content_keys")
      .where((builder) => isKeyOf(builder, person))
      .executeTakeFirst();
    return { calls: Number(calls.numDeletedRows), dataKeys: Number(dataKeys.numDeletedRows) };
  });
}
