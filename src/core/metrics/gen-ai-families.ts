import type { MetricFamily } from "./metric-family.ts";

const micro = 1_000_000;

/** Of durations, in seconds: https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics/ */
const durationBounds = [
  0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
] as const;
const tokenBounds = [
  1, 4, 16, 64, 256, 1_024, 4_096, 16_384, 65_536, 262_144, 1_048_576, 4_194_304, 16_777_216,
  67_108_864,
] as const;
const firstTokenBounds = [
  0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
] as const;
const outputTokenBounds = [
  0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 2.5,
] as const;

const labels = ["gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model"] as const;

/**
 * The metrics that the conventions of OpenTelemetry have for generative AI, with their names, units
 * and bounds: https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-metrics/ (1.41, read in
 * 2026-11). Those of `client` are of attempts, those of `server` of calls.
 */
export const genAiFamilies = {
  genAiTokens: {
    name: "gen_ai.client.token.usage",
    kind: "histogram",
    help: "Tokens of the prompt and of the answer that an attempt took.",
    unit: "tokens",
    labels: [...labels, "gen_ai.token.type"],
    bounds: tokenBounds,
    maxSeries: 1_000,
    only: "otlp",
  },
  genAiOperation: {
    name: "gen_ai.client.operation.duration",
    kind: "histogram",
    help: "How long attempts took, from the request to the end of the answer.",
    unit: "seconds",
    labels: [...labels, "error.type"],
    per: micro,
    bounds: durationBounds,
    maxSeries: 1_000,
    only: "otlp",
  },
  genAiFirstChunk: {
    name: "gen_ai.client.operation.time_to_first_chunk",
    kind: "histogram",
    help: "From the request of streamed attempts to their first content.",
    unit: "seconds",
    labels,
    per: micro,
    bounds: durationBounds,
    maxSeries: 400,
    only: "otlp",
  },
  genAiRequest: {
    name: "gen_ai.server.request.duration",
    kind: "histogram",
    help: "How long calls took, from their arrival to the end of their answer.",
    unit: "seconds",
    labels: [...labels, "error.type"],
    per: micro,
    bounds: durationBounds,
    maxSeries: 1_000,
    only: "otlp",
  },
  genAiFirstToken: {
    name: "gen_ai.server.time_to_first_token",
    kind: "histogram",
    help: "From the arrival of calls that were answered to their first content.",
    unit: "seconds",
    labels,
    per: micro,
    bounds: firstTokenBounds,
    maxSeries: 400,
    only: "otlp",
  },
  genAiOutputToken: {
    name: "gen_ai.server.time_per_output_token",
    kind: "histogram",
    help: "Time for each token of streamed answers after the first.",
    unit: "seconds",
    labels,
    per: micro,
    bounds: outputTokenBounds,
    maxSeries: 400,
    only: "otlp",
  },
} as const satisfies Readonly<Record<string, MetricFamily>>;
