import type { Engine } from "../engine/engine.ts";

/** How long content is kept, in milliseconds. */
export interface ContentRetention {
  /** By the id of the team. */
  readonly teams: ReadonlyMap<string, number>;
  /** Of all others. */
  readonly otherMs: number;
}

/** Rows of one transaction: others wait no longer than these take. */
const chunkRows = 500;

/**
 * How old a data key without content is when it is deleted: longer than a gateway uses it for new
 * content. One that is deleted too early comes back with the next content of it.
 */
const orphanMs = 24 * 3_600_000;

/** The id of the data key that people are hashed with, which has no content. */
const peopleKeyId = "people";

/**
 * Deletes content that is older than its team keeps it, in small transactions, and then the data
 * keys that have none any more. Goes on as long as `goesOn` says so. Resolves with the number of
 * calls whose content was deleted.
 */
export async function expireContent(
  { db }: Pick<Engine, "db">,
  { teams, otherMs }: ContentRetention,
  { nowMs, goesOn }: { readonly nowMs: number; readonly goesOn: () => Promise<boolean> },
): Promise<number> {
  let deleted = 0;
  for (let team = await nextTeam({ db }); team !== undefined; team = await nextTeam({ db }, team)) {
    const before = BigInt(Math.floor(nowMs - (teams.get(team) ?? otherMs)));
    for (let count = chunkRows; count === chunkRows; ) {
      if (!(await goesOn())) return deleted;
      const old = db
        .selectFrom("content")
        .select("call_id")
        .where("team_id", "=", team)
        .where("ended_ms", "<", before)
        .orderBy("ended_ms")
        .orderBy("call_id")
        .limit(chunkRows);
      const { numDeletedRows } = await db
        .deleteFrom("content")
        .where("call_id", "in", old)
        .executeTakeFirst();
      count = Number(numDeletedRows);
      deleted += count;
    }
  }
  if (await goesOn())
    await db
      .deleteFrom("content_keys")
      .where("created_ms", "<", BigInt(Math.floor(nowMs - orphanMs)))
      .where("id", "!=", peopleKeyId)
      .where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom("content")
              .select("call_id")
              .whereRef("content.data_key", "=", "content_keys.id"),
          ),
        ),
      )
      .execute();
  return deleted;
}

/** The team after this one that has content; undefined: there is none. */
async function nextTeam({ db }: Pick<Engine, "db">, after?: string): Promise<string | undefined> {
  let select = db.selectFrom("content").select("team_id").orderBy("team_id").limit(1);
  if (after !== undefined) select = select.where("team_id", ">", after);
  return (await select.executeTakeFirst())?.team_id;
}
