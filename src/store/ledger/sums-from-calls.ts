import { expressionBuilder, type RawBuilder, sql } from "kysely";
import type { Engine } from "../engine/engine.ts";
import { storableText } from "../engine/storable.ts";
import type { SumColumns, Tables } from "../engine/tables.ts";
import { callsThat } from "./call-filter.ts";
import type { SumSource, UsageDimension, UsageQuery } from "./usage-query.ts";

/** The stretch of time and the tenants of a query, as conditions on calls. */
export interface CallSpan {
  readonly bucket: RawBuilder<unknown>;
  readonly fromMs: bigint;
  readonly toMs: bigint;
  readonly tenants: readonly RawBuilder<unknown>[];
}

/** Sums from the calls themselves, by anything that they have, and by two things at once. */
export function callSource(engine: Engine, query: UsageQuery, span: CallSpan): SumSource {
  const { dimension, thenBy = "total", values, filter } = query;
  const { fromMs: _, toMs: __, within: ___, ...filtered } = filter ?? {};
  const value = columnOf(dimension);
  const lists = new Set([dimension, thenBy].flatMap((one) => listOf(one) ?? []));
  return {
    from: sql.join([sql.table("calls"), ...[...lists].map((one) => eachOf(engine, one))], sql` `),
    bucket: span.bucket,
    value,
    thenValue: columnOf(thenBy),
    sums: sumOfCalls,
    conditions: [
      sql`calls.ended_ms >= ${span.fromMs}`,
      sql`calls.ended_ms < ${span.toMs}`,
      ...span.tenants,
      ...(filter === undefined
        ? []
        : [sql`${callsThat(expressionBuilder<Tables, "calls">(), filtered)}`]),
      ...(values === undefined || dimension === "total"
        ? []
        : [sql`${value} in (${sql.join(values.map(storableText))})`]),
    ],
  };
}

const ids: Readonly<Partial<Record<UsageDimension, string>>> = {
  organization: "calls.organization_id",
  team: "calls.team_id",
  user: "calls.user_id",
  key: "calls.key_id",
  tag: "tag_each.value",
  rule: "rule_each.value",
};

function columnOf(dimension: UsageDimension): RawBuilder<unknown> {
  return dimension === "total" ? sql`''` : sql.ref(ids[dimension] ?? `calls.${dimension}`);
}

/** The column of a list that a call counts for each member of. */
function listOf(dimension: UsageDimension): "tag" | "rule" | undefined {
  return dimension === "tag" || dimension === "rule" ? dimension : undefined;
}

/** A row for each member of a list of a call. */
function eachOf({ kind }: Engine, list: "tag" | "rule"): RawBuilder<unknown> {
  const column = sql.ref(`calls.${list}s_json`);
  const text = sql`case when ${column} = '' then '[]' else ${column} end`;
  const name = sql.ref(`${list}_each`);
  return kind === "postgres"
    ? sql`cross join lateral json_array_elements_text((${text})::json) as ${name}(value)`
    : sql`cross join json_each(${text}) as ${name}`;
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
