import { create } from "@bufbuild/protobuf";
import {
  ExportTraceServiceRequestSchema,
  TraceService,
} from "../../../gen/opentelemetry/proto/collector/trace/v1/trace_service_pb.js";
import type { Span } from "../../../gen/opentelemetry/proto/trace/v1/trace_pb.js";
import type { OtlpSettings } from "../../config/settings.ts";
import { createOtlpSend } from "../../sinks/otlp/otlp-client.ts";
import { resourceOf, type Service, scopeOf } from "../../sinks/otlp/otlp-resource.ts";
import type { Place } from "../../sinks/sink.ts";

/** Sends the spans of calls to a collector. */
export function spanPlace(settings: OtlpSettings, service: Service): Place<readonly Span[]> {
  const send = createOtlpSend(settings, {
    method: TraceService.method.export,
    partOf: ({ partialSuccess }) =>
      partialSuccess && { ...partialSuccess, rejected: partialSuccess.rejectedSpans },
  });
  const resource = resourceOf(service, settings.resource);
  const scope = scopeOf(service);
  return {
    send: (calls, signal) =>
      send(
        create(ExportTraceServiceRequestSchema, {
          resourceSpans: [{ resource, scopeSpans: [{ scope, spans: calls.flat() }] }],
        }),
        signal,
      ),
  };
}
