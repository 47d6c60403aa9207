import type { OtlpSettings } from "../config/settings.ts";
import type { Notice } from "../core/notice.ts";
import { createBatchSink } from "../sinks/batch-sink.ts";
import { lazyPlace } from "../sinks/lazy-place.ts";
import type { NameProvider } from "../sinks/otlp/conventions.ts";
import type { Service } from "../sinks/otlp/service.ts";
import { createReplaceable } from "../sinks/replaceable.ts";
import type { Place, SinkRow, SinkWorld } from "../sinks/sink.ts";

/** Something for the log: a call that is over, or a notice with its time in ms since 1970. */
export type LogEntry =
  | { readonly call: SinkRow }
  | { readonly notice: Notice; readonly nowMs: number };

/** Sends the log to a collector, as the configuration says. */
export interface LogExporter {
  /** Has another configuration; undefined: nothing is sent. What waits is still sent. */
  readonly configure: (settings: OtlpSettings | undefined) => void;
  /** Whether anything is sent. */
  readonly sends: () => boolean;
  /** Takes an entry, which is made when it is sent. Never throws and never waits. */
  readonly record: (entry: () => LogEntry) => void;
  /** Sends what waits, as far as that goes within a time in milliseconds. */
  readonly close: (graceMs: number) => Promise<void>;
}

/** Makes an exporter, which sends nothing until it is configured. */
export function createLogExporter(
  world: SinkWorld,
  service: Service,
  nameProvider: NameProvider,
): LogExporter {
  const log = createReplaceable((settings: OtlpSettings | undefined) => {
    if (settings === undefined) return undefined;
    const place = lazyPlace(() => entryPlace(settings, service, nameProvider));
    return createBatchSink<LogEntry>({ name: "log", place, fit: (entry) => entry, world });
  });
  return {
    configure: log.configure,
    close: log.close,
    sends: () => log.current() !== undefined,
    record: (entry) => log.current()?.record(entry),
  };
}

async function entryPlace(
  settings: OtlpSettings,
  service: Service,
  nameProvider: NameProvider,
): Promise<Place<LogEntry>> {
  const [{ logPlace }, { callLogRecord, noticeLogRecord }] = await Promise.all([
    import("../sinks/otlp/log-place.ts"),
    import("../sinks/otlp/log-records.ts"),
  ]);
  const { send } = logPlace(settings, service);
  const recordOf = (entry: LogEntry) =>
    "call" in entry
      ? callLogRecord(entry.call, nameProvider)
      : noticeLogRecord(entry.notice, entry.nowMs);
  return { send: (entries, signal) => send(entries.map(recordOf), signal) };
}
