import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type Duration, DurationSchema } from "@bufbuild/protobuf/wkt";
import { AllOpen, type Breaker, BreakerSchema } from "../../gen/parlance/config/v1/breaker_pb.js";
import type { Config, ConfigSchema } from "../../gen/parlance/config/v1/config_pb.js";
import type { Experiment, ExperimentArm } from "../../gen/parlance/config/v1/experiment_pb.js";
import { LogLevel } from "../../gen/parlance/config/v1/log_pb.js";
import {
  type Continuation,
  ContinuationSchema,
  type Hold,
  HoldSchema,
  MidStream,
} from "../../gen/parlance/config/v1/mid_stream_pb.js";
import type { Model } from "../../gen/parlance/config/v1/model_pb.js";
import type { Provider, ProviderSchema } from "../../gen/parlance/config/v1/provider_pb.js";
import type { Retry, RetrySchema } from "../../gen/parlance/config/v1/retry_pb.js";
import type { ShadowSchema } from "../../gen/parlance/config/v1/shadow_pb.js";
import type { Target, TargetSchema } from "../../gen/parlance/config/v1/target_pb.js";

// The defaults that the proto files name, each here and nowhere else.

const mebibyte = 1024 * 1024;

/** The defaults of a config, but for its providers and models. */
export const configDefaults = {
  server: {
    host: "127.0.0.1",
    port: 4000,
    limits: {
      maxBodyBytes: 64 * mebibyte,
      maxHeaderBytes: 64 * 1024,
      headersTimeout: seconds(30),
      requestTimeout: seconds(300),
      idleTimeout: seconds(75),
      maxConcurrentStreams: 1000,
      sendTimeout: seconds(30),
      bodyMemoryBytes: 512 * mebibyte,
    },
    drainGrace: seconds(30),
    drainDelay: seconds(5),
    heartbeat: seconds(15),
    workers: "1",
    workerHangTimeout: seconds(30),
  },
  store: { kind: { case: "memory", value: {} } },
  state: { kind: { case: "memory", value: {} } },
  mediaFetch: {
    maxBytes: 20 * mebibyte,
    maxTotalBytes: 64 * mebibyte,
    timeout: seconds(10),
  },
  routing: { maxFallbacks: 5 },
  cache: { maxBytes: 128 * mebibyte, maxEntryBytes: mebibyte },
  observe: { metrics: { path: "/metrics" }, log: { level: LogLevel.INFO } },
  secretManagers: { refresh: seconds(300) },
} as const satisfies MessageInitShape<typeof ConfigSchema>;

/** Where LangSmith is, and the project that runs are shown in. */
export const sinkDefaults = {
  langsmithUrl: "https://api.smith.langchain.com",
  langsmithProject: "default",
  samplePercent: 100,
  spoolFolder: "./data/sinks",
  spoolBytes: 1024 * mebibyte,
  bigquery: { url: "https://bigquery.googleapis.com", table: "parlance_calls" },
  fileCalls: 5_000,
  fileWait: seconds(300),
  clickhouse: { database: "default", table: "parlance_calls", user: "default" },
} as const;

/** Where Langfuse and Datadog are, and what the gateway is called there. */
export const observerDefaults = {
  langfuseUrl: "https://cloud.langfuse.com",
  datadogSite: "datadoghq.com",
  service: "parlance",
} as const;

/** The defaults of `observe.alerts`, in milliseconds and of 100 calls, and where PagerDuty is. */
export const alertDefaults = {
  errorRate: { percent: 10, windowMs: 300_000, minCalls: 20 },
  slow: {
    percent: 5,
    windowMs: 300_000,
    minCalls: 20,
    firstTokenMs: 30_000,
    durationMs: 300_000,
  },
  settleMs: 120_000,
  pagerdutyUrl: "https://events.pagerduty.com/v2/enqueue",
} as const;

/** The defaults of `store`, where it is a database. */
export const storeDefaults = {
  folder: "./data",
  path: "./data/parlance.db",
  journalName: "parlance.journal",
  journalMaxBytes: 1024 * mebibyte,
} as const;

/** The defaults of `state.redis`, where there is one. */
export const redisDefaults = { prefix: "parlance", timeoutMs: 25 } as const;

/** The defaults of health checks, where a model has any, in milliseconds. */
export const healthCheckDefaults = { everyMs: 30_000, timeoutMs: 10_000 } as const;

/** The defaults of a provider, but for what its vendor and the environment say. */
export const providerDefaults = {
  timeouts: { connect: seconds(10), firstToken: seconds(600), idle: seconds(120) },
  maxConnections: 256,
  maxConnectionsPerKeyPercent: 50,
} as const satisfies MessageInitShape<typeof ProviderSchema>;

/** The defaults of tracing, where there is any. */
export const tracingDefaults = {
  samplePercent: 100,
  slowAfter: seconds(10),
  contentBytes: 16_384,
} as const;

/** How often metrics are sent, where they are. */
export const otlpMetricsDefaults = { interval: seconds(60) } as const;

/** The defaults of a target. */
export const targetDefaults = {
  weight: 1,
} as const satisfies MessageInitShape<typeof TargetSchema>;

/** The defaults of a circuit breaker, which models have without one too. */
export const breakerDefaults = {
  failurePercent: 50,
  minCalls: 5,
  consecutiveFailures: 5,
  openFor: seconds(5),
  allOpen: AllOpen.TRY,
} as const satisfies MessageInitShape<typeof BreakerSchema>;

/** The defaults of retries, where a model has any. */
export const retryDefaults = {
  attempts: 3,
  maxDelay: seconds(2),
  budgetPercent: 20,
} as const satisfies MessageInitShape<typeof RetrySchema>;

/** The defaults of what is held back of a stream, where a model holds any. */
export const holdDefaults = {
  tokens: 20,
  time: seconds(1),
} as const satisfies MessageInitShape<typeof HoldSchema>;

/** The defaults of continuations, where a model has any. */
export const continuationDefaults = {
  max: 2,
} as const satisfies MessageInitShape<typeof ContinuationSchema>;

/** The defaults of a shadow, where a model has one. */
export const shadowDefaults = {
  maxConcurrent: 4,
  maxUsdPerDay: "1",
  maxUnpricedCallsPerDay: 0,
} as const satisfies MessageInitShape<typeof ShadowSchema>;

function seconds(count: number): Duration {
  return create(DurationSchema, { seconds: BigInt(count) });
}

/** A message in which every field is set that `Defaults` has. */
export type Filled<Message, Defaults> = Message & {
  readonly [Name in keyof Defaults & keyof Message]-?: Defaults[Name] extends Whole
    ? NonNullable<Message[Name]>
    : Filled<NonNullable<Message[Name]>, Defaults[Name]>;
};

/** A default that is taken as it is, not field by field. */
type Whole = string | number | boolean | Duration | { readonly case: string };

/** A provider with every default filled in. */
export type FilledProvider = Filled<Provider, typeof providerDefaults>;

/** A circuit breaker with every default filled in. */
export type FilledBreaker = Filled<Breaker, typeof breakerDefaults>;

/** Retries with every default filled in. */
export type FilledRetry = Filled<Retry, typeof retryDefaults>;

/** What is held back of a stream, with every default filled in. */
export type FilledHold = Filled<Hold, typeof holdDefaults>;

/** Continuations with every default filled in. */
export type FilledContinuation = Filled<Continuation, typeof continuationDefaults>;

/** A model with every default filled in. */
export type FilledModel = Omit<
  Model,
  "targets" | "breaker" | "retry" | "hold" | "continuation" | "experiment"
> & {
  targets: FilledTarget[];
  breaker: FilledBreaker;
  retry?: FilledRetry;
  experiment?: FilledExperiment;
  /** There with `mid_stream: HOLD`. */
  hold?: FilledHold;
  /** There with `mid_stream: CONTINUE`. */
  continuation?: FilledContinuation;
};

/** A target with every default filled in. */
export type FilledTarget = Filled<Target, typeof targetDefaults>;

/** An experiment with the defaults of the targets of its arms. */
export type FilledExperiment = Omit<Experiment, "arms"> & {
  arms: (Omit<ExperimentArm, "targets"> & { targets: FilledTarget[] })[];
};

/** A config with every default filled in. */
export type FilledConfig = Omit<Filled<Config, typeof configDefaults>, "providers" | "models"> & {
  providers: Record<string, FilledProvider>;
  models: FilledModel[];
};

/** A model with the defaults of its targets and policies. Shares the memory of what is not set. */
export function fillModelDefaults({
  targets,
  breaker,
  retry,
  hold,
  continuation,
  experiment,
  ...model
}: Model): FilledModel {
  const holds = hold !== undefined || model.midStream === MidStream.HOLD;
  const continues = continuation !== undefined || model.midStream === MidStream.CONTINUE;
  return {
    ...model,
    targets: targets.map(fillTarget),
    breaker: breaker === undefined ? defaultBreaker : fillBreaker(breaker),
    ...(retry === undefined ? undefined : { retry: fillRetry(retry) }),
    ...(holds && { hold: fillHold(hold) }),
    ...(continues && { continuation: fillContinuation(continuation) }),
    ...(experiment === undefined ? undefined : { experiment: fillExperiment(experiment) }),
  };
}

function fillTarget({ weight = targetDefaults.weight, ...target }: Target): FilledTarget {
  return { ...target, weight };
}

function fillExperiment({ arms, ...experiment }: Experiment): FilledExperiment {
  const filled = arms.map(({ targets, ...arm }) => ({ ...arm, targets: targets.map(fillTarget) }));
  return { ...experiment, arms: filled };
}

function fillBreaker(breaker: Breaker): FilledBreaker {
  return {
    ...breaker,
    failurePercent: breaker.failurePercent ?? breakerDefaults.failurePercent,
    minCalls: breaker.minCalls ?? breakerDefaults.minCalls,
    consecutiveFailures: breaker.consecutiveFailures ?? breakerDefaults.consecutiveFailures,
    openFor: breaker.openFor ?? breakerDefaults.openFor,
    allOpen: breaker.allOpen || breakerDefaults.allOpen,
  };
}

function fillRetry(retry: Retry): FilledRetry {
  return {
    ...retry,
    attempts: retry.attempts ?? retryDefaults.attempts,
    maxDelay: retry.maxDelay ?? retryDefaults.maxDelay,
    budgetPercent: retry.budgetPercent ?? retryDefaults.budgetPercent,
  };
}

function fillHold(hold = create(HoldSchema)): FilledHold {
  const { tokens = holdDefaults.tokens, time = holdDefaults.time } = hold;
  return { ...hold, tokens, time };
}

function fillContinuation(continuation = create(ContinuationSchema)): FilledContinuation {
  return { ...continuation, max: continuation.max ?? continuationDefaults.max };
}

const defaultBreaker = fillBreaker(create(BreakerSchema));
