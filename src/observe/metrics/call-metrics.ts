import type { Usage } from "../../../gen/parlance/chat/v1/usage_pb.js";
import type { Settings } from "../../config/settings.ts";
import type { AttemptRecord } from "../../core/attempt-record.ts";
import { kindOfOwner } from "../../core/caller/tenant-parts.ts";
import type { Fault } from "../../core/faults/fault.ts";
import type { GuardNote } from "../../core/guard/guard-note.ts";
import {
  answeringAttempt,
  type CallRecord,
  cacheOutcome,
  microsOf,
  reasonOf,
  statusOf,
  takenOf,
} from "../../core/ledger/call-record.ts";
import type { LedgerStatus } from "../../core/ledger/ledger-row.ts";
import type { Histogram, Metrics, Series } from "../../core/metrics/metrics.ts";
import { knownOf } from "../../core/money/cost.ts";
import type { CallTimes } from "../../core/time/call-times.ts";
import type { NameProvider } from "../../sinks/otlp/conventions.ts";
import { createGenAiMetrics } from "./gen-ai-metrics.ts";
import { createLabels, type Labels } from "./labels.ts";

/** What the metrics of calls need of the world. */
export interface CallMetricsOptions {
  readonly metrics: Metrics;
  /** Those in force. */
  readonly settings: () => Settings;
  /** The time of day in milliseconds since 1970. */
  readonly wallMs: () => number;
  readonly nameProvider: NameProvider;
}

/** Counts calls: begins, and ends by the facts that the ledger has of them too. */
export interface CallMetrics {
  /** Notes that so many more calls are under way. */
  readonly underWay: (more: 1 | -1) => void;
  /** Counts a call that has ended. */
  readonly record: (record: CallRecord) => void;
}

/** Makes the counter of calls. */
export function createCallMetrics(options: CallMetricsOptions): CallMetrics {
  const { metrics, settings, nameProvider } = options;
  const labels = createLabels(settings);
  const counted = new CountedCalls(options, labels);
  const countByConventions = createGenAiMetrics({ metrics, labels, nameProvider });
  return {
    underWay: (more) => counted.inFlight.add(more),
    record(record) {
      counted.record(record);
      if (settings().metricsOtlp !== undefined) countByConventions(record);
    },
  };
}

/** The classes of tokens, with the part of the usage that counts them. */
const tokenClasses = [
  ["input", (usage: Usage) => usage.inputTokens],
  ["cache_read", (usage: Usage) => usage.cacheReadTokens],
  ["cache_write", (usage: Usage) => usage.cacheWriteTokens],
  ["output", (usage: Usage) => usage.outputTokens],
  ["reasoning", (usage: Usage) => usage.reasoningTokens],
] as const;

/** The parts of a call's duration. */
const parts = [
  ["queue", (times: CallTimes) => times.queueMs],
  ["policy", (times: CallTimes) => times.policyMs],
  ["translate", (times: CallTimes) => times.translateMs],
  ["upstream", (times: CallTimes) => times.upstreamMs],
  ["write", (times: CallTimes) => times.writeMs],
] as const;

const statuses: readonly LedgerStatus[] = ["whole", "broken", "left"];

class CountedCalls {
  readonly inFlight: Series;
  readonly #metrics: Metrics;
  readonly #labels: Labels;
  readonly #wallMs: () => number;
  readonly #models = new Map<string, ModelCalls>();
  readonly #targets = new Map<string, TargetAttempts>();
  readonly #tokens: readonly Series[];
  readonly #parts: readonly Histogram[];
  readonly #saved: Series;
  readonly #held: Histogram;
  readonly #delays = new Map<string, Histogram>();
  readonly #further: Readonly<Record<"retry" | "fallback" | "hedge" | "continuation", Series>>;
  readonly #hedges: Readonly<Record<"won" | "lost", Series>>;
  readonly #named = new Map<string, Series>();

  constructor({ metrics, wallMs }: CallMetricsOptions, labels: Labels) {
    this.#metrics = metrics;
    this.#labels = labels;
    this.#wallMs = wallMs;
    this.inFlight = metrics.series("inFlight");
    // What a thread that has ended had under way is cut.
    this.inFlight.set(0);
    this.#tokens = tokenClasses.map(([name]) => metrics.series("tokens", name));
    this.#parts = parts.map(([name]) => metrics.histogram("overhead", name));
    this.#saved = metrics.series("saved");
    this.#held = metrics.histogram("guardHeld");
    const further = (kind: string) => metrics.series("further", kind);
    this.#further = {
      retry: further("retry"),
      fallback: further("fallback"),
      hedge: further("hedge"),
      continuation: further("continuation"),
    };
    this.#hedges = {
      won: metrics.series("hedges", "won"),
      lost: metrics.series("hedges", "lost"),
    };
  }

  record(record: CallRecord): void {
    const { attempts, times, operation, fault } = record;
    const answering = answeringAttempt(record);
    const calls = this.#model(this.#labels.model(record)).target(
      answering === undefined ? "" : this.#labels.target(answering),
    );
    const status = statusOf(record);
    calls.ended(operation, statuses.indexOf(status), fault).add();
    const { usage } = takenOf(record);
    if (usage !== undefined) this.#count(usage);
    if (times !== undefined) this.#time(record, calls, times);
    for (const attempt of attempts) this.#attempt(record, attempt);
    if (attempts.length > 1) this.#furtherAttempts(attempts);
    const outcome = cacheOutcome(record);
    if (outcome !== "") this.#one("cache", outcome).add();
    if (record.cacheSaved !== undefined) this.#saved.add(Number(record.cacheSaved));
    if (fault !== undefined) this.#refused(fault);
    if (record.guards !== undefined) this.#guarded(record.guards, record.guardHeldUs);
  }

  #guarded(notes: readonly GuardNote[], heldUs: number | undefined): void {
    for (const { guard, stage, outcome, tookUs } of notes) {
      this.#one("guards", guard, stage, outcome).add();
      if (tookUs !== undefined) this.#delay(guard, stage).observe(tookUs);
    }
    if (heldUs !== undefined) this.#held.observe(heldUs);
  }

  #delay(guard: string, stage: string): Histogram {
    const name = `${guard} ${stage}`;
    const known = this.#delays.get(name);
    if (known !== undefined) return known;
    const made = this.#metrics.histogram("guardDelay", guard, stage);
    this.#delays.set(name, made);
    return made;
  }

  #model(label: string): ModelCalls {
    const known = this.#models.get(label);
    if (known !== undefined) return known;
    const made = new ModelCalls(this.#metrics, label);
    this.#models.set(label, made);
    return made;
  }

  #count(usage: Usage): void {
    for (const [at, [, tokensOf]] of tokenClasses.entries()) {
      const tokens = tokensOf(usage);
      if (tokens !== undefined && tokens > 0n) this.#tokens[at]?.add(Number(tokens));
    }
  }

  #time(record: CallRecord, calls: TargetCalls, times: CallTimes): void {
    const { durationMs, firstTokenUs, operation, usage, stream } = record;
    const exemplar = { traceId: () => traceIdOf(record), atMs: this.#wallMs() };
    const durationUs = microsOf(durationMs);
    calls.duration(operation).observe(durationUs, exemplar);
    for (const [at, [, timeOf]] of parts.entries())
      this.#parts[at]?.observe(microsOf(timeOf(times)));
    if (firstTokenUs === undefined) return;
    calls.firstToken.observe(firstTokenUs, exemplar);
    const tokens = Number(usage?.outputTokens ?? 0n);
    if (stream && tokens > 1)
      calls.outputToken.observe(Math.round((durationUs - firstTokenUs) / (tokens - 1)));
  }

  #attempt(record: CallRecord, attempt: AttemptRecord): void {
    const label = this.#labels.target(attempt);
    let counted = this.#targets.get(label);
    if (counted === undefined) {
      counted = new TargetAttempts(this.#metrics, label);
      this.#targets.set(label, counted);
    }
    counted.ended(attempt);
    const { cost } = attempt;
    if (cost === undefined) return;
    const known = knownOf(cost);
    if (known > 0n) this.#model(this.#labels.model(record)).target(label).cost.add(Number(known));
    if (cost.kind === "unpriced") counted.unpriced.add();
  }

  #furtherAttempts(attempts: readonly AttemptRecord[]): void {
    for (const [at, { hedged, wasted, continues, fallback, part }] of attempts.entries()) {
      if (at === 0 || part) continue;
      if (hedged) {
        this.#further.hedge.add();
        this.#hedges[wasted ? "lost" : "won"].add();
      } else if (continues) this.#further.continuation.add();
      else if (fallback) this.#further.fallback.add();
      else this.#further.retry.add();
    }
  }

  #refused({ limitScope, budget }: Fault): void {
    if (limitScope !== undefined) this.#one("limitRefusals", limitScope).add();
    if (budget !== undefined) this.#one("budgetRefusals", kindOfOwner(budget.owner)).add();
  }

  /** A series of few labels. */
  #one(metric: SmallMetric, ...values: readonly string[]): Series {
    const name = `${metric} ${values.join(" ")}`;
    const known = this.#named.get(name);
    if (known !== undefined) return known;
    const made = this.#metrics.series(metric, ...values);
    this.#named.set(name, made);
    return made;
  }
}

/** Metrics with few series, which are made when they first count. */
type SmallMetric = "cache" | "limitRefusals" | "budgetRefusals" | "guards";

/** The calls of a model, by what answered them. */
class ModelCalls {
  readonly #metrics: Metrics;
  readonly #model: string;
  readonly #durations = new Map<string, Histogram>();
  readonly #targets = new Map<string, TargetCalls>();

  constructor(metrics: Metrics, model: string) {
    this.#metrics = metrics;
    this.#model = model;
  }

  target(label: string): TargetCalls {
    const known = this.#targets.get(label);
    if (known !== undefined) return known;
    const made = new TargetCalls(this.#metrics, [this.#model, label], (one) => this.#duration(one));
    this.#targets.set(label, made);
    return made;
  }

  #duration(operation: string): Histogram {
    const known = this.#durations.get(operation);
    if (known !== undefined) return known;
    const made = this.#metrics.histogram("duration", this.#model, operation);
    this.#durations.set(operation, made);
    return made;
  }
}

/** The calls of a model that a target answered. */
class TargetCalls {
  /** How long the calls of an operation took, whatever the target. */
  readonly duration: (operation: string) => Histogram;
  readonly #metrics: Metrics;
  readonly #names: readonly [model: string, target: string];
  readonly #ended = new Map<string, Map<number, Series>>();
  #firstToken: Histogram | undefined;
  #outputToken: Histogram | undefined;
  #cost: Series | undefined;

  constructor(
    metrics: Metrics,
    names: readonly [model: string, target: string],
    duration: (operation: string) => Histogram,
  ) {
    this.#metrics = metrics;
    this.#names = names;
    this.duration = duration;
  }

  get firstToken(): Histogram {
    this.#firstToken ??= this.#metrics.histogram("firstToken", ...this.#names);
    return this.#firstToken;
  }

  get outputToken(): Histogram {
    this.#outputToken ??= this.#metrics.histogram("outputToken", ...this.#names);
    return this.#outputToken;
  }

  get cost(): Series {
    this.#cost ??= this.#metrics.series("cost", ...this.#names);
    return this.#cost;
  }

  ended(operation: string, status: number, fault: Fault | undefined): Series {
    let ends = this.#ended.get(operation);
    if (ends === undefined) {
      ends = new Map();
      this.#ended.set(operation, ends);
    }
    const key = endKey(status, fault);
    const known = ends.get(key);
    if (known !== undefined) return known;
    const words = [operation, statuses[status] ?? "", reasonOf(fault)];
    const made = this.#metrics.series("requests", ...this.#names, ...words);
    ends.set(key, made);
    return made;
  }
}

/** The attempts at a target. */
class TargetAttempts {
  readonly #metrics: Metrics;
  readonly #target: string;
  readonly #ended = new Map<number, Series>();
  #unpriced: Series | undefined;
  #input: Series | undefined;
  #output: Series | undefined;

  constructor(metrics: Metrics, target: string) {
    this.#metrics = metrics;
    this.#target = target;
  }

  get unpriced(): Series {
    this.#unpriced ??= this.#metrics.series("unpriced", this.#target);
    return this.#unpriced;
  }

  ended({ end, fault, usage, estimate }: AttemptRecord): void {
    const status = statuses.indexOf(end?.kind ?? "left");
    const key = endKey(status, fault);
    let series = this.#ended.get(key);
    if (series === undefined) {
      const words = [statuses[status] ?? "", reasonOf(fault)];
      series = this.#metrics.series("attempts", this.#target, ...words);
      this.#ended.set(key, series);
    }
    series.add();
    const took = estimate ?? usage;
    if (took === undefined) return;
    this.#input ??= this.#metrics.series("targetTokens", this.#target, "input");
    this.#output ??= this.#metrics.series("targetTokens", this.#target, "output");
    this.#input.add(Number(took.inputTokens ?? 0n));
    this.#output.add(Number(took.outputTokens ?? 0n));
  }
}

/** A number for a status and a reason. */
function endKey(status: number, fault: Fault | undefined): number {
  return status + statuses.length * (fault?.reason ?? 0);
}

/**
 * The trace of a call: that which its caller says it is part of, else its own id, where that is 32
 * hex digits but for dashes.
 */
function traceIdOf({ callId, traceparent }: CallRecord): string | undefined {
  const named = /^[\da-f]{2}-([\da-f]{32})-/.exec(traceparent ?? "")?.[1];
  const traceId = named ?? callId.replaceAll("-", "");
  return /^[\da-f]{32}$/.test(traceId) ? traceId : undefined;
}
