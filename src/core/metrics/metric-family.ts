/** A metric: its name, what it means, and how it is counted. */
export interface MetricFamily {
  /** With the unit at its end; without the `_total` of counters. */
  readonly name: string;
  readonly kind: "counter" | "gauge" | "histogram";
  readonly help: string;
  /** In base units, as the name has it. Absent: it has none. */
  readonly unit?: "seconds" | "bytes" | "usd" | "ratio" | "tokens";
  readonly labels: readonly string[];
  /** By what its whole numbers are divided for its unit: 1,000,000 for microseconds. Default: 1. */
  readonly per?: number;
  /** The upper bounds of a histogram's buckets, in its unit, ascending. */
  readonly bounds?: readonly number[];
  /** Whether the buckets of a histogram keep the trace of a call. */
  readonly exemplars?: true;
  /**
   * Series that one thread makes at most; what is more counts with the labels that callers choose
   * as `_other`. Default: 64.
   */
  readonly maxSeries?: number;
  /** It is counted and sent where metrics go out by OTLP, and not shown to scrapers. */
  readonly only?: "otlp";
}

/** How many words of 32 bits a trace id has. */
const traceWords = 4;
/** An exemplar: its value, its time in milliseconds since 1970, and the words of its trace id. */
export const exemplarCells = 2 + traceWords;

/** How many buckets a histogram has, that without a bound too. 0: it is none. */
export function bucketsOf({ bounds }: MetricFamily): number {
  return bounds === undefined ? 0 : bounds.length + 1;
}

/** How many cells a series takes: of a histogram its buckets, their sum and their exemplars. */
export function cellsOf(family: MetricFamily): number {
  const buckets = bucketsOf(family);
  if (buckets === 0) return 1;
  return buckets + 1 + (family.exemplars === true ? buckets * exemplarCells : 0);
}
