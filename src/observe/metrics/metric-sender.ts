import { create } from "@bufbuild/protobuf";
import {
  ExportMetricsServiceRequestSchema,
  MetricsService,
} from "../../../gen/opentelemetry/proto/collector/metrics/v1/metrics_service_pb.js";
import type { Metric } from "../../../gen/opentelemetry/proto/metrics/v1/metrics_pb.js";
import type { OtlpSettings } from "../../config/settings.ts";
import { createOtlpSend } from "../../sinks/otlp/otlp-client.ts";
import { resourceOf, scopeOf } from "../../sinks/otlp/otlp-resource.ts";
import type { Service } from "../../sinks/otlp/service.ts";
import type { SendFailure } from "../../sinks/sink.ts";
import { encodeMetric } from "./encode-metrics.ts";

/** Encodes metrics and sends them to a collector. */
export interface MetricSender {
  readonly encode: typeof encodeMetric;
  /** Resolves once the collector has them, or says why it has not. */
  readonly send: (metrics: Metric[], signal: AbortSignal) => Promise<SendFailure | undefined>;
}

/** Makes what sends metrics to a collector. */
export function createMetricSender(settings: OtlpSettings, service: Service): MetricSender {
  const send = createOtlpSend(settings, {
    method: MetricsService.method.export,
    partOf: ({ partialSuccess }) =>
      partialSuccess && { ...partialSuccess, rejected: partialSuccess.rejectedDataPoints },
  });
  const resource = resourceOf(service, settings.resource);
  const scope = scopeOf(service);
  return {
    encode: encodeMetric,
    send: (metrics, signal) =>
      send(
        create(ExportMetricsServiceRequestSchema, {
          resourceMetrics: [{ resource, scopeMetrics: [{ scope, metrics }] }],
        }),
        signal,
      ),
  };
}
