import { sql } from "kysely";
import type { Engine } from "../engine/engine.ts";
import { grains } from "./sums-of-calls.ts";

/** What was sent to a provider within some time, in milliseconds since 1970. */
export interface SentQuery {
  readonly provider: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** What attempts at a model took on a day, as far as it is known. */
export interface SentUsage {
  readonly dayMs: number;
  /** As the vendor calls it, else as it was requested. */
  readonly model: string;
  readonly input: bigint;
  readonly cacheRead: bigint;
  readonly cacheWrite: bigint;
  readonly output: bigint;
  readonly costNanoUsd: bigint;
  readonly attempts: bigint;
  /** Of the attempts, those whose usage is estimated, and those of which none is known. */
  readonly estimated: bigint;
  readonly unknown: bigint;
  readonly unpriced: bigint;
}

/** Sums the attempts at a provider by day in UTC and by model. `input` has what caches hold too. */
export async function sumSentUsage(
  { db }: Engine,
  { provider, fromMs, toMs }: SentQuery,
): Promise<readonly SentUsage[]> {
  const day = sql<bigint>`ended_ms - ended_ms % ${sql.lit(grains.day)}`;
  const model = sql<string>`case when answered_model = '' then target else answered_model end`;
  const { rows } = await sql<Record<string, bigint> & { readonly model: string }>`
    select ${day} as day_ms, ${model} as model,
      sum(coalesce(input_tokens, 0)) as input, sum(coalesce(cache_read_tokens, 0)) as cache_read,
      sum(coalesce(cache_write_tokens, 0)) as cache_write,
      sum(coalesce(output_tokens, 0)) as output, sum(coalesce(cost_nano_usd, 0)) as cost,
      count(*) as attempts, sum(estimated) as estimated,
      sum(case when usage_json = '' and status <> 'broken' then 1 else 0 end) as unknown,
      sum(case when cost_nano_usd is null then 1 else 0 end) as unpriced
    from attempts
    where provider = ${provider} and ended_ms >= ${BigInt(fromMs)} and ended_ms < ${BigInt(toMs)}
      and dialect <> ''
    group by 1, 2 order by 1, 2`.execute(db);
  return rows.map((row) => ({
    dayMs: Number(row.day_ms),
    model: row.model.startsWith(`${provider}/`) ? row.model.slice(provider.length + 1) : row.model,
    input: row.input ?? 0n,
    cacheRead: row.cache_read ?? 0n,
    cacheWrite: row.cache_write ?? 0n,
    output: row.output ?? 0n,
    costNanoUsd: row.cost ?? 0n,
    attempts: row.attempts ?? 0n,
    estimated: row.estimated ?? 0n,
    unknown: row.unknown ?? 0n,
    unpriced: row.unpriced ?? 0n,
  }));
}
