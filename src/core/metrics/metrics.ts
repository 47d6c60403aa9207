import { families, type MetricName } from "./families.ts";
import { bucketsOf, cellsOf, exemplarCells, type MetricFamily } from "./metric-family.ts";
import { MetricMemory } from "./metric-memory.ts";

/** A number that is counted up, or set. */
export class Series {
  readonly #memory: MetricMemory;
  readonly #at: number;

  constructor(memory: MetricMemory, at: number) {
    this.#memory = memory;
    this.#at = at;
  }

  /** Adds a whole number. */
  add(by = 1): void {
    const { cells } = this.#memory;
    cells[this.#at] = (cells[this.#at] ?? 0) + by;
  }

  set(value: number): void {
    this.#memory.cells[this.#at] = value;
  }
}

/** A call that a value comes from. */
export interface Exemplar {
  /** 32 hex digits; undefined: the call has no such id. Looked for when it is needed. */
  readonly traceId: () => string | undefined;
  /** Milliseconds since 1970. */
  readonly atMs: number;
}

/** The exemplar of a bucket is replaced when it is as old as this. */
const exemplarMs = 1_000;

/** Values by the buckets that they fall into. */
export class Histogram {
  readonly #memory: MetricMemory;
  readonly #at: number;
  /** In the whole numbers of the metric. */
  readonly #bounds: Float64Array;

  constructor(memory: MetricMemory, at: number, bounds: Float64Array) {
    this.#memory = memory;
    this.#at = at;
    this.#bounds = bounds;
  }

  /** Notes a value, in the whole numbers of the metric, such as microseconds. */
  observe(value: number, exemplar?: Exemplar): void {
    const { cells } = this.#memory;
    const bounds = this.#bounds;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] ?? 0)) bucket += 1;
    const count = this.#at + bucket;
    const sum = this.#at + bounds.length + 1;
    cells[count] = (cells[count] ?? 0) + 1;
    cells[sum] = (cells[sum] ?? 0) + value;
    if (exemplar === undefined) return;
    const at = sum + 1 + bucket * exemplarCells;
    if (exemplar.atMs - (cells[at + 1] ?? 0) < exemplarMs) return;
    const traceId = exemplar.traceId();
    if (traceId === undefined) return;
    cells[at] = value;
    cells[at + 1] = exemplar.atMs;
    for (let word = 0; word < 4; word += 1)
      cells[at + 2 + word] = Number.parseInt(traceId.slice(8 * word, 8 * word + 8), 16);
  }
}

/** What callers may choose the values of. */
const openLabels: ReadonlySet<string> = new Set([
  "model",
  "target",
  "name",
  "gen_ai.request.model",
]);
/** Stands for what there are too many of. */
export const OTHER = "_other";
const defaultMaxSeries = 64;
/** Values of labels that begin with the same characters, so many, count as one. */
const maxValue = 128;

/**
 * The metrics of one thread. What is found once is to be kept: a series is found by a text, and
 * counting is an addition.
 */
export class Metrics {
  readonly memory: MetricMemory;
  readonly #made = new Map<MetricName, number>();
  readonly #bounds = new Map<MetricName, Float64Array>();

  constructor(memory = new MetricMemory()) {
    this.memory = memory;
    for (const name of memory.places.keys()) {
      const { metric } = parseSeriesName(name);
      this.#made.set(metric, (this.#made.get(metric) ?? 0) + 1);
    }
  }

  /** A counter or a gauge, by the values of its labels in their order. */
  series(metric: MetricName, ...values: readonly string[]): Series {
    return new Series(this.memory, this.#open(metric, values));
  }

  histogram(metric: MetricName, ...values: readonly string[]): Histogram {
    return new Histogram(this.memory, this.#open(metric, values), this.#boundsOf(metric));
  }

  #open(metric: MetricName, values: readonly string[]): number {
    const family: MetricFamily = families[metric];
    const { maxSeries = defaultMaxSeries, labels } = family;
    const name = seriesName(metric, labels, values);
    const known = this.memory.places.get(name);
    if (known !== undefined) return known;
    const made = this.#made.get(metric) ?? 0;
    if (made < maxSeries) {
      this.#made.set(metric, made + 1);
      return this.memory.open(name, cellsOf(family));
    }
    const others = values.map((value, at) => (openLabels.has(labels[at] ?? "") ? OTHER : value));
    return this.memory.open(seriesName(metric, labels, others), cellsOf(family));
  }

  #boundsOf(metric: MetricName): Float64Array {
    const known = this.#bounds.get(metric);
    if (known !== undefined) return known;
    const { bounds = [], per = 1 }: MetricFamily = families[metric];
    const made = Float64Array.from(bounds, (bound) => Math.round(bound * per));
    this.#bounds.set(metric, made);
    return made;
  }
}

/** The name of a series in memory: its metric, and its labels as they are printed. */
function seriesName(
  metric: MetricName,
  labels: readonly string[],
  values: readonly string[],
): string {
  return `${metric}\n${printLabels(labels, values)}`;
}

/** The metric of a series and its labels as they are printed; "" for none. */
export function parseSeriesName(name: string): {
  readonly metric: MetricName;
  readonly labels: string;
} {
  const end = name.indexOf("\n");
  // Only this program writes names.
  return { metric: name.slice(0, end) as MetricName, labels: name.slice(end + 1) };
}

/** Labels as the text formats write them, such as `model="fast",target="sim/echo"`. */
export function printLabels(labels: readonly string[], values: readonly string[]): string {
  return labels.map((label, at) => `${label}="${escapeValue(values[at] ?? "")}"`).join(",");
}

/** The labels of `printLabels` by their names. */
export function parseLabels(printed: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const [, label = "", value = ""] of printed.matchAll(/([\w.]+)="((?:[^"\\]|\\.)*)"/g))
    labels[label] = value.replaceAll(/\\(.)/g, (_, escaped) => (escaped === "n" ? "\n" : escaped));
  return labels;
}

function escapeValue(value: string): string {
  return value
    .slice(0, maxValue)
    .replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"')
    .replaceAll("\n", "\\n");
}

/** How many cells all series of one thread take at most, those of `_other` aside. */
export function cellsOfAll(): number {
  const all: readonly MetricFamily[] = Object.values(families);
  return all.reduce(
    (sum, family) => sum + cellsOf(family) * (family.maxSeries ?? defaultMaxSeries),
    0,
  );
}

/** How many buckets the exemplars of a metric are kept for; 0: it keeps none. */
export function exemplarsOf(family: MetricFamily): number {
  return family.exemplars === true ? bucketsOf(family) : 0;
}
