import type { Metric } from "../../../gen/opentelemetry/proto/metrics/v1/metrics_pb.js";
import type { OtlpMetricsSettings } from "../../config/settings.ts";
import type { MetricName } from "../../core/metrics/families.ts";
import type { SummedMetrics } from "../../core/metrics/summed-metrics.ts";
import type { Service } from "../../sinks/otlp/service.ts";
import { createReplaceable } from "../../sinks/replaceable.ts";
import type { SendFailure, SinkWorld } from "../../sinks/sink.ts";
import type { SeriesCells } from "./encode-metrics.ts";
import type { MetricSender } from "./metric-sender.ts";

/** Sends metrics to a collector, again and again. */
export interface MetricExporter {
  /** Has another configuration; undefined: nothing is sent. */
  readonly configure: (settings: OtlpMetricsSettings | undefined) => void;
  /** Sends them once more, as far as that goes within a time in milliseconds. */
  readonly close: (graceMs: number) => Promise<void>;
}

/** What an exporter needs. */
export interface MetricExporterOptions {
  readonly world: SinkWorld;
  readonly service: Service;
  /** When what `read` gives began to be counted, in milliseconds since 1970. */
  readonly startedMs: number;
  readonly read: () => SummedMetrics;
}

/** Makes an exporter, which sends nothing until it is configured. */
export function createMetricExporter(options: MetricExporterOptions): MetricExporter {
  const { configure, close } = createReplaceable((settings: OtlpMetricsSettings | undefined) =>
    settings === undefined ? undefined : new RunningExporter(options, settings),
  );
  return { configure, close };
}

/** How long a collector may take for one request. */
const timeoutMs = 10_000;
/** Series of one request, but that those of a metric stay together: collectors take some MB. */
const maxSeries = 2_000;

/** What was sent of a metric: its counts, and when. */
interface Sent {
  readonly series: SeriesCells;
  readonly atMs: number;
}

/** A metric of a request. */
interface Part extends Sent {
  readonly name: MetricName;
  readonly metric: Metric;
}

class RunningExporter {
  readonly #options: MetricExporterOptions;
  readonly #settings: OtlpMetricsSettings;
  #loaded: Promise<MetricSender> | undefined;
  readonly #leaving = new AbortController();
  /** Of counts since they were sent before: what each metric had then. */
  readonly #sent = new Map<MetricName, Sent>();
  /** Where counts of another thread's or configuration's time begin. */
  readonly #first: Sent & { readonly all: SummedMetrics };
  #cancelTimer: () => void;
  #sending: Promise<void> | undefined;
  #failing = false;

  constructor(options: MetricExporterOptions, settings: OtlpMetricsSettings) {
    this.#options = options;
    this.#settings = settings;
    const all: SummedMetrics = settings.temporality === "delta" ? options.read() : new Map();
    this.#first = { all, series: new Map(), atMs: options.world.wallMs() };
    this.#cancelTimer = this.#sendLater();
  }

  readonly close = async (graceMs: number): Promise<void> => {
    this.#cancelTimer();
    const late = setTimeout(() => this.#leaving.abort(), graceMs);
    await this.#sending;
    if (!this.#leaving.signal.aborted) await this.#sendAll();
    clearTimeout(late);
  };

  #sendLater(): () => void {
    return this.#options.world.schedule(() => {
      // One that takes longer than the interval is not overtaken.
      this.#sending ??= this.#sendAll().finally(() => {
        this.#sending = undefined;
      });
      this.#cancelTimer = this.#sendLater();
    }, this.#settings.intervalMs);
  }

  /** Sends all metrics, in requests one after the other. What fails is in the next ones too. */
  async #sendAll(): Promise<void> {
    // What encodes messages takes time to load.
    this.#loaded ??= import("./metric-sender.ts").then(({ createMetricSender }) =>
      createMetricSender(this.#settings, this.#options.service),
    );
    const sender = await this.#loaded;
    for (const parts of inRequests(this.#encode(sender))) {
      const signal = AbortSignal.any([this.#leaving.signal, AbortSignal.timeout(timeoutMs)]);
      const failure = await sender.send(
        parts.map(({ metric }) => metric),
        signal,
      );
      this.#note(failure);
      if (failure?.again === true) return;
      for (const { name, series, atMs } of parts) this.#sent.set(name, { series, atMs });
    }
  }

  *#encode({ encode }: MetricSender): Generator<Part> {
    const { read, world, startedMs } = this.#options;
    const { temporality } = this.#settings;
    const nowMs = world.wallMs();
    for (const [name, series] of read()) {
      const since = temporality === "delta" ? this.#since(name) : undefined;
      const metric = encode({
        metric: name,
        series,
        before: since?.series,
        startMs: since?.atMs ?? startedMs,
        nowMs,
        temporality,
      });
      if (metric !== undefined) yield { name, metric, series, atMs: nowMs };
    }
  }

  #since(name: MetricName): Sent {
    const { all, series, atMs } = this.#first;
    return this.#sent.get(name) ?? { series: all.get(name) ?? series, atMs };
  }

  #note(failure: SendFailure | undefined): void {
    const isFailing = failure !== undefined;
    if (isFailing === this.#failing) return;
    this.#failing = isFailing;
    this.#options.world.notice({
      event: isFailing ? "sink_down" : "sink_up",
      level: isFailing ? "warn" : "info",
      message: isFailing
        ? `the collector of metrics does not take them: ${failure.why}`
        : "the collector of metrics takes them again",
      details: { sink: "metrics" },
    });
  }
}

function* inRequests(parts: Iterable<Part>): Generator<readonly Part[]> {
  let waiting: Part[] = [];
  let series = 0;
  for (const part of parts) {
    if (waiting.length > 0 && series + part.series.size > maxSeries) {
      yield waiting;
      [waiting, series] = [[], 0];
    }
    waiting.push(part);
    series += part.series.size;
  }
  if (waiting.length > 0) yield waiting;
}
