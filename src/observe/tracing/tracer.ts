import type { TracingSettings } from "../../config/settings.ts";
import { boundContent, type CallContent, maxWaitingCalls } from "../../core/ledger/call-content.ts";
import type { CallRecord } from "../../core/ledger/call-record.ts";
import { createBatchSink } from "../../sinks/batch-sink.ts";
import { lazyPlace } from "../../sinks/lazy-place.ts";
import { parseBaggage } from "../../sinks/otlp/baggage.ts";
import type { NameProvider } from "../../sinks/otlp/conventions.ts";
import type { Service } from "../../sinks/otlp/service.ts";
import { type CallTrace, callTrace, isSampled } from "../../sinks/otlp/trace-context.ts";
import { createReplaceable } from "../../sinks/replaceable.ts";
import type { SinkWorld } from "../../sinks/sink.ts";
import type { EndedCall } from "./call-spans.ts";

/** Sends the spans of calls as the configuration says. */
export interface Tracer {
  /** Has another configuration; undefined: nothing is sent. What waits is still sent. */
  readonly configure: (settings: TracingSettings | undefined) => void;
  /** Takes a call that is over, and what was said in it. Never throws and never waits. */
  readonly record: (record: CallRecord, content?: CallContent) => void;
  /** Sends what waits, as far as that goes within a time in milliseconds. */
  readonly close: (graceMs: number) => Promise<void>;
}

/** What a tracer needs of the world. */
export interface TracerWorld extends SinkWorld {
  readonly nowMs: () => number;
}

/** Makes a tracer, which sends nothing until it is configured. */
export function createTracer(
  world: TracerWorld,
  service: Service,
  nameProvider: NameProvider,
): Tracer {
  const tracing = createReplaceable((settings: TracingSettings | undefined) => {
    if (settings === undefined) return undefined;
    const sink = createBatchSink<EndedCall>({
      name: "tracing",
      place: lazyPlace(async () => {
        const { spanPlace } = await import("./span-place.ts");
        return spanPlace(settings, service, nameProvider);
      }),
      fit: (call) => call,
      ...(settings.contentBytes > 0
        ? { maxWaiting: maxWaitingCalls(settings.contentBytes) }
        : undefined),
      world,
    });
    return { settings, record: sink.record, close: sink.close };
  });
  return {
    configure: tracing.configure,
    close: tracing.close,
    record(record, content) {
      const current = tracing.current();
      if (current === undefined) return;
      const trace = callTrace(record.callId, record.traceparent);
      if (!isSent(record, trace, current.settings)) return;
      const [endedMs, endedMonoMs] = [world.wallMs(), world.nowMs()];
      const { contentBytes, baggage } = current.settings;
      const said =
        contentBytes === 0 || content === undefined
          ? undefined
          : boundContent(content, contentBytes);
      current.record(() => ({
        ...{ record, trace, endedMs, endedMonoMs, content: said },
        baggage: parseBaggage(record.baggage, baggage),
      }));
    },
  };
}

/** Whether the spans of a call are sent: of calls that fail and of slow ones always. */
function isSent(
  record: CallRecord,
  trace: CallTrace,
  { samplePercent, slowMs }: TracingSettings,
): boolean {
  if (record.fault !== undefined || record.durationMs >= slowMs) return true;
  return isSampled(trace, samplePercent);
}
