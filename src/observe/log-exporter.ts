import type { LogRecord } from "../../gen/opentelemetry/proto/logs/v1/logs_pb.js";
import type { OtlpSettings } from "../config/settings.ts";
import { createBatchSink } from "../sinks/batch-sink.ts";
import { logPlace } from "../sinks/otlp/log-place.ts";
import type { Service } from "../sinks/otlp/otlp-resource.ts";
import { createReplaceable } from "../sinks/replaceable.ts";
import type { SinkWorld } from "../sinks/sink.ts";

/** Sends the log to a collector, as the configuration says. */
export interface LogExporter {
  /** Has another configuration; undefined: nothing is sent. What waits is still sent. */
  readonly configure: (settings: OtlpSettings | undefined) => void;
  /** Whether anything is sent. */
  readonly sends: () => boolean;
  /** Takes a record, which is made when it is sent. Never throws and never waits. */
  readonly record: (record: () => LogRecord) => void;
  /** Sends what waits, as far as that goes within a time in milliseconds. */
  readonly close: (graceMs: number) => Promise<void>;
}

/** Makes an exporter, which sends nothing until it is configured. */
export function createLogExporter(world: SinkWorld, service: Service): LogExporter {
  const log = createReplaceable((settings: OtlpSettings | undefined) => {
    if (settings === undefined) return undefined;
    const place = logPlace(settings, service);
    return createBatchSink<LogRecord>({ name: "log", place, fit: (record) => record, world });
  });
  return {
    configure: log.configure,
    close: log.close,
    sends: () => log.current() !== undefined,
    record: (record) => log.current()?.record(record),
  };
}
