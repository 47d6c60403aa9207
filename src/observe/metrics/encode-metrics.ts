import { create, type MessageInitShape } from "@bufbuild/protobuf";
import {
  AggregationTemporality,
  type HistogramDataPointSchema,
  type Metric,
  MetricSchema,
  type NumberDataPointSchema,
} from "../../../gen/opentelemetry/proto/metrics/v1/metrics_pb.js";
import { families, type MetricName } from "../../core/metrics/families.ts";
import { bucketsOf, type MetricFamily } from "../../core/metrics/metric-family.ts";
import { parseLabels } from "../../core/metrics/metrics.ts";
import { exemplarOf } from "../../core/metrics/summed-metrics.ts";
import { attributesOf, hexBytes, nanoOf } from "../../sinks/otlp/otlp-attributes.ts";

/** The series of a metric by their labels: the cells of each. */
export type SeriesCells = ReadonlyMap<string, readonly number[]>;

/** A metric that is sent, and the time that its counts are of, in milliseconds since 1970. */
export interface CountedMetric {
  readonly metric: MetricName;
  readonly series: SeriesCells;
  /**
   * What was counted until `startMs`, where the counts are of the time since then. Absent: they are
   * of the whole life of the process.
   */
  readonly before?: SeriesCells | undefined;
  readonly startMs: number;
  readonly nowMs: number;
  readonly temporality: "cumulative" | "delta";
}

/** A metric as OTLP has it; undefined: nothing of it is new. */
export function encodeMetric(counted: CountedMetric): Metric | undefined {
  const { metric, series, temporality } = counted;
  const family: MetricFamily = families[metric];
  const points = [...series].flatMap(([labels, cells]) => {
    const before = family.kind === "gauge" ? undefined : counted.before?.get(labels);
    const fresh = before === undefined ? cells : sinceThen(family, cells, before);
    // Of a time in which nothing came there is nothing to say.
    if (temporality === "delta" && family.kind !== "gauge" && isStill(family, fresh)) return [];
    return { labels, cells: fresh };
  });
  if (points.length === 0) return undefined;
  const { name, help, unit } = family;
  return create(MetricSchema, {
    name,
    description: help,
    unit: unit === undefined ? "" : units[unit],
    data: dataOf(family, points, counted),
  });
}

/** As UCUM has them; of currencies it has none. */
const units: Readonly<Record<NonNullable<MetricFamily["unit"]>, string>> = {
  seconds: "s",
  bytes: "By",
  usd: "{USD}",
  ratio: "1",
  tokens: "{token}",
};

/** The cells that count; those behind them are exemplars. */
function countsOf(family: MetricFamily): number {
  return family.kind === "histogram" ? bucketsOf(family) + 1 : 1;
}

function sinceThen(
  family: MetricFamily,
  cells: readonly number[],
  before: readonly number[],
): readonly number[] {
  const counts = countsOf(family);
  return cells.map((cell, at) => (at < counts ? cell - (before[at] ?? 0) : cell));
}

function isStill(family: MetricFamily, cells: readonly number[]): boolean {
  return cells.slice(0, countsOf(family)).every((cell) => cell === 0);
}

interface Point {
  readonly labels: string;
  readonly cells: readonly number[];
}

function dataOf(
  family: MetricFamily,
  points: readonly Point[],
  counted: CountedMetric,
): NonNullable<MessageInitShape<typeof MetricSchema>["data"]> {
  const aggregationTemporality =
    counted.temporality === "delta"
      ? AggregationTemporality.DELTA
      : AggregationTemporality.CUMULATIVE;
  switch (family.kind) {
    case "gauge":
      return {
        case: "gauge",
        value: { dataPoints: points.map((one) => numberOf(family, one, counted)) },
      };
    case "counter": {
      const dataPoints = points.map((one) => numberOf(family, one, counted));
      return { case: "sum", value: { aggregationTemporality, isMonotonic: true, dataPoints } };
    }
    case "histogram": {
      const dataPoints = points.map((one) => histogramOf(family, one, counted));
      return { case: "histogram", value: { aggregationTemporality, dataPoints } };
    }
  }
}

function numberOf(
  { kind, per, unit }: MetricFamily,
  { labels, cells }: Point,
  { startMs, nowMs }: CountedMetric,
): MessageInitShape<typeof NumberDataPointSchema> {
  const [value = 0] = cells;
  const isWhole = per === undefined && unit === undefined && Number.isInteger(value);
  return {
    attributes: attributesOf(parseLabels(labels)),
    ...(kind === "gauge" ? undefined : { startTimeUnixNano: nanoOf(startMs) }),
    timeUnixNano: nanoOf(nowMs),
    value: isWhole
      ? { case: "asInt", value: BigInt(value) }
      : { case: "asDouble", value: value / (per ?? 1) },
  };
}

function histogramOf(
  family: MetricFamily,
  { labels, cells }: Point,
  { startMs, nowMs }: CountedMetric,
): MessageInitShape<typeof HistogramDataPointSchema> {
  const { bounds = [], per = 1 } = family;
  const buckets = bucketsOf(family);
  const counts = cells.slice(0, buckets);
  return {
    attributes: attributesOf(parseLabels(labels)),
    startTimeUnixNano: nanoOf(startMs),
    timeUnixNano: nanoOf(nowMs),
    count: BigInt(counts.reduce((sum, count) => sum + count, 0)),
    sum: (cells[buckets] ?? 0) / per,
    explicitBounds: [...bounds],
    bucketCounts: counts.map(BigInt),
    exemplars: counts.flatMap((_, bucket) => {
      const kept = exemplarOf(family, cells, bucket);
      if (kept === undefined) return [];
      return {
        traceId: hexBytes(kept.traceId),
        timeUnixNano: nanoOf(kept.atMs),
        value: { case: "asDouble", value: kept.value } as const,
      };
    }),
  };
}
