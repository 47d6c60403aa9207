import { type Kysely, type RawBuilder, type SqlBool, sql } from "kysely";
import { parseTexts } from "../../core/ledger/ledger-json.ts";
import type { Tables } from "../engine/tables.ts";
import { erasedColumns, erasedName } from "./erased-call.ts";
import { type Erasure, type ErasureProgress, maxNames } from "./erasure-row.ts";
import type { StoredPerson } from "./person-hash.ts";

/** Calls of one transaction: writers wait no longer than these take. */
const batchCalls = 500;

/** Takes the person from some of its calls; `progress` has what they say of other places. */
export async function eraseSomeCalls(
  db: Kysely<Tables>,
  { progress, ...erasure }: Erasure,
): Promise<{ readonly count: number; readonly progress: ErasureProgress }> {
  const rows = await db
    .selectFrom("calls")
    .select(["call_id", "key_id", "principal", "provider", "tags_json"])
    .where(callsOf(erasure, progress.keys))
    // One that began later is of somebody who has come back.
    .where(sql<SqlBool>`ended_ms * 1000 - duration_us < ${BigInt(erasure.begunMs) * 1000n}`)
    .limit(batchCalls)
    .execute();
  if (rows.length === 0) return { count: 0, progress };
  const ids = rows.map(({ call_id }) => call_id);
  await db
    .updateTable("calls")
    .set(erasedColumns(erasure.kind))
    .where("call_id", "in", ids)
    .execute();
  const contents = await eraseContentOf(db, ids);
  const tags = rows.flatMap(({ tags_json }) => parseTexts(tags_json));
  const keys = erasure.kind === "user" ? rows.map(({ key_id }) => key_id) : [];
  return {
    count: rows.length,
    progress: {
      ...progress,
      counts: { ...progress.counts, content: (progress.counts.content ?? 0) + contents },
      keys: added(progress.keys, keys),
      principals: added(
        progress.principals,
        rows.map(({ principal }) => principal),
      ),
      tags: added(
        progress.tags,
        tags.filter((tag) => namesPerson(tag, erasure.name)),
      ),
      vendors: counted(
        progress.vendors,
        rows.map(({ provider }) => provider),
      ),
    },
  };
}

/**
 * Deletes what was said in calls, and the data keys of it, without which no copy can be read. They
 * are of one person alone, but for those of calls that name nobody.
 */
async function eraseContentOf(db: Kysely<Tables>, callIds: readonly string[]): Promise<number> {
  const contents = await db
    .deleteFrom("content")
    .where("call_id", "in", [...callIds])
    .returning("data_key")
    .execute();
  const dataKeys = [...new Set(contents.map(({ data_key }) => data_key))];
  if (dataKeys.length > 0)
    await db
      .deleteFrom("content_keys")
      .where("id", "in", dataKeys)
      .where(({ eb, or }) => or([eb("user_hash", "<>", ""), eb("end_user_hash", "<>", "")]))
      .execute();
  return contents.length;
}

/** The calls of a person; who stands behind its keys is known by their ids. */
export function callsOf(
  { kind, name, organizationId, teamId }: StoredPerson,
  keys: readonly string[],
): RawBuilder<SqlBool> {
  if (kind === "user")
    return keys.length === 0
      ? sql<SqlBool>`user_id = ${name}`
      : sql<SqlBool>`(user_id = ${name} or key_id in (${sql.join(keys)}))`;
  const within = [
    ...(organizationId === "" ? [] : [sql`organization_id = ${organizationId}`]),
    ...(teamId === "" ? [] : [sql`team_id = ${teamId}`]),
  ];
  // The index has no calls without an end user, which the database has to see.
  const all = [sql`end_user = ${name}`, sql`end_user <> ''`, ...within];
  return sql<SqlBool>`(${sql.join(all, sql` and `)})`;
}

/** Whether a tag is the name of a person, or is it after a `:` or a `=`. */
function namesPerson(tag: string, name: string): boolean {
  return tag === name || tag.endsWith(`:${name}`) || tag.endsWith(`=${name}`);
}

function added(known: readonly string[], more: readonly string[]): readonly string[] {
  const names = new Set(known);
  for (const name of more)
    if (name !== "" && name !== erasedName && names.size < maxNames) names.add(name);
  return [...names];
}

function counted(
  known: Readonly<Record<string, number>>,
  names: readonly string[],
): Readonly<Record<string, number>> {
  const counts = new Map(Object.entries(known));
  for (const name of names) if (name !== "") counts.set(name, (counts.get(name) ?? 0) + 1);
  return Object.fromEntries(counts);
}
