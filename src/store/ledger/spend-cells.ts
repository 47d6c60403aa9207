import { type RawBuilder, sql } from "kysely";
import type { Engine } from "../engine/engine.ts";
import { type CallScope, isWithin } from "./call-filter.ts";
import { grains, summedValue } from "./sums-of-calls.ts";

/** Which sums are wanted: those of days from `fromMs` on and before `toMs`. */
export interface SpendCellQuery {
  readonly byEndUser?: boolean;
  readonly fromMs: number;
  readonly toMs: number;
  readonly teams?: readonly string[];
  readonly users?: readonly string[];
  readonly keys?: readonly string[];
  readonly endUsers?: readonly string[];
  /** Only calls that are charged to one of these. Absent: all. */
  readonly within?: CallScope;
  /** How many rows there may be. */
  readonly limit: number;
}

/** Sums of the calls of a day, of one key and one model, and one end user where that is wanted. */
export interface SpendCellRow {
  readonly day_ms: bigint;
  readonly team_id: string;
  readonly user_id: string;
  readonly key_id: string;
  readonly end_user: string;
  readonly model: string;
  readonly calls: bigint;
  readonly input_tokens: bigint;
  readonly output_tokens: bigint;
  readonly cost_nano_usd: bigint;
}

/**
 * Sums calls by day, key and model at once. What has no end user comes from the sums of days, which
 * are few; end users are read from the calls themselves.
 */
export async function spendCells(
  { db }: Pick<Engine, "db">,
  query: SpendCellQuery,
): Promise<readonly SpendCellRow[]> {
  const { table, day, model, endUser, sums, conditions } = query.byEndUser
    ? callsSource(query)
    : rolledSource(query);
  const { rows } = await sql<SpendCellRow>`
    select ${day} as day_ms, team_id, user_id, key_id, ${endUser} as end_user,
      ${model} as model, ${sql.join(sums)}
    from ${sql.table(table)} where ${sql.join(conditions, sql` and `)}
    group by 1, 2, 3, 4, 5, 6 order by 1, 2, 3, 4, 5, 6 limit ${BigInt(query.limit)}`.execute(db);
  return rows;
}

interface CellSource {
  readonly table: "tenant_rollups" | "calls";
  readonly day: RawBuilder<unknown>;
  readonly model: RawBuilder<unknown>;
  readonly endUser: RawBuilder<unknown>;
  readonly sums: readonly RawBuilder<unknown>[];
  readonly conditions: readonly RawBuilder<unknown>[];
}

function rolledSource(query: SpendCellQuery): CellSource {
  const sums = ["calls", "input_tokens", "output_tokens", "cost_nano_usd"].map(
    (name) => sql`sum(${sql.ref(name)}) as ${sql.ref(name)}`,
  );
  return {
    table: "tenant_rollups",
    day: sql.ref("bucket_ms"),
    model: sql.ref("value"),
    endUser: sql`''`,
    sums,
    conditions: [
      sql`grain = 'day'`,
      sql`dimension = 'model'`,
      ...between("bucket_ms", query),
      ...tenantConditions(query),
    ],
  };
}

function callsSource(query: SpendCellQuery): CellSource {
  const summed = ["input_tokens", "output_tokens", "cost_nano_usd"].map(
    (name) => sql`sum(coalesce(${sql.ref(name)}, 0)) as ${sql.ref(name)}`,
  );
  const { endUsers } = query;
  return {
    table: "calls",
    day: sql`ended_ms - ended_ms % ${sql.lit(grains.day)}`,
    model: sql.ref("model"),
    endUser: sql.ref("end_user"),
    sums: [sql`count(*) as calls`, ...summed],
    conditions: [
      sql`end_user <> ''`,
      ...between("ended_ms", query),
      ...tenantConditions(query),
      ...(endUsers === undefined ? [] : [isOneOf("end_user", endUsers)]),
    ],
  };
}

function between(column: string, { fromMs, toMs }: SpendCellQuery): RawBuilder<unknown>[] {
  const ref = sql.ref(column);
  return [sql`${ref} >= ${BigInt(fromMs)}`, sql`${ref} < ${BigInt(toMs)}`];
}

function tenantConditions({ teams, users, keys, within }: SpendCellQuery): RawBuilder<unknown>[] {
  const lists = [
    ["team_id", teams],
    ["user_id", users],
    ["key_id", keys],
  ] as const;
  const named = lists.flatMap(([column, ids]) => (ids === undefined ? [] : [isOneOf(column, ids)]));
  return within === undefined ? named : [...named, isWithin(within)];
}

function isOneOf(column: string, values: readonly string[]): RawBuilder<unknown> {
  return values.length === 0
    ? sql`1 = 0`
    : sql`${sql.ref(column)} in (${sql.join(values.map(summedValue))})`;
}
