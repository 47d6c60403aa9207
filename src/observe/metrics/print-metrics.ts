import { appendAll } from "../../core/append-all.ts";
import { families, type MetricName } from "../../core/metrics/families.ts";
import { bucketsOf, type MetricFamily } from "../../core/metrics/metric-family.ts";
import type { MetricFormat } from "../../core/metrics/metric-format.ts";
import { exemplarOf, type SummedMetrics } from "../../core/metrics/summed-metrics.ts";

/** Writes what was counted and read, but what goes out by OTLP alone. */
export function printMetrics(summed: SummedMetrics, format: MetricFormat): string {
  const lines: string[] = [];
  // Object.entries forgets the names.
  const all = Object.entries(families) as [MetricName, MetricFamily][];
  for (const [metric, family] of all) {
    const series = summed.get(metric);
    if (series === undefined || family.only !== undefined) continue;
    appendAll(lines, headOf(family, format));
    for (const [labels, cells] of series) pushSeries(lines, { family, labels, cells, format });
  }
  if (format === "openmetrics") lines.push("# EOF");
  return `${lines.join("\n")}\n`;
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
  if (format !== "openmetrics") return "";
  const kept = exemplarOf(family, cells, bucket);
  if (kept === undefined) return "";
  return ` # {trace_id="${kept.traceId}"} ${kept.value} ${(kept.atMs / 1000).toFixed(3)}`;
}
