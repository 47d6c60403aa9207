import { type Selectable, sql } from "kysely";
import type { SealedContent, WrappedDataKey } from "../../core/ledger/sealed-content.ts";
import type { Engine } from "../engine/engine.ts";
import { storableText } from "../engine/storable.ts";
import type { ContentKeyTable, ContentTable } from "../engine/tables.ts";
import type { CallCursor } from "../ledger/query-calls.ts";
import { type HashedPerson, keysOf } from "./person-keys.ts";

/** Which content is meant. All that is there must hold; a list: one of it. */
export interface ContentQuery {
  readonly callIds?: readonly string[];
  /** From this time on, in milliseconds since 1970, and before this one. Absent: no bound. */
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
  readonly organizations?: readonly string[];
  readonly teams?: readonly string[];
  readonly keys?: readonly string[];
  readonly person?: HashedPerson | undefined;
  /** Only of calls that are charged to one of these. Absent: of all. */
  readonly within?:
    | { readonly organizations: readonly string[]; readonly teams: readonly string[] }
    | undefined;
  /** Those after this one. Absent: the first. */
  readonly after?: CallCursor | undefined;
  /** Whether the oldest come first; else the newest do. */
  readonly oldestFirst?: boolean;
  /** From 1 to 1000. */
  readonly limit: number;
}

/** Contents with their keys, and where the next page begins; undefined: there are no more. */
export interface ContentPage {
  readonly contents: readonly SealedContent[];
  readonly next: CallCursor | undefined;
}

/** How many contents a page may have. */
export const maxContentPage = 1_000;

/** Reads a page of content. Content without its key, which nobody can read, is left out. */
export async function pageContent({ db }: Engine, query: ContentQuery): Promise<ContentPage> {
  const limit = Math.min(Math.max(1, Math.trunc(query.limit)), maxContentPage);
  const { after, oldestFirst = false, person } = query;
  let select = db
    .selectFrom("content")
    .selectAll()
    .orderBy("ended_ms", oldestFirst ? "asc" : "desc")
    .orderBy("call_id", oldestFirst ? "asc" : "desc")
    .limit(limit + 1);
  if (query.fromMs !== undefined)
    select = select.where("ended_ms", ">=", BigInt(Math.ceil(query.fromMs)));
  if (query.toMs !== undefined)
    select = select.where("ended_ms", "<", BigInt(Math.ceil(query.toMs)));
  for (const [column, values] of listsOf(query))
    select =
      values.length === 0
        ? select.where(sql<boolean>`1 = 0`)
        : select.where(column, "in", values.map(storableText));
  if (person !== undefined) select = select.where("data_key", "in", keysOf(db, person));
  const { within } = query;
  if (within !== undefined)
    select = select.where(({ eb, or }) =>
      or([
        ...(within.organizations.length === 0
          ? []
          : [eb("organization_id", "in", within.organizations.map(storableText))]),
        ...(within.teams.length === 0 ? [] : [eb("team_id", "in", within.teams.map(storableText))]),
      ]),
    );
  if (after !== undefined)
    select = select.where(({ eb, refTuple, tuple }) =>
      eb(
        refTuple("ended_ms", "call_id"),
        oldestFirst ? ">" : "<",
        tuple(BigInt(after.endedMs), after.callId),
      ),
    );
  const found = await select.execute();
  const rows = found.slice(0, limit);
  const last = found.length > limit ? rows.at(-1) : undefined;
  const ids = [...new Set(rows.map(({ data_key }) => data_key))];
  const keys =
    ids.length === 0
      ? []
      : await db.selectFrom("content_keys").selectAll().where("id", "in", ids).execute();
  const dataKeys = new Map(keys.map((row) => [row.id, dataKeyOf(row)]));
  return {
    contents: rows.flatMap((row) => {
      const dataKey = dataKeys.get(row.data_key);
      return dataKey === undefined ? [] : [contentOf(row, dataKey)];
    }),
    next: last && { endedMs: Number(last.ended_ms), callId: last.call_id },
  };
}

function listsOf({ callIds, organizations, teams, keys }: ContentQuery) {
  const lists = [
    ["call_id", callIds],
    ["organization_id", organizations],
    ["team_id", teams],
    ["key_id", keys],
  ] as const;
  return lists.flatMap(([column, values]) =>
    values === undefined ? [] : [[column, values] as const],
  );
}

function contentOf(row: Selectable<ContentTable>, dataKey: WrappedDataKey): SealedContent {
  return {
    callId: row.call_id,
    endedMs: Number(row.ended_ms),
    organization: row.organization_id,
    team: row.team_id,
    key: row.key_id,
    sealed: row.sealed,
    dataKey,
  };
}

/** A data key of its row. */
export function dataKeyOf(row: Selectable<ContentKeyTable>): WrappedDataKey {
  return {
    id: row.id,
    organization: row.organization_id,
    team: row.team_id,
    userHash: row.user_hash,
    endUserHash: row.end_user_hash,
    masterKey: row.master_key,
    wrapped: row.wrapped,
    createdMs: Number(row.created_ms),
  };
}
