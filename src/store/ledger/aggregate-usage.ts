import { type RawBuilder, sql } from "kysely";
import type { Engine } from "../engine/engine.ts";
import type { SumColumns } from "../engine/tables.ts";
import {
  type Grain,
  grains,
  type RolledDimension,
  summedValue,
  sumNames,
  tenantDimensions,
} from "./sums-of-calls.ts";

/** What calls can be summed by beside what there are sums of: these are read from the calls. */
export const callDimensions = [
  "session",
  "status",
  "reason",
  "arm",
  "cache",
  "client_dialect",
  "config_hash",
] as const;

/** Something that calls can be summed by. */
export type UsageDimension = RolledDimension | (typeof callDimensions)[number];

/** Sums that are wanted. */
export interface UsageQuery {
  readonly dimension: UsageDimension;
  /** The length of the buckets, in UTC; `all`: one for the whole time. */
  readonly bucket: Grain | "all";
  /** From this time on, in milliseconds since 1970; rounded down to a whole hour. */
  readonly fromMs: number;
  /** Before this time, rounded up to a whole hour. */
  readonly toMs: number;
  /**
   * Only calls that are charged to one of these. Absent: all. At most one of the four counts fast.
   */
  readonly organizations?: readonly string[];
  readonly teams?: readonly string[];
  readonly users?: readonly string[];
  readonly keys?: readonly string[];
  /** Only these values of the dimension. Absent: all. */
  readonly values?: readonly string[];
  /** How many values each bucket may have, those with the highest cost first. From 1 to 10000. */
  readonly top: number;
}

/** The sums of a value in a bucket. */
export interface UsageSums {
  /** When the bucket begins, in milliseconds since 1970. */
  readonly bucketMs: number;
  readonly value: string;
  readonly sums: SumColumns;
}

/** How many values a bucket may have. */
export const maxTop = 10_000;

/**
 * Sums usage by a dimension and by time, the buckets in order and in each the highest cost first.
 */
export async function aggregateUsage(
  { db }: Engine,
  query: UsageQuery,
): Promise<readonly UsageSums[]> {
  const top = Math.min(Math.max(1, Math.trunc(query.top)), maxTop);
  const { table, bucket, value, sums, conditions } = sourceOf(query);
  const named = sumNames.map((name) => sql`${sums(name)} as ${sql.ref(name)}`);
  const { rows } = await sql<SumRow>`
    select * from (
      select grouped.*, row_number() over (
        partition by bucket_ms order by cost_nano_usd desc, calls desc, value
      ) as place
      from (
        select ${bucket} as bucket_ms, ${value} as value, ${sql.join(named)}
        from ${sql.table(table)} where ${sql.join(conditions, sql` and `)} group by 1, 2
      ) as grouped
    ) as ranked
    where place <= ${BigInt(top)} order by bucket_ms, place`.execute(db);
  return rows.map(({ bucket_ms, value: text, place: _, ...rest }) => ({
    bucketMs: Number(bucket_ms),
    value: text,
    sums: rest,
  }));
}

interface SumRow extends SumColumns {
  readonly bucket_ms: bigint;
  readonly value: string;
  readonly place: bigint;
}

/** Where sums are taken from. */
interface Source {
  readonly table: "rollups" | "tenant_rollups" | "calls";
  readonly bucket: RawBuilder<unknown>;
  readonly value: RawBuilder<unknown>;
  readonly sums: (name: keyof SumColumns) => RawBuilder<unknown>;
  readonly conditions: readonly RawBuilder<unknown>[];
}

/** The dimensions that are columns of the tables. */
const tenantColumns: Readonly<Record<string, string>> = {
  organization: "organization_id",
  team: "team_id",
  user: "user_id",
  key: "key_id",
};

function sourceOf(query: UsageQuery): Source {
  const { dimension } = query;
  if (isOfCalls(dimension)) return callSource(query, dimension);
  const tenants = tenantConditions(query);
  const { value, table, summed } =
    tenants.length === 0
      ? { value: "value", table: "rollups" as const, summed: dimension }
      : { ...tenantPlace(dimension), table: "tenant_rollups" as const };
  const shown = dimension === "total" ? sql`''` : sql.ref(value);
  return {
    table,
    bucket: bucketOf(query, sql.ref("bucket_ms")),
    value: shown,
    sums: (name) => sql`sum(${sql.ref(name)})`,
    conditions: [
      sql`dimension = ${summed}`,
      rangeOf(query),
      ...tenants,
      ...valueCondition(query, sql.ref(value)),
    ],
  };
}

/**
 * What is there of a tenant's calls: of its keys, by their operations, which each call has one of.
 */
function tenantPlace(dimension: RolledDimension): { value: string; summed: string } {
  const names: readonly string[] = tenantDimensions;
  if (names.includes(dimension)) return { value: "value", summed: dimension };
  return { value: tenantColumns[dimension] ?? "value", summed: "operation" };
}

function tenantConditions({ organizations, teams, users, keys }: UsageQuery) {
  const lists = [
    ["organization_id", organizations],
    ["team_id", teams],
    ["user_id", users],
    ["key_id", keys],
  ] as const;
  return lists.flatMap(([column, ids]) =>
    ids === undefined ? [] : [isOneOf(sql.ref(column), ids.map(summedValue))],
  );
}

function valueCondition({ values, dimension }: UsageQuery, value: RawBuilder<unknown>) {
  if (values === undefined || dimension === "total") return [];
  return [isOneOf(value, values.map(summedValue))];
}

function isOneOf(column: RawBuilder<unknown>, values: readonly string[]): RawBuilder<unknown> {
  return values.length === 0 ? sql`1 = 0` : sql`${column} in (${sql.join(values)})`;
}

/** The bucket of a time. */
function bucketOf({ bucket, fromMs }: UsageQuery, time: RawBuilder<unknown>): RawBuilder<unknown> {
  if (bucket === "all") return sql`cast(${floorTo(fromMs, grains.hour)} as bigint)`;
  return sql`${time} - ${time} % ${sql.lit(grains[bucket])}`;
}

/**
 * Whole days are taken from the sums of days, and the hours before and after from those of hours.
 */
function rangeOf({ bucket, fromMs, toMs }: UsageQuery): RawBuilder<unknown> {
  const from = floorTo(fromMs, grains.hour);
  const to = -floorTo(-toMs, grains.hour);
  const firstDay = -floorTo(-Number(from), grains.day);
  const lastDay = floorTo(Number(to), grains.day);
  if (bucket === "hour" || firstDay >= lastDay) return within("hour", from, to);
  const days = within("day", firstDay, lastDay);
  const parts = [days];
  if (from < firstDay) parts.push(within("hour", from, firstDay));
  if (lastDay < to) parts.push(within("hour", lastDay, to));
  return sql`(${sql.join(parts, sql` or `)})`;
}

function within(grain: Grain, from: bigint, to: bigint): RawBuilder<unknown> {
  return sql`(grain = ${grain} and bucket_ms >= ${from} and bucket_ms < ${to})`;
}

function floorTo(ms: number, length: number): bigint {
  return BigInt(Math.floor(ms / length) * length);
}

type CallDimension = (typeof callDimensions)[number];

function isOfCalls(dimension: UsageDimension): dimension is CallDimension {
  const names: readonly string[] = callDimensions;
  return names.includes(dimension);
}

function callSource(query: UsageQuery, dimension: CallDimension): Source {
  const { fromMs, toMs } = query;
  return {
    table: "calls",
    bucket: bucketOf(query, sql.ref("ended_ms")),
    value: sql.ref(dimension),
    sums: sumOfCalls,
    conditions: [
      sql`ended_ms >= ${floorTo(fromMs, grains.hour)}`,
      sql`ended_ms < ${-floorTo(-toMs, grains.hour)}`,
      ...tenantConditions(query),
      ...valueCondition(query, sql.ref(dimension)),
    ],
  };
}

/** A column of sums, from the calls themselves. */
function sumOfCalls(name: keyof SumColumns): RawBuilder<unknown> {
  switch (name) {
    case "calls":
      return sql`count(*)`;
    case "failed_calls":
      return sql`sum(case when status = 'broken' then 1 else 0 end)`;
    case "left_calls":
      return sql`sum(case when status = 'left' then 1 else 0 end)`;
    case "cached_calls":
      return sql`sum(case when cache = 'hit' then 1 else 0 end)`;
    case "unpriced_calls":
      return sql`sum(case when cost_nano_usd is null then 1 else 0 end)`;
    case "first_token_calls":
      return sql`sum(case when first_token_us is null then 0 else 1 end)`;
    case "input_tokens":
    case "cache_read_tokens":
    case "cache_write_tokens":
    case "output_tokens":
    case "reasoning_tokens":
    case "cost_nano_usd":
    case "cache_saved_nano_usd":
    case "hedge_waste_nano_usd":
    case "duration_us":
    case "first_token_us":
      return sql`sum(coalesce(${sql.ref(name)}, 0))`;
  }
}
