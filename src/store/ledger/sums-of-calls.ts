import { createHash } from "node:crypto";
import type { Billed, LedgerAttempt, LedgerRow } from "../../core/ledger/ledger-row.ts";
import { storableText } from "../engine/storable.ts";
import type { RollupTable, SumColumns, TenantRollupTable } from "../engine/tables.ts";

/** Lengths of the buckets of sums, in milliseconds, in UTC. */
export const grains = { hour: 3_600_000, day: 86_400_000 } as const;

/** The length of a bucket. */
export type Grain = keyof typeof grains;

/**
 * What all calls are summed by. By `provider` and `target` attempts are summed, so that each vendor
 * has what it was sent; a call without attempts is in none of them. By `tag` a call counts for each
 * of its tags. By all others the values together are the total.
 */
export const rolledDimensions = [
  "total",
  "organization",
  "team",
  "user",
  "key",
  "model",
  "operation",
  "provider",
  "target",
  "end_user",
  "tag",
] as const;

/** Something that calls are summed by. */
export type RolledDimension = (typeof rolledDimensions)[number];

/** What the calls of each tenant are summed by, with all of its ids. */
export const tenantDimensions = [
  "operation",
  "model",
  "provider",
  "target",
  "end_user",
  "tag",
] as const;

/** The sums that some calls add to tables. */
export interface AddedSums {
  readonly rollups: readonly Placed<RollupTable>[];
  readonly tenantRollups: readonly Placed<TenantRollupTable>[];
}

/** Sums calls by hour and day, dimension and tenant. In one order, so that writers cannot lock. */
export function sumsOfCalls(rows: readonly LedgerRow[]): AddedSums {
  const rollups = new Map<string, Sum<RollupTable>>();
  const tenantRollups = new Map<string, Sum<TenantRollupTable>>();
  for (const { like, sums, attempts } of alikeOf(rows)) {
    const tenant = tenantOf(like);
    for (const part of partsOf(like, sums, attempts)) {
      for (const grain of ["hour", "day"] as const) {
        const bucket_ms = bucketOf(like.endedMs, grain);
        const { dimension, value } = part;
        const place = { grain, dimension, bucket_ms, value };
        add(rollups, place, part.sums);
        if (!tenantNames.has(dimension)) continue;
        add(tenantRollups, { ...place, ...tenant }, part.sums);
      }
    }
  }
  return { rollups: inOrder(rollups), tenantRollups: inOrder(tenantRollups) };
}

/** Calls of one hour that are summed by the same values. */
interface Alike {
  readonly like: LedgerRow;
  readonly sums: GrowingSums;
  /** Of the first attempts, the second ones... */
  readonly attempts: readonly GrowingSums[];
}

/** Sums that are added to. */
type GrowingSums = { -readonly [Name in keyof SumColumns]: SumColumns[Name] };

/** Most calls of a batch are alike: they are added up before they are summed by each dimension. */
function alikeOf(rows: readonly LedgerRow[]): Iterable<Alike> {
  const groups = new Map<string, Alike>();
  for (const row of rows) {
    const key = likenessOf(row);
    let group = groups.get(key);
    if (group === undefined) {
      group = { like: row, sums: { ...noSums }, attempts: row.attempts.map(() => ({ ...noSums })) };
      groups.set(key, group);
    }
    addCall(group.sums, row);
    for (const [at, sums] of group.attempts.entries()) addAttempt(sums, row.attempts[at]);
  }
  return groups.values();
}

/** Whatever `partsOf` and `tenantOf` read of a call but for its sums. */
function likenessOf(row: LedgerRow): string {
  return JSON.stringify([
    Math.floor(row.endedMs / grains.hour),
    row.organization,
    row.team,
    row.user,
    row.key,
    row.model,
    row.operation,
    row.endUser,
    row.tags,
    row.attempts.flatMap(({ provider, target }) => [provider, target]),
  ]);
}

/** When the bucket of a time begins. */
export function bucketOf(ms: number, grain: Grain): bigint {
  return BigInt(Math.floor(ms / grains[grain]) * grains[grain]);
}

const tenantNames: ReadonlySet<string> = new Set(tenantDimensions);

/** Sums with their place in a table. */
type Placed<Row extends SumColumns> = Omit<Row, keyof SumColumns> & SumColumns;

/** Sums under their place, while they are added to. */
interface Sum<Row extends SumColumns> {
  readonly place: Omit<Row, keyof SumColumns>;
  sums: SumColumns;
}

/** What a call adds to one value of a dimension. */
interface Part {
  readonly dimension: RolledDimension;
  readonly value: string;
  readonly sums: SumColumns;
}

function partsOf(
  row: LedgerRow,
  sums: SumColumns,
  sumsOfAttempts: readonly SumColumns[],
): readonly Part[] {
  const parts: Part[] = [
    { dimension: "total", value: "", sums },
    { dimension: "organization", value: summedValue(row.organization), sums },
    { dimension: "team", value: summedValue(row.team), sums },
    { dimension: "user", value: summedValue(row.user), sums },
    { dimension: "key", value: summedValue(row.key), sums },
    // Names of models that there are not are up to callers: they would fill the table.
    { dimension: "model", value: row.attempts.length > 0 ? summedValue(row.model) : "", sums },
    { dimension: "operation", value: row.operation, sums },
    { dimension: "end_user", value: summedValue(row.endUser), sums },
  ];
  for (const value of new Set(row.tags.map(summedValue)))
    parts.push({ dimension: "tag", value, sums });
  for (const [at, attempt] of row.attempts.entries()) {
    const taken = sumsOfAttempts[at] ?? noSums;
    parts.push({ dimension: "provider", value: summedValue(attempt.provider), sums: taken });
    parts.push({ dimension: "target", value: summedValue(attempt.target), sums: taken });
  }
  return parts;
}

/** As many bytes as an index of PostgreSQL has room for, with the ids of tenants beside them. */
const maxValueBytes = 512;

/**
 * A value as calls are summed by it. What is too long for an index is its beginning and its hash.
 */
export function summedValue(text: string): string {
  const value = storableText(text);
  if (value.length * 3 <= maxValueBytes || Buffer.byteLength(value) <= maxValueBytes) return value;
  const hash = createHash("sha256").update(value).digest("hex");
  return `${value.slice(0, 64).toWellFormed()}~${hash}`;
}

function tenantOf(row: LedgerRow) {
  return {
    organization_id: summedValue(row.organization),
    team_id: summedValue(row.team),
    user_id: summedValue(row.user),
    key_id: summedValue(row.key),
  };
}

function addCall(sums: GrowingSums, row: LedgerRow): void {
  addBilled(sums, row);
  if (row.cache === "hit") sums.cached_calls += 1n;
  if (row.cacheSavedNanoUsd !== 0n) sums.cache_saved_nano_usd += row.cacheSavedNanoUsd;
  if (row.hedgeWasteNanoUsd !== 0n) sums.hedge_waste_nano_usd += row.hedgeWasteNanoUsd;
}

function addAttempt(sums: GrowingSums, attempt: LedgerAttempt | undefined): void {
  if (attempt === undefined) return;
  addBilled(sums, attempt);
  const { cost, wasted } = attempt;
  if (wasted && cost.kind === "priced") sums.hedge_waste_nano_usd += cost.nanoUsd;
}

/** Most amounts of most calls are 0, and a sum of big integers is made anew each time. */
function addBilled(sums: GrowingSums, one: Timed): void {
  const { usage, cost, firstTokenUs } = one;
  sums.calls += 1n;
  if (one.status === "broken") sums.failed_calls += 1n;
  if (one.status === "left") sums.left_calls += 1n;
  if (cost.kind === "unpriced") sums.unpriced_calls += 1n;
  else sums.cost_nano_usd += cost.nanoUsd;
  if (usage?.inputTokens) sums.input_tokens += usage.inputTokens;
  if (usage?.cacheReadTokens) sums.cache_read_tokens += usage.cacheReadTokens;
  if (usage?.cacheWriteTokens) sums.cache_write_tokens += usage.cacheWriteTokens;
  if (usage?.outputTokens) sums.output_tokens += usage.outputTokens;
  if (usage?.reasoningTokens) sums.reasoning_tokens += usage.reasoningTokens;
  sums.duration_us += BigInt(one.durationUs);
  if (firstTokenUs === undefined) return;
  sums.first_token_us += BigInt(firstTokenUs);
  sums.first_token_calls += 1n;
}

/** What calls and attempts have in common of what is summed. */
type Timed = Billed & Pick<LedgerRow, "status" | "durationUs" | "firstTokenUs">;

function add<Row extends SumColumns>(
  to: Map<string, Sum<Row>>,
  place: Omit<Row, keyof SumColumns>,
  sums: SumColumns,
): void {
  // No value that can be stored has a NUL.
  const key = Object.values(place).join("\0");
  const sum = to.get(key);
  if (sum === undefined) to.set(key, { place, sums });
  else sum.sums = plus(sum.sums, sums);
}

/** The columns of sums. */
export const sumNames = [
  "calls",
  "failed_calls",
  "left_calls",
  "cached_calls",
  "unpriced_calls",
  "input_tokens",
  "cache_read_tokens",
  "cache_write_tokens",
  "output_tokens",
  "reasoning_tokens",
  "cost_nano_usd",
  "cache_saved_nano_usd",
  "hedge_waste_nano_usd",
  "duration_us",
  "first_token_us",
  "first_token_calls",
] as const satisfies readonly (keyof SumColumns)[];

/** The sums of no call. */
export const noSums: SumColumns = {
  calls: 0n,
  failed_calls: 0n,
  left_calls: 0n,
  cached_calls: 0n,
  unpriced_calls: 0n,
  input_tokens: 0n,
  cache_read_tokens: 0n,
  cache_write_tokens: 0n,
  output_tokens: 0n,
  reasoning_tokens: 0n,
  cost_nano_usd: 0n,
  cache_saved_nano_usd: 0n,
  hedge_waste_nano_usd: 0n,
  duration_us: 0n,
  first_token_us: 0n,
  first_token_calls: 0n,
};

/** Two sums as one, with the columns always in the same order. */
export function plus(one: SumColumns, other: SumColumns): SumColumns {
  return {
    calls: one.calls + other.calls,
    failed_calls: one.failed_calls + other.failed_calls,
    left_calls: one.left_calls + other.left_calls,
    cached_calls: one.cached_calls + other.cached_calls,
    unpriced_calls: one.unpriced_calls + other.unpriced_calls,
    input_tokens: one.input_tokens + other.input_tokens,
    cache_read_tokens: one.cache_read_tokens + other.cache_read_tokens,
    cache_write_tokens: one.cache_write_tokens + other.cache_write_tokens,
    output_tokens: one.output_tokens + other.output_tokens,
    reasoning_tokens: one.reasoning_tokens + other.reasoning_tokens,
    cost_nano_usd: one.cost_nano_usd + other.cost_nano_usd,
    cache_saved_nano_usd: one.cache_saved_nano_usd + other.cache_saved_nano_usd,
    hedge_waste_nano_usd: one.hedge_waste_nano_usd + other.hedge_waste_nano_usd,
    duration_us: one.duration_us + other.duration_us,
    first_token_us: one.first_token_us + other.first_token_us,
    first_token_calls: one.first_token_calls + other.first_token_calls,
  };
}

function inOrder<Row extends SumColumns>(
  sums: ReadonlyMap<string, Sum<Row>>,
): readonly Placed<Row>[] {
  const keys = [...sums.keys()].sort();
  return keys.flatMap((key) => {
    const sum = sums.get(key);
    return sum === undefined ? [] : [{ ...sum.place, ...plus(sum.sums, noSums) }];
  });
}
