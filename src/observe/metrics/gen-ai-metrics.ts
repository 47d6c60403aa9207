import type { AttemptRecord } from "../../core/attempt-record.ts";
import type { Fault } from "../../core/faults/fault.ts";
import {
  answeringAttempt,
  type CallRecord,
  microsOf,
  reasonOf,
} from "../../core/ledger/call-record.ts";
import type { Histogram, Metrics } from "../../core/metrics/metrics.ts";
import type { Target } from "../../core/target/target.ts";
import { type NameProvider, operationName } from "../../sinks/otlp/conventions.ts";
import type { Labels } from "./labels.ts";

/** What the metrics of the conventions need. */
export interface GenAiMetricsOptions {
  readonly metrics: Metrics;
  readonly labels: Labels;
  readonly nameProvider: NameProvider;
}

/** Counts calls that have ended by the names that the conventions of OpenTelemetry have. */
export function createGenAiMetrics(options: GenAiMetricsOptions): (record: CallRecord) => void {
  const counted = new GenAiCalls(options);
  return (record) => counted.record(record);
}

/** The provider of calls that no vendor was tried for: a stored answer, or a refusal. */
const ownProvider = "parlance";

/** The labels of a series that all metrics have. */
type Common = readonly [operation: string, provider: string, model: string];

class GenAiCalls {
  readonly #options: GenAiMetricsOptions;
  /** Targets are made anew with each configuration, and with them what their provider is. */
  readonly #attempts = new WeakMap<Target, Map<string, SeriesOf>>();
  readonly #calls = new Map<string, SeriesOf>();

  constructor(options: GenAiMetricsOptions) {
    this.#options = options;
  }

  record(record: CallRecord): void {
    for (const attempt of record.attempts)
      if (attempt.dialect !== "") this.#attempt(record, attempt);
    if (record.times !== undefined) this.#call(record);
  }

  #attempt({ operation, stream }: CallRecord, attempt: AttemptRecord): void {
    const series = this.#seriesOfAttempt(operation, attempt);
    const { waitedSinceMs = 0, endedMs = waitedSinceMs, firstTokenUs } = attempt;
    series.duration(attempt.fault).observe(microsOf(endedMs - waitedSinceMs));
    if (stream && firstTokenUs !== undefined) series.first.observe(firstTokenUs);
    const took = attempt.estimate ?? attempt.usage;
    if (took?.inputTokens !== undefined) series.input.observe(Number(took.inputTokens));
    if (took?.outputTokens !== undefined) series.output.observe(Number(took.outputTokens));
  }

  #call(record: CallRecord): void {
    const { durationMs, firstTokenUs, usage, stream, fault, callerGone } = record;
    const series = this.#seriesOfCall(record);
    const durationUs = microsOf(durationMs);
    series.duration(fault, callerGone).observe(durationUs);
    if (firstTokenUs === undefined || fault !== undefined || callerGone) return;
    series.first.observe(firstTokenUs);
    const tokens = Number(usage?.outputTokens ?? 0n);
    if (stream && tokens > 1)
      series.perToken.observe(Math.round((durationUs - firstTokenUs) / (tokens - 1)));
  }

  #seriesOfAttempt(operation: string, attempt: AttemptRecord): SeriesOf {
    const { labels, nameProvider, metrics } = this.#options;
    const { target } = attempt;
    let byOperation = this.#attempts.get(target);
    if (byOperation === undefined) {
      byOperation = new Map();
      this.#attempts.set(target, byOperation);
    }
    const known = byOperation.get(operation);
    if (known !== undefined) return known;
    const label = labels.target(attempt);
    // The name of a model may have slashes, that of a provider has none.
    const model = label.slice(label.indexOf("/") + 1);
    const common = [operationName(operation), nameProvider(target.provider), model] as const;
    const made = new SeriesOf(metrics, "client", common);
    byOperation.set(operation, made);
    return made;
  }

  #seriesOfCall(record: CallRecord): SeriesOf {
    const { labels, nameProvider, metrics } = this.#options;
    const { operation } = record;
    const target = answeringAttempt(record)?.target;
    const provider = target === undefined ? ownProvider : nameProvider(target.provider);
    const model = labels.model(record);
    const name = `${operation}\n${provider}\n${model}`;
    const known = this.#calls.get(name);
    if (known !== undefined) return known;
    const made = new SeriesOf(metrics, "server", [operationName(operation), provider, model]);
    this.#calls.set(name, made);
    return made;
  }
}

/** The series of a target or a model, each made when it is first needed. */
class SeriesOf {
  readonly #metrics: Metrics;
  readonly #side: "client" | "server";
  readonly #common: Common;
  readonly #durations = new Map<number, Histogram>();
  #first: Histogram | undefined;
  #perToken: Histogram | undefined;
  #input: Histogram | undefined;
  #output: Histogram | undefined;

  constructor(metrics: Metrics, side: "client" | "server", common: Common) {
    this.#metrics = metrics;
    this.#side = side;
    this.#common = common;
  }

  /** By what it failed with. */
  duration(fault: Fault | undefined, callerGone = false): Histogram {
    const key = callerGone ? -1 : (fault?.reason ?? 0);
    const known = this.#durations.get(key);
    if (known !== undefined) return known;
    const metric = this.#side === "client" ? "genAiOperation" : "genAiRequest";
    const error = callerGone ? "CANCELLED" : reasonOf(fault);
    const made = this.#metrics.histogram(metric, ...this.#common, error);
    this.#durations.set(key, made);
    return made;
  }

  get first(): Histogram {
    const metric = this.#side === "client" ? "genAiFirstChunk" : "genAiFirstToken";
    this.#first ??= this.#metrics.histogram(metric, ...this.#common);
    return this.#first;
  }

  get perToken(): Histogram {
    this.#perToken ??= this.#metrics.histogram("genAiOutputToken", ...this.#common);
    return this.#perToken;
  }

  get input(): Histogram {
    this.#input ??= this.#metrics.histogram("genAiTokens", ...this.#common, "input");
    return this.#input;
  }

  get output(): Histogram {
    this.#output ??= this.#metrics.histogram("genAiTokens", ...this.#common, "output");
    return this.#output;
  }
}
