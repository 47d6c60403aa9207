import { create } from "@bufbuild/protobuf";
import {
  ExportTraceServiceRequestSchema,
  TraceService,
} from "../../../gen/opentelemetry/proto/collector/trace/v1/trace_service_pb.js";
import type { Span } from "../../../gen/opentelemetry/proto/trace/v1/trace_pb.js";
import type { OtlpSettings } from "../../config/settings.ts";
import type { Place } from "../sink.ts";
import { createOtlpSend } from "./otlp-client.ts";
import { resourceOf, scopeOf } from "./otlp-resource.ts";
import type { Service } from "./service.ts";

/** Sends the spans that rows have to a collector. */
export function tracePlace<Row>(
  settings: OtlpSettings,
  service: Service,
  spansOf: (row: Row) => readonly Span[],
): Place<Row> {
  const send = createOtlpSend(settings, {
    method: TraceService.method.export,
    partOf: ({ partialSuccess }) =>
      partialSuccess && { ...partialSuccess, rejected: partialSuccess.rejectedSpans },
  });
  const resource = resourceOf(service, settings.resource);
  const scope = scopeOf(service);
  return {
    send: (rows, signal) =>
      send(
        create(ExportTraceServiceRequestSchema, {
          resourceSpans: [{ resource, scopeSpans: [{ scope, spans: rows.flatMap(spansOf) }] }],
        }),
        signal,
      ),
  };
}
