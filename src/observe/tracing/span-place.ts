import { create } from "@bufbuild/protobuf";
import {
  ExportTraceServiceRequestSchema,
  TraceService,
} from "../../../gen/opentelemetry/proto/collector/trace/v1/trace_service_pb.js";
import type { OtlpSettings } from "../../config/settings.ts";
import type { NameProvider } from "../../sinks/otlp/conventions.ts";
import { createOtlpSend } from "../../sinks/otlp/otlp-client.ts";
import { resourceOf, scopeOf } from "../../sinks/otlp/otlp-resource.ts";
import type { Service } from "../../sinks/otlp/service.ts";
import type { Place } from "../../sinks/sink.ts";
import { callSpans, type EndedCall } from "./call-spans.ts";

/** Sends the spans of calls to a collector. */
export function spanPlace(
  settings: OtlpSettings,
  service: Service,
  nameProvider: NameProvider,
): Place<EndedCall> {
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
          resourceSpans: [
            {
              resource,
              scopeSpans: [
                { scope, spans: calls.flatMap((call) => callSpans(call, nameProvider)) },
              ],
            },
          ],
        }),
        signal,
      ),
  };
}
