import type { OtlpSettings } from "../../config/settings.ts";
import type { NameProvider } from "../../sinks/otlp/conventions.ts";
import type { Service } from "../../sinks/otlp/service.ts";
import { tracePlace } from "../../sinks/otlp/trace-place.ts";
import type { Place } from "../../sinks/sink.ts";
import { callSpans, type EndedCall } from "./call-spans.ts";

/** Sends the spans of calls to a collector. */
export function spanPlace(
  settings: OtlpSettings,
  service: Service,
  nameProvider: NameProvider,
): Place<EndedCall> {
  return tracePlace(settings, service, (call) => callSpans(call, nameProvider));
}
