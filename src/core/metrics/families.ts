import { genAiFamilies } from "./gen-ai-families.ts";
import type { MetricFamily } from "./metric-family.ts";

const micro = 1_000_000;
const nano = 1_000_000_000;

/** From a stored answer to the longest that calls take, in seconds. */
const callBounds = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300,
] as const;
const tokenBounds = [
  0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1,
] as const;
const partBounds = [
  0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5,
  30, 300,
] as const;
const guardBounds = [
  0.000_01, 0.000_05, 0.000_1, 0.000_5, 0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 30,
] as const;
const stepBounds = [
  0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5,
] as const;

/** Every metric of the gateway, by a short name. docs/metrics.md lists them. */
export const families = {
  requests: {
    name: "parlance_requests",
    kind: "counter",
    help: "Calls that have ended, and requests that were refused before they became one.",
    labels: ["model", "target", "operation", "status", "reason"],
    maxSeries: 4_000,
  },
  inFlight: {
    name: "parlance_in_flight",
    kind: "gauge",
    help: "Calls under way.",
    labels: [],
  },
  duration: {
    name: "parlance_request_duration_seconds",
    kind: "histogram",
    help: "How long calls took, from their arrival to the end of their answer.",
    unit: "seconds",
    labels: ["model", "operation"],
    per: micro,
    bounds: callBounds,
    exemplars: true,
    maxSeries: 400,
  },
  firstToken: {
    name: "parlance_time_to_first_token_seconds",
    kind: "histogram",
    help: "From the arrival of calls to their first content, by the target that answered.",
    unit: "seconds",
    labels: ["model", "target"],
    per: micro,
    bounds: callBounds,
    exemplars: true,
    maxSeries: 400,
  },
  outputToken: {
    name: "parlance_time_per_output_token_seconds",
    kind: "histogram",
    help: "Time for each token of streamed answers after the first, by the target that answered.",
    unit: "seconds",
    labels: ["model", "target"],
    per: micro,
    bounds: tokenBounds,
    maxSeries: 400,
  },
  overhead: {
    name: "parlance_overhead_seconds",
    kind: "histogram",
    help: "The duration of calls by its parts; the parts of a call add up to its duration.",
    unit: "seconds",
    labels: ["part"],
    per: micro,
    bounds: partBounds,
  },
  tokens: {
    name: "parlance_tokens",
    kind: "counter",
    help: "Tokens that calls took; input holds those of the cache, output those of reasoning.",
    labels: ["class"],
  },
  targetTokens: {
    name: "parlance_target_tokens",
    kind: "counter",
    help: "Tokens of the prompt (input) and of the answer (output) of attempts at a target.",
    labels: ["target", "class"],
    maxSeries: 1_000,
  },
  cost: {
    name: "parlance_cost_usd",
    kind: "counter",
    help: "What attempts cost, in US dollars. Attempts of unknown cost are not in it.",
    unit: "usd",
    labels: ["model", "target"],
    per: nano,
    maxSeries: 1_000,
  },
  unpriced: {
    name: "parlance_unpriced_attempts",
    kind: "counter",
    help: "Attempts whose cost is not known.",
    labels: ["target"],
    maxSeries: 1_000,
  },
  saved: {
    name: "parlance_cache_saved_usd",
    kind: "counter",
    help: "What stored answers have saved, in US dollars, as far as prices are known.",
    unit: "usd",
    labels: [],
    per: nano,
  },
  cache: {
    name: "parlance_cache",
    kind: "counter",
    help: "What the response cache did for calls of models that have one.",
    labels: ["outcome"],
  },
  attempts: {
    name: "parlance_attempts",
    kind: "counter",
    help: "Attempts at targets.",
    labels: ["target", "status", "reason"],
    maxSeries: 4_000,
  },
  further: {
    name: "parlance_further_attempts",
    kind: "counter",
    help: "Attempts after the first of a call, by why there were more.",
    labels: ["kind"],
  },
  hedges: {
    name: "parlance_hedges",
    kind: "counter",
    help: "Attempts beside a slow one, by which of the two answered.",
    labels: ["outcome"],
  },
  limitRefusals: {
    name: "parlance_limit_refusals",
    kind: "counter",
    help: "Calls that limits refused, by whose limit it was.",
    labels: ["scope"],
  },
  secretReads: {
    name: "parlance_secret_reads",
    kind: "counter",
    help: "Secrets of the configuration that were read, or not, from the services that keep them.",
    labels: ["manager", "outcome"],
  },
  guards: {
    name: "parlance_guard_verdicts",
    kind: "counter",
    help: "What guards made of calls, by the stage that they looked at.",
    labels: ["guard", "stage", "outcome"],
    maxSeries: 2_000,
  },
  guardDelay: {
    name: "parlance_guard_delay_seconds",
    kind: "histogram",
    help: "What guards took for the texts of a stage of a call, all of them together.",
    unit: "seconds",
    labels: ["guard", "stage"],
    per: micro,
    bounds: guardBounds,
    maxSeries: 200,
  },
  guardHeld: {
    name: "parlance_guard_held_seconds",
    kind: "histogram",
    help: "For how long guards held back a piece of an answer at most, of answers in pieces.",
    unit: "seconds",
    labels: [],
    per: micro,
    bounds: guardBounds,
  },
  budgetRefusals: {
    name: "parlance_budget_refusals",
    kind: "counter",
    help: "Calls that budgets refused, by whose budget it was.",
    labels: ["scope"],
  },
  budgetRemaining: {
    name: "parlance_budget_remaining_usd",
    kind: "gauge",
    help: "What budgets of the config leave in their present window, in US dollars.",
    unit: "usd",
    labels: ["scope", "name", "window"],
    maxSeries: 1_000,
  },
  targetState: {
    name: "parlance_target_state",
    kind: "gauge",
    help: "0: called; 1: its circuit is half open; 2: open, or its rate is used up; 3: taken out.",
    labels: ["target"],
    maxSeries: 1_000,
  },
  journalDepth: {
    name: "parlance_journal_depth",
    kind: "gauge",
    help: "Records of calls that wait in the journal for the database.",
    labels: [],
  },
  journalBytes: {
    name: "parlance_journal_bytes",
    kind: "gauge",
    help: "The size of what waits in the journal for the database.",
    unit: "bytes",
    labels: [],
  },
  recordsDropped: {
    name: "parlance_records_dropped",
    kind: "counter",
    help: "Records of calls that the journal could not take.",
    labels: [],
  },
  contentStored: {
    name: "parlance_content_stored",
    kind: "counter",
    help: "Calls whose content was encrypted and handed to the store.",
    labels: [],
  },
  contentDropped: {
    name: "parlance_content_dropped",
    kind: "counter",
    help: "Calls whose content was to be stored and is not, by the reason.",
    labels: ["reason"],
  },
  contentExpired: {
    name: "parlance_content_expired",
    kind: "counter",
    help: "Calls whose content was deleted because its time was over.",
    labels: [],
  },
  sinkDropped: {
    name: "parlance_sink_dropped",
    kind: "counter",
    help: "Records of calls that a sink could not deliver.",
    labels: ["sink"],
  },
  sql: {
    name: "parlance_sql_duration_seconds",
    kind: "histogram",
    help: "How long operations of the database took.",
    unit: "seconds",
    labels: ["operation"],
    per: micro,
    bounds: stepBounds,
  },
  redis: {
    name: "parlance_redis_duration_seconds",
    kind: "histogram",
    help: "How long Redis took to answer a step, or to fail it.",
    unit: "seconds",
    labels: ["outcome"],
    per: micro,
    bounds: stepBounds,
  },
  eventLoop: {
    name: "parlance_event_loop_delay_seconds",
    kind: "histogram",
    help: "By how much the event loops of the threads were late, looked at ten times a second.",
    unit: "seconds",
    labels: [],
    per: micro,
    bounds: stepBounds,
  },
  build: {
    name: "parlance_build_info",
    kind: "gauge",
    help: "1, with the versions of the gateway and of Node.js.",
    labels: ["version", "node"],
  },
  cpu: {
    name: "process_cpu_seconds",
    kind: "counter",
    help: "CPU time of the process, user and system, of all threads.",
    unit: "seconds",
    labels: [],
  },
  resident: {
    name: "process_resident_memory_bytes",
    kind: "gauge",
    help: "Resident memory of the process.",
    unit: "bytes",
    labels: [],
  },
  openFiles: {
    name: "process_open_fds",
    kind: "gauge",
    help: "Open file descriptors of the process; absent where the system does not say.",
    labels: [],
  },
  startTime: {
    name: "process_start_time_seconds",
    kind: "gauge",
    help: "When the process started, in seconds since 1970.",
    unit: "seconds",
    labels: [],
  },
  ...genAiFamilies,
} as const satisfies Readonly<Record<string, MetricFamily>>;

/** The short name of a metric. */
export type MetricName = keyof typeof families;
