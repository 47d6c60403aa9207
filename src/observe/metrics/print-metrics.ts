import { appendAll } from "../../core/append-all.ts";
import { families, type MetricName } from "../../core/metrics/families.ts";
import {
  bucketsOf,
  cellsOf,
  exemplarCells,
  type MetricFamily,
} from "../../core/metrics/metric-family.ts";
import type { MetricFormat } from "../../core/metrics/metric-format.ts";
import type { MetricView } from "../../core/metrics/metric-memory.ts";
import { exemplarsOf, parseSeriesName, printLabels } from "../../core/metrics/metrics.ts";

/** A number that is read when the metrics are. */
export interface Reading {
  readonly metric: MetricName;
  /** The values of its labels, in their order. */
  readonly labels: readonly string[];
  /** In the unit of the metric. */
  readonly value: number;
}

/** Writes what all threads have counted, as one, and what was read now. */
export function printMetrics(
  threads: readonly MetricView[],
  readings: readonly Reading[],
  format: MetricFormat,
): string {
  const summed = sumOf(threads);
  for (const { metric, labels, value } of readings) {
    const family: MetricFamily = families[metric];
    seriesOf(summed, metric).set(printLabels(family.labels, labels), [value * (family.per ?? 1)]);
  }
  const lines: string[] = [];
  const all: readonly [string, MetricFamily][] = Object.entries(families);
  for (const [metric, family] of all) {
    const series = summed.get(metric);
    if (series === undefined) continue;
    appendAll(lines, headOf(family, format));
    for (const [labels, cells] of series) pushSeries(lines, { family, labels, cells, format });
  }
  if (format === "openmetrics") lines.push("# EOF");
  return `${lines.join("\n")}\n`;
}

type Summed = Map<string, Map<string, number[]>>;

function seriesOf(summed: Summed, metric: string): Map<string, number[]> {
  const known = summed.get(metric);
  if (known !== undefined) return known;
  const made = new Map<string, number[]>();
  summed.set(metric, made);
  return made;
}

/** The cells of each series over all threads. */
function sumOf(threads: readonly MetricView[]): Summed {
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
  return summed;
}

/** Adds counts; of two exemplars of a bucket the later one stays. */
function addCells(family: MetricFamily, sum: number[], more: Float64Array): void {
  const buckets = exemplarsOf(family);
  const counts = sum.length - buckets * exemplarCells;
  for (let at = 0; at < counts; at += 1) sum[at] = (sum[at] ?? 0) + (more[at] ?? 0);
  for (let at = counts; at < sum.length; at += exemplarCells) {
    if ((more[at + 1] ?? 0) <= (sum[at + 1] ?? 0)) continue;
    for (let cell = at; cell < at + exemplarCells; cell += 1) sum[cell] = more[cell] ?? 0;
  }
}

/** A family by the name that the format has it under. */
function headOf({ name, kind, help, unit }: MetricFamily, format: MetricFormat): string[] {
  if (format === "text") {
    const full = kind === "counter" ? `${name}_total` : name;
    return [`# HELP ${full} ${help}`, `# TYPE ${full} ${kind}`];
  }
  const info = name.endsWith("_info");
  const own = info ? name.slice(0, -"_info".length) : name;
  const lines = [`# HELP ${own} ${help}`, `# TYPE ${own} ${info ? "info" : kind}`];
  if (unit !== undefined) lines.push(`# UNIT ${own} ${unit}`);
  return lines;
}

interface PrintedSeries {
  readonly family: MetricFamily;
  readonly labels: string;
  readonly cells: readonly number[];
  readonly format: MetricFormat;
}

function pushSeries(lines: string[], series: PrintedSeries): void {
  const { family, labels, cells } = series;
  const { name, kind, per = 1 } = family;
  if (kind === "histogram") {
    pushHistogram(lines, series);
    return;
  }
  const braces = labels === "" ? "" : `{${labels}}`;
  const full = kind === "counter" ? `${name}_total` : name;
  lines.push(`${full}${braces} ${String((cells[0] ?? 0) / per)}`);
}

function pushHistogram(lines: string[], series: PrintedSeries): void {
  const { family, labels, cells } = series;
  const { name, bounds = [], per = 1 } = family;
  const before = labels === "" ? "" : `${labels},`;
  const braces = labels === "" ? "" : `{${labels}}`;
  const buckets = bucketsOf(family);
  let count = 0;
  for (let bucket = 0; bucket < buckets; bucket += 1) {
    count += cells[bucket] ?? 0;
    const le = bucket < bounds.length ? printBound(bounds[bucket] ?? 0) : "+Inf";
    const example = printExemplar(series, bucket);
    lines.push(`${name}_bucket{${before}le="${le}"} ${count}${example}`);
  }
  lines.push(`${name}_sum${braces} ${String((cells[buckets] ?? 0) / per)}`);
  lines.push(`${name}_count${braces} ${count}`);
}

/** OpenMetrics writes whole bounds with a fraction, and both formats are to name the same series. */
function printBound(bound: number): string {
  return Number.isInteger(bound) ? `${bound}.0` : String(bound);
}

/** The exemplar of a bucket, which OpenMetrics alone has; "" for none. */
function printExemplar({ family, cells, format }: PrintedSeries, bucket: number): string {
  if (format !== "openmetrics" || exemplarsOf(family) === 0) return "";
  const at = bucketsOf(family) + 1 + bucket * exemplarCells;
  const [value = 0, atMs = 0, ...words] = cells.slice(at, at + exemplarCells);
  if (atMs === 0) return "";
  const traceId = words.map((word) => word.toString(16).padStart(8, "0")).join("");
  return ` # {trace_id="${traceId}"} ${value / (family.per ?? 1)} ${(atMs / 1000).toFixed(3)}`;
}
