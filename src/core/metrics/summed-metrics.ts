import { families, type MetricName } from "./families.ts";
import { bucketsOf, cellsOf, exemplarCells, type MetricFamily } from "./metric-family.ts";
import type { MetricView } from "./metric-memory.ts";
import { exemplarsOf, parseSeriesName, printLabels } from "./metrics.ts";

/**
 * What all threads have counted, as one: the cells of each series by its labels, as `printLabels`
 * prints them, by its metric.
 */
export type SummedMetrics = ReadonlyMap<MetricName, ReadonlyMap<string, readonly number[]>>;

/** A number that is read when the metrics are. */
export interface Reading {
  readonly metric: MetricName;
  /** The values of its labels, in their order. */
  readonly labels: readonly string[];
  /** In the unit of the metric. */
  readonly value: number;
}

/** Sums what threads have counted, and puts in what was read now. */
export function sumMetrics(
  threads: readonly MetricView[],
  readings: Iterable<Reading>,
): SummedMetrics {
  const summed: Summed = new Map();
  for (const { places, cells } of threads)
    for (const [name, at] of places) {
      const { metric, labels } = parseSeriesName(name);
      const family: MetricFamily = families[metric];
      const own = cells.subarray(at, at + cellsOf(family));
      const series = seriesOf(summed, metric);
      const known = series.get(labels);
      if (known === undefined) series.set(labels, [...own]);
      else addCells(family, known, own);
    }
  for (const { metric, labels, value } of readings) {
    const family: MetricFamily = families[metric];
    seriesOf(summed, metric).set(printLabels(family.labels, labels), [value * (family.per ?? 1)]);
  }
  return summed;
}

type Summed = Map<MetricName, Map<string, number[]>>;

function seriesOf(summed: Summed, metric: MetricName): Map<string, number[]> {
  const known = summed.get(metric);
  if (known !== undefined) return known;
  const made = new Map<string, number[]>();
  summed.set(metric, made);
  return made;
}

/** Adds counts; of two exemplars of a bucket the later one stays. */
function addCells(family: MetricFamily, sum: number[], more: Float64Array): void {
  const counts = sum.length - exemplarsOf(family) * exemplarCells;
  for (let at = 0; at < counts; at += 1) sum[at] = (sum[at] ?? 0) + (more[at] ?? 0);
  for (let at = counts; at < sum.length; at += exemplarCells) {
    if ((more[at + 1] ?? 0) <= (sum[at + 1] ?? 0)) continue;
    for (let cell = at; cell < at + exemplarCells; cell += 1) sum[cell] = more[cell] ?? 0;
  }
}

/** A call that a bucket has as its example. */
export interface KeptExemplar {
  /** In the unit of the metric. */
  readonly value: number;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  /** 32 hex digits. */
  readonly traceId: string;
}

/** The exemplar of a bucket of a series; undefined: there is none. */
export function exemplarOf(
  family: MetricFamily,
  cells: readonly number[],
  bucket: number,
): KeptExemplar | undefined {
  if (exemplarsOf(family) === 0) return undefined;
  const at = bucketsOf(family) + 1 + bucket * exemplarCells;
  const [value = 0, atMs = 0, ...words] = cells.slice(at, at + exemplarCells);
  if (atMs === 0) return undefined;
  const traceId = words.map((word) => word.toString(16).padStart(8, "0")).join("");
  return { value: value / (family.per ?? 1), atMs, traceId };
}
