import { type RawBuilder, sql } from "kysely";
import type { Engine } from "../engine/engine.ts";
import type { SumColumns } from "../engine/tables.ts";
import { isWithin } from "./call-filter.ts";
import { callSource } from "./sums-from-calls.ts";
import {
  type Grain,
  grains,
  type RolledDimension,
  summedValue,
  sumNames,
  tenantDimensions,
} from "./sums-of-calls.ts";
import {
  callDimensions,
  type SumSource,
  type UsageDimension,
  type UsageQuery,
  type UsageSums,
} from "./usage-query.ts";

/** How many values a bucket may have. */
export const maxTop = 10_000;

/**
 * Sums usage by a dimension and by time, the buckets in order and in each the highest cost first.
 */
export async function aggregateUsage(
  engine: Engine,
  query: UsageQuery,
): Promise<readonly UsageSums[]> {
  const top = Math.min(Math.max(1, Math.trunc(query.top)), maxTop);
  const { from, bucket, value, thenValue, sums, conditions } = sourceOf(engine, query);
  const named = sumNames.map((name) => sql`${sums(name)} as ${sql.ref(name)}`);
  const { rows } = await sql<SumRow>`
    select * from (
      select grouped.*, row_number() over (
        partition by bucket_ms order by cost_nano_usd desc, calls desc, value, then_value
      ) as place
      from (
        select ${bucket} as bucket_ms, ${value} as value, ${thenValue} as then_value,
          ${sql.join(named)}
        from ${from} where ${sql.join(conditions, sql` and `)} group by 1, 2, 3
      ) as grouped
    ) as ranked
    where place <= ${BigInt(top)} order by bucket_ms, place`.execute(engine.db);
  return rows.map(({ bucket_ms, value: text, then_value, place: _, ...rest }) => ({
    bucketMs: Number(bucket_ms),
    value: text,
    thenValue: then_value,
    sums: rest,
  }));
}

interface SumRow extends SumColumns {
  readonly bucket_ms: bigint;
  readonly value: string;
  readonly then_value: string;
  readonly place: bigint;
}

/** The dimensions that are columns of the tables. */
const tenantColumns: Readonly<Record<string, string>> = {
  organization: "organization_id",
  team: "team_id",
  user: "user_id",
  key: "key_id",
};

function sourceOf(engine: Engine, query: UsageQuery): SumSource {
  const { dimension, filter, thenBy, exact = false } = query;
  const tenants = tenantConditions(query);
  if (isOfCalls(dimension) || filter !== undefined || thenBy !== undefined || exact)
    return callSource(engine, query, {
      bucket: bucketOf(query, sql.ref("calls.ended_ms")),
      fromMs: floorTo(query.fromMs, exact ? 1 : grains.hour),
      toMs: -floorTo(-query.toMs, exact ? 1 : grains.hour),
      tenants,
    });
  const { value, table, summed } =
    tenants.length === 0
      ? { value: "value", table: "rollups" as const, summed: dimension }
      : { ...tenantPlace(dimension), table: "tenant_rollups" as const };
  const shown = dimension === "total" ? sql`''` : sql.ref(value);
  return {
    from: sql.table(table),
    bucket: bucketOf(query, sql.ref("bucket_ms")),
    value: shown,
    thenValue: sql`''`,
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

function tenantConditions({ organizations, teams, users, keys, within }: UsageQuery) {
  const lists = [
    ["organization_id", organizations],
    ["team_id", teams],
    ["user_id", users],
    ["key_id", keys],
  ] as const;
  const named = lists.flatMap(([column, ids]) =>
    ids === undefined ? [] : [isOneOf(sql.ref(column), ids.map(summedValue))],
  );
  return within === undefined ? named : [...named, isWithin(within)];
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

function isOfCalls(dimension: UsageDimension): dimension is (typeof callDimensions)[number] {
  const names: readonly string[] = callDimensions;
  return names.includes(dimension);
}
