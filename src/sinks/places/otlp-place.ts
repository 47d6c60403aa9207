import type { OtlpSettings } from "../../config/settings.ts";
import { lazyPlace } from "../lazy-place.ts";
import type { NameProvider } from "../otlp/conventions.ts";
import type { Service } from "../otlp/service.ts";
import type { Place } from "../sink.ts";

/** What names the gateway and its providers, as OpenTelemetry has them. */
export interface Origin {
  readonly service: Service;
  readonly nameProvider: NameProvider;
}

/** A collector that takes calls as records of the log. */
export function otlpPlace(settings: OtlpSettings, { service, nameProvider }: Origin): Place {
  return lazyPlace(async () => {
    const [{ logPlace }, { callLogRecord }] = await Promise.all([
      import("../otlp/log-place.ts"),
      import("../otlp/log-records.ts"),
    ]);
    const { send } = logPlace(settings, service);
    return {
      send: (rows, signal) =>
        send(
          rows.map((row) => callLogRecord(row, nameProvider)),
          signal,
        ),
    };
  });
}
