import type { OtlpSettings } from "../../config/settings.ts";
import type { NameProvider } from "../otlp/conventions.ts";
import { logPlace } from "../otlp/log-place.ts";
import { callLogRecord } from "../otlp/log-records.ts";
import type { Service } from "../otlp/otlp-resource.ts";
import type { Place } from "../sink.ts";

/** What names the gateway and its providers, as OpenTelemetry has them. */
export interface Origin {
  readonly service: Service;
  readonly nameProvider: NameProvider;
}

/** A collector that takes calls as records of the log. */
export function otlpPlace(settings: OtlpSettings, { service, nameProvider }: Origin): Place {
  const place = logPlace(settings, service);
  return {
    send: (rows, signal) =>
      place.send(
        rows.map((row) => callLogRecord(row, nameProvider)),
        signal,
      ),
  };
}
