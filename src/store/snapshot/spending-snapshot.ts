import { parseLedgerRow } from "../../core/ledger/ledger-json.ts";
import type { LedgerRow } from "../../core/ledger/ledger-row.ts";
import { isContentLine } from "../../core/ledger/sealed-content.ts";
import { isObject, parseJson } from "../../json/json.ts";
import type { Engine } from "../engine/engine.ts";
import { aggregateUsage, maxTop } from "../ledger/aggregate-usage.ts";
import { grains, noSums, type RolledDimension, sumsOfCalls } from "../ledger/sums-of-calls.ts";
import type { UsageQuery, UsageSums } from "../ledger/usage-query.ts";
import { readSealed, writeSealed } from "./sealed-file.ts";

/** What was spent in a time; what was spent ever has a time without an end. */
interface SpendingCell {
  readonly dimension: string;
  readonly value: string;
  readonly grain: UsageQuery["bucket"];
  readonly bucketMs: number;
  readonly nanoUsd: bigint;
}

/** Sums of the money that was spent, by which budgets go on after a start without the database. */
export interface SpendingSnapshot {
  /** From when on there are cells of hours and days, in milliseconds since 1970. */
  readonly fromMs: number;
  readonly cells: readonly SpendingCell[];
}

/** What there is without a file: nothing was spent. */
export const noSpending: SpendingSnapshot = { fromMs: 0, cells: [] };

/** What budgets go by. */
const dimensions: readonly RolledDimension[] = [
  "total",
  "organization",
  "team",
  "user",
  "key",
  "model",
  "provider",
  "target",
  "tag",
  "end_user",
];

/** The last hours are kept one by one, and before them days: a month and its days of another zone. */
const hourCellsMs = 48 * grains.hour;
const dayCellsMs = 33 * grains.day;

/** Writes what was spent until now. Rejects where the database or the disk does not take part. */
export async function writeSpending(
  engine: Engine,
  options: { readonly path: string; readonly store: string; readonly nowMs: number },
): Promise<void> {
  await writeSealed(options.path, linesOf(engine, options));
}

async function* linesOf(
  engine: Engine,
  { store, nowMs }: { readonly store: string; readonly nowMs: number },
): AsyncIterable<string> {
  const toMs = nowMs + 1;
  const hoursMs = Math.floor((nowMs - hourCellsMs) / grains.day) * grains.day;
  yield JSON.stringify({ store, from_ms: hoursMs - dayCellsMs });
  const parts = [
    { bucket: "hour", fromMs: hoursMs, toMs },
    { bucket: "day", fromMs: hoursMs - dayCellsMs, toMs: hoursMs },
    { bucket: "all", fromMs: 0, toMs },
  ] as const;
  for (const dimension of dimensions)
    for (const part of parts) {
      const sums = await aggregateUsage(engine, { ...part, dimension, top: maxTop });
      const cells = sums.filter(({ sums: { cost_nano_usd } }) => cost_nano_usd > 0n);
      if (cells.length > 0)
        yield cells.map((cell) => printCell(dimension, part.bucket, cell)).join("\n");
    }
}

function printCell(
  dimension: string,
  grain: UsageQuery["bucket"],
  { value, bucketMs, sums }: UsageSums,
): string {
  return JSON.stringify([dimension, value, grain, bucketMs, String(sums.cost_nano_usd)]);
}

/** Reads what was spent; nothing where there is no file of this store. Never rejects. */
export async function readSpending(path: string, store: string): Promise<SpendingSnapshot> {
  const file = await readSealed(path);
  if (!file.ok) return noSpending;
  const [head = "", ...lines] = file.lines;
  const parsed = parseJson(head);
  if (!parsed.ok || !isObject(parsed.value) || parsed.value.store !== store) return noSpending;
  return { fromMs: Number(parsed.value.from_ms), cells: lines.flatMap(cellsOf) };
}

/**
 * Adds what calls have cost that wait in a journal, as lines of the ledger. Those that are in the
 * database as well count twice: budgets rather end early than late.
 */
export function addWaiting(
  { fromMs, cells }: SpendingSnapshot,
  waiting: Iterable<readonly string[]>,
): SpendingSnapshot {
  const added = new Map<string, SpendingCell>();
  const add = (cell: Omit<SpendingCell, "nanoUsd">, nanoUsd: bigint): void => {
    const key = [cell.dimension, cell.grain, cell.bucketMs, cell.value].join("\n");
    added.set(key, { ...cell, nanoUsd: (added.get(key)?.nanoUsd ?? 0n) + nanoUsd });
  };
  for (const lines of waiting)
    for (const sum of sumsOfCalls(lines.flatMap(rowsOf)).rollups) {
      if (sum.grain !== "hour" || sum.cost_nano_usd <= 0n) continue;
      const { dimension, value } = sum;
      const bucketMs = Number(sum.bucket_ms);
      add({ dimension, value, grain: "hour", bucketMs }, sum.cost_nano_usd);
      add({ dimension, value, grain: "all", bucketMs: 0 }, sum.cost_nano_usd);
    }
  return { fromMs, cells: [...cells, ...added.values()] };
}

/** What is no record is set aside when the journal is written; content costs nothing. */
function rowsOf(line: string): readonly LedgerRow[] {
  if (isContentLine(line)) return [];
  try {
    return [parseLedgerRow(line)];
  } catch {
    return [];
  }
}

function cellsOf(line: string): readonly SpendingCell[] {
  const cell = parseJson(line);
  if (!cell.ok || !Array.isArray(cell.value)) return [];
  const [dimension = "", value = "", grain, bucketMs, nanoUsd = "0"] = cell.value.map(String);
  return [
    {
      dimension,
      value,
      grain: grain === "hour" || grain === "day" ? grain : "all",
      bucketMs: Number(bucketMs),
      nanoUsd: BigInt(nanoUsd),
    },
  ];
}

/**
 * What a query for sums by hour or in all finds. A time that begins within a cell has all of it:
 * budgets rather end early than late. Before the oldest day all that was ever spent counts. What a
 * tenant has spent by another dimension is not known: nothing counts.
 */
export function spendingOf(
  { fromMs, cells }: SpendingSnapshot,
  query: Omit<UsageQuery, "top" | "toMs"> & Partial<Pick<UsageQuery, "toMs">>,
): readonly UsageSums[] {
  const { organizations, teams, users, keys, filter } = query;
  const isOfTenant = [organizations, teams, users, keys, filter].some((one) => one !== undefined);
  const isOlder = query.bucket === "all" && query.fromMs < fromMs;
  if (isOfTenant || (isOlder && query.exact === true)) return [];
  const own = cells.filter(
    ({ dimension, value }) =>
      dimension === query.dimension && (query.values?.includes(value) ?? true),
  );
  const parts = own.filter(({ grain }) => grain !== "all");
  const within = parts.filter(
    ({ grain, bucketMs }) =>
      bucketMs + widthOf(grain) > query.fromMs &&
      bucketMs < (query.toMs ?? Number.POSITIVE_INFINITY),
  );
  const counted = isOlder ? own.filter(({ grain }) => grain === "all") : within;
  const sums = new Map<string, UsageSums>();
  for (const { value, bucketMs, nanoUsd } of counted) {
    const at = query.bucket === "all" ? 0 : bucketMs;
    const key = `${at}\n${value}`;
    const spent = (sums.get(key)?.sums.cost_nano_usd ?? 0n) + nanoUsd;
    const added = { ...noSums, cost_nano_usd: spent };
    sums.set(key, { bucketMs: at, value, thenValue: "", sums: added });
  }
  return [...sums.values()];
}

function widthOf(grain: SpendingCell["grain"]): number {
  return grain === "all" ? Number.POSITIVE_INFINITY : grains[grain];
}
